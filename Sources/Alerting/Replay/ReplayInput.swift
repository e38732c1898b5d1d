import Monitoring

/// Samples as a replay takes them: in the order of their times, each with the number of its series.
struct ReplayInput {
  struct Series {
    var metric: String
    var labels: [String: String]
    var model: String { labels["model_name"] ?? "" }
  }

  private(set) var samples: [MetricSample]
  /// Samples that are of no time alerts are known at.
  let skipped: Int
  private(set) var series: [Series] = []
  /// By sample.
  private(set) var seriesOf: [Int] = []

  /// The years 1 to 9999: what ISO 8601 can write, and sums of spans with instants cannot leave.
  private static let times: ClosedRange<Int64> =
    -62_135_596_800_000_000...253_402_300_799_999_999

  static func isUsable(_ sample: MetricSample) -> Bool {
    times.contains(sample.at.microseconds)
  }

  init(_ all: [MetricSample]) {
    let isOrdered = zip(all, all.dropFirst()).allSatisfy { $0.at <= $1.at }
    let usable = all.allSatisfy(Self.isUsable) ? all : all.filter(Self.isUsable)
    // Of samples of one time the first counts, so the order of those is kept.
    samples =
      isOrdered
      ? usable
      : usable.indices.sorted { (usable[$0].at, $0) < (usable[$1].at, $1) }.map { usable[$0] }
    skipped = all.count - usable.count
    var known: [String: [[String: String]: Int]] = [:]
    seriesOf.reserveCapacity(samples.count)
    for sample in samples {
      if let number = known[sample.metric]?[sample.labels] {
        seriesOf.append(number)
      } else {
        known[sample.metric, default: [:]][sample.labels] = series.count
        seriesOf.append(series.count)
        series.append(Series(metric: sample.metric, labels: sample.labels))
      }
    }
  }

  var period: TimeRanges.Range? {
    guard let first = samples.first, let last = samples.last else { return nil }
    return .init(start: first.at.microseconds, end: last.at.microseconds)
  }
}

extension MetricSample {
  /// What a condition on `subject` is held against; NaN where there is nothing.
  func figure(_ subject: AlertCondition.Subject) -> Double {
    let value = value ?? .nan
    switch subject {
    case .value: return value
    case .difference: return value - (reference ?? .nan)
    case .relativeChange:
      guard let reference, reference != 0 else { return .nan }
      return (value - reference) / abs(reference)
    }
  }
}
