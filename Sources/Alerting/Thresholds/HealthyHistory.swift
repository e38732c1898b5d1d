import Monitoring
import Statistics

/// The history of a rule's metric, cut into what is usual and what is far outside it.
struct HealthyHistory {
  /// A time in which a series was far on the wrong side of what is usual.
  struct Stretch {
    var labels: [String: String]
    var range: TimeRanges.Range
  }

  /// Of all series the rule is about, in the order of their times.
  private(set) var all: [MetricSample] = []
  private(set) var healthy: [MetricSample] = []
  private(set) var stretches: [Stretch] = []
  private(set) var season = SeasonalBaseline.Season.none
  private(set) var series = 0
  /// The largest over the series.
  private(set) var scale = 0.0
  /// Of what the season leaves, over all series; sorted.
  private(set) var residuals: [Double] = []

  /// Robust standard deviations from the baseline beyond which several values in a row are no noise.
  static let farScales = 6.0
  /// How long a history is looked at.
  static let weeks: Int64 = 8
  static let leastValues = 50
  static let leastMicroseconds: Int64 = 86_400_000_000
  static let mostUnhealthy = 0.25

  var microseconds: Int64 {
    guard let first = all.first, let last = all.last else { return 0 }
    return last.at.microseconds - first.at.microseconds
  }

  var unhealthyShare: Double {
    all.isEmpty ? 0 : Double(all.count - healthy.count) / Double(all.count)
  }

  /// - Parameters:
  ///   - sign: 1 where high values are wrong, −1 where low ones are.
  ///   - degradations: those that are known; more are found.
  init(
    _ rule: AlertRule, _ history: [MetricSample], now: Instant, sign: Double,
    degradations: [Degradation]
  ) throws(ThresholdError) {
    let first = DynamicThreshold.start(before: now)
    var bySeries: [[String: String]: [MetricSample]] = [:]
    for sample in history
    where sample.metric == rule.metric && ReplayInput.isUsable(sample) && sample.at <= now
      && sample.at > first
      && sample.value?.isFinite == true
    {
      bySeries[sample.labels, default: []].append(sample)
    }
    let matchers = PreparedMatchers(rule.matchers)
    bySeries = bySeries.filter { matchers.match($0.key) }
    all = bySeries.values.flatMap(\.self).sorted { $0.at < $1.at }
    guard all.count >= Self.leastValues else {
      throw .tooLittleHistory(
        rule: rule.name, reason: "\(all.count) values, and \(Self.leastValues) are needed")
    }
    guard microseconds >= Self.leastMicroseconds else {
      throw .tooLittleHistory(rule: rule.name, reason: "less than a day of values")
    }
    season = SeasonalBaseline.Season(over: microseconds)
    series = bySeries.count
    for (labels, samples) in bySeries {
      take(
        samples.sorted { $0.at < $1.at }, labels, sign: sign,
        least: max(3, min(rule.consecutiveFailures, 1_000)),
        degradations.filter { $0.model == nil || $0.model == labels["model_name"] ?? "" })
    }
    healthy.sort { $0.at < $1.at }
    sortAscending(&residuals)
    guard unhealthyShare <= Self.mostUnhealthy else {
      throw .unhealthyHistory(rule: rule.name, share: unhealthyShare)
    }
  }

  private mutating func take(
    _ samples: [MetricSample], _ labels: [String: String], sign: Double, least: Int,
    _ degradations: [Degradation]
  ) {
    let values = samples.map { $0.value ?? .nan }
    let times = samples.map(\.at.microseconds)
    let known = TimeRanges(
      degradations.map { .init(start: $0.start.microseconds, end: $0.end.microseconds) })
    var isUnhealthy = times.map { known.touches(.init(start: $0, end: $0)) }
    let usual = zip(samples, isUnhealthy).filter { !$1 }.map(\.0)
    guard
      let baseline = SeasonalBaseline(
        times: usual.map(\.at.microseconds), values: usual.map { $0.value ?? .nan },
        season: season)
    else {
      // All of it is known to be degraded.
      stretches.append(
        Stretch(labels: labels, range: .init(start: times[0], end: times[times.count - 1])))
      return
    }
    let left = zip(times, values).map { $1 - baseline.level(at: $0) }
    let spread = RobustSpread(zip(left, isUnhealthy).filter { !$1 }.map(\.0))?.scale ?? 0
    scale = max(scale, spread)
    if spread > 0 {
      var start = 0
      while start < left.count {
        var end = start
        while end < left.count, sign * left[end] > Self.farScales * spread { end += 1 }
        if end - start >= least { for index in start..<end { isUnhealthy[index] = true } }
        start = max(end, start + 1)
      }
    }
    var start = 0
    while start < samples.count {
      guard isUnhealthy[start] else {
        healthy.append(samples[start])
        residuals.append(left[start])
        start += 1
        continue
      }
      var end = start
      while end + 1 < samples.count, isUnhealthy[end + 1] { end += 1 }
      stretches.append(Stretch(labels: labels, range: .init(start: times[start], end: times[end])))
      start = end + 1
    }
  }
}
