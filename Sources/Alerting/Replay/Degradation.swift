public import Monitoring
import Statistics

/// A time in which a model was worse than it should have been, which alerts should have told.
public struct Degradation: Codable, Sendable, Equatable {
  /// The model; nil for every model.
  @NullCoded public var model: String?
  public var start: Instant
  /// The first time it was no more.
  public var end: Instant
  /// How it is known: a metric, or what somebody wrote.
  @NullCoded public var cause: String?

  public init(model: String?, start: Instant, end: Instant, cause: String? = nil) {
    self.model = model
    self.start = start
    self.end = end
    self.cause = cause
  }

  /// Metrics that say how much worse a model is than its reference, once labels have come.
  public static let metrics: Set<String> = ["model_accuracy_drop", "model_performance_drop"]

  /// What a model's own performance shows.
  ///
  /// A degradation begins with a sample of ``metrics`` that is above the threshold with all of its
  /// interval (or itself, where it has none), and ends with the series' next sample that is not, or
  /// with the last of all samples. A sample without a value changes nothing.
  ///
  /// - Parameters:
  ///   - samples: in any order.
  ///   - threshold: a share of the reference.
  /// - Returns: in the order of their starts; those of one model that touch are one. nil where no
  ///   sample tells of performance, so that nothing is known.
  public static func found(
    in samples: [MetricSample], threshold: Double = 0.05
  ) -> [Degradation]? {
    let telling = samples.filter { metrics.contains($0.metric) && ReplayInput.isUsable($0) }
      .sorted { $0.at < $1.at }
    guard !telling.isEmpty else { return nil }
    let last = samples.lazy.filter(ReplayInput.isUsable).map(\.at).max() ?? telling[0].at
    var began: [String: [[String: String]: Instant]] = [:]
    var found: [String?: [String: [TimeRanges.Range]]] = [:]
    func end(_ metric: String, _ labels: [String: String], _ start: Instant, at end: Instant) {
      found[labels["model_name"], default: [:]][metric, default: []].append(
        .init(start: start.microseconds, end: end.microseconds))
    }
    for sample in telling {
      guard let value = sample.value, !value.isNaN else { continue }
      let least = sample.interval.map { min($0.lower, value) } ?? value
      let start = began[sample.metric]?[sample.labels]
      if value > threshold, least > threshold {
        if start == nil { began[sample.metric, default: [:]][sample.labels] = sample.at }
      } else if let start {
        end(sample.metric, sample.labels, start, at: sample.at)
        began[sample.metric]?[sample.labels] = nil
      }
    }
    for (metric, series) in began {
      for (labels, start) in series { end(metric, labels, start, at: last) }
    }
    return found.flatMap { model, byMetric in
      TimeRanges(byMetric.values.flatMap { $0 }).ranges.map { range in
        let causes = byMetric.filter { $1.contains { $0.overlaps(range) } }.keys.sorted()
        return Degradation(
          model: model, start: Instant(microseconds: range.start),
          end: Instant(microseconds: range.end), cause: causes.joined(separator: ", "))
      }
    }.sorted { ($0.start, $0.model ?? "") < ($1.start, $1.model ?? "") }
  }
}
