import Monitoring
import Statistics

/// The series of one metric, their newest values side by side.
struct SeriesTable: Sendable {
  let metric: String
  private(set) var labels: [[String: String]] = []
  private var indexes: [[String: String]: Int] = [:]
  /// NaN where there is no data.
  private(set) var values: [Double] = []
  private(set) var references: [Double] = []
  private(set) var intervals: [Interval?] = []
  /// When each series had its newest sample, and its newest with data.
  private(set) var sampledAt: [Instant] = []
  private(set) var dataAt: [Instant] = []
  /// Whether each series has ever had data.
  private(set) var hasHadData: [Bool] = []
  /// The newest time there is among the above.
  private(set) var latestAt = Instant(microseconds: .min)
  /// Since when each series has had no data; nil where it has.
  private(set) var unknownSince: [Instant?] = []
  /// Series that have a sample nobody has looked at yet.
  private(set) var fresh: [Int] = []
  private(set) var isFresh: [Bool] = []
  /// Of the fresh, those that have data or a reference again, or have none any more.
  private(set) var turned: [Int] = []
  private var differences: [Double] = []
  private var relativeChanges: [Double] = []

  init(metric: String) {
    self.metric = metric
  }

  var count: Int { labels.count }

  func index(of labels: [String: String]) -> Int? { indexes[labels] }

  /// The place of a series, which is made where it is not there yet.
  mutating func place(of series: [String: String], since: Instant) -> Int {
    if let known = indexes[series] { return known }
    let index = labels.count
    indexes[series] = index
    labels.append(series)
    values.append(.nan)
    references.append(.nan)
    intervals.append(nil)
    sampledAt.append(Instant(microseconds: .min))
    dataAt.append(since)
    hasHadData.append(false)
    latestAt = max(latestAt, since)
    unknownSince.append(since)
    differences.append(.nan)
    relativeChanges.append(.nan)
    isFresh.append(false)
    return index
  }

  /// Series a metric may have: label values can come from clients.
  static let limit = 100_000

  /// Takes a sample; one that is not newer than the series' newest is left out, and one of a further
  /// series where there are too many.
  mutating func take(_ sample: MetricSample) {
    guard count < Self.limit || indexes[sample.labels] != nil else { return }
    let isNew = indexes[sample.labels] == nil
    let index = place(of: sample.labels, since: sample.at)
    guard sample.at > sampledAt[index] else { return }
    let lacked = (differences[index].isNaN, relativeChanges[index].isNaN)
    let value = sample.value ?? .nan
    let reference = sample.reference ?? .nan
    values[index] = value
    references[index] = reference
    intervals[index] = sample.interval
    sampledAt[index] = sample.at
    latestAt = max(latestAt, sample.at)
    let wasUnknown = unknownSince[index] != nil
    if value.isNaN {
      unknownSince[index] = unknownSince[index] ?? sample.at
    } else {
      dataAt[index] = sample.at
      hasHadData[index] = true
      unknownSince[index] = nil
    }
    differences[index] = value - reference
    relativeChanges[index] = reference == 0 ? .nan : (value - reference) / abs(reference)
    let lacks = (differences[index].isNaN, relativeChanges[index].isNaN)
    // Rules look at the state of a series they meet anyway.
    if !isNew, wasUnknown != value.isNaN || lacked != lacks { turned.append(index) }
    if !isFresh[index] { fresh.append(index) }
    isFresh[index] = true
  }

  /// Forgets times after `limit`, which a clock that was ahead gave: they would shut out all samples until then.
  mutating func setBack(to now: Instant, after limit: Instant) {
    guard latestAt > limit else { return }
    latestAt = now
    for index in labels.indices {
      if sampledAt[index] > limit { sampledAt[index] = Instant(microseconds: .min) }
      if dataAt[index] > limit { dataAt[index] = now }
      if let since = unknownSince[index], since > limit { unknownSince[index] = now }
      latestAt = max(latestAt, max(sampledAt[index], dataAt[index]))
    }
  }

  mutating func lookedAt() {
    for series in fresh { isFresh[series] = false }
    fresh.removeAll(keepingCapacity: true)
    turned.removeAll(keepingCapacity: true)
  }

  /// Leaves out series nobody needs any more.
  ///
  /// - Returns: by old place the new one; nil for those that are gone.
  mutating func compact(keeping isKept: (Int) -> Bool) -> [Int?] {
    var kept = SeriesTable(metric: metric)
    var places: [Int?] = []
    for old in labels.indices {
      guard isKept(old) else {
        places.append(nil)
        continue
      }
      let new = kept.place(of: labels[old], since: dataAt[old])
      (kept.values[new], kept.references[new]) = (values[old], references[old])
      (kept.intervals[new], kept.sampledAt[new]) = (intervals[old], sampledAt[old])
      kept.unknownSince[new] = unknownSince[old]
      kept.hasHadData[new] = hasHadData[old]
      kept.latestAt = max(kept.latestAt, sampledAt[old])
      kept.differences[new] = differences[old]
      kept.relativeChanges[new] = relativeChanges[old]
      places.append(new)
    }
    self = kept
    return places
  }

  /// The interval of what a condition on `subject` is held against; nil where it is not known.
  func interval(_ subject: AlertCondition.Subject, _ series: Int) -> Interval? {
    guard let interval = intervals[series] else { return nil }
    let reference = references[series]
    switch subject {
    case .value: return interval
    case .difference:
      return Interval(lower: interval.lower - reference, upper: interval.upper - reference)
    case .relativeChange:
      let size = abs(reference)
      return Interval(
        lower: (interval.lower - reference) / size, upper: (interval.upper - reference) / size)
    }
  }

  /// Whether a series has a value, and nothing that a condition on `subject` could compare it with.
  func lacksReference(_ subject: AlertCondition.Subject, _ series: Int) -> Bool {
    !values[series].isNaN && figures(subject)[series].isNaN
  }

  /// What a condition on `subject` is held against, by series.
  func figures(_ subject: AlertCondition.Subject) -> [Double] {
    switch subject {
    case .value: values
    case .difference: differences
    case .relativeChange: relativeChanges
    }
  }
}
