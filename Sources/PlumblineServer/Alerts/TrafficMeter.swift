import Monitoring
import Statistics
import Telemetry

/// Makes metrics of live traffic from what was counted, over the last five minutes:
/// `prediction_rate` (a second), `error_rate`, `prediction_latency_p50`, `…_p95`, `…_p99` (seconds) and
/// `traffic_pattern_change` (the rate against what is usual at the time of the day); and `traffic_drop`, the share of
/// the usual calls that do not come, over up to an hour where calls are few. Calls count when they come;
/// those made longer ago than an hour do not (``ServiceMetrics/liveSeconds``).
struct TrafficMeter {
  /// Seconds the figures are about.
  static let windowSeconds: Int64 = 300
  /// Seconds that are remembered, and calls that have to be usual in what a drop is told by.
  static let memorySeconds: Int64 = 3_600
  private static let leastUsualCalls = 100.0

  private struct Snapshot {
    var at: Instant
    var models: [String: MLMetrics.Traffic]
  }

  private var snapshots: [Snapshot] = []
  var baseline = TrafficBaseline()
  /// Seconds between two looks from which on the process was held up: what was counted before says nothing of
  /// the minutes since.
  var longestPauseSeconds = 2 * windowSeconds

  /// Takes what has been counted by now.
  ///
  /// - Parameter models: names of the models there are, called or not.
  /// - Returns: samples of now; none at the first call.
  mutating func samples(
    of traffic: [String: MLMetrics.Traffic], models: Set<String>, at now: Instant
  ) -> [MetricSample] {
    // A clock that goes back would make time negative: what was before it is no longer comparable.
    snapshots.removeAll { $0.at >= now }
    if let last = snapshots.last?.at,
      now.microseconds - last.microseconds > longestPauseSeconds * 1_000_000
    {
      snapshots.removeAll()
    }
    let oldest = now.microseconds - Self.memorySeconds * 1_000_000
    while snapshots.count > 1, snapshots[1].at.microseconds <= oldest { snapshots.removeFirst() }
    defer { snapshots.append(Snapshot(at: now, models: traffic)) }
    guard !snapshots.isEmpty else { return [] }
    return models.union(traffic.keys).sorted().flatMap { model in
      let (counted, seconds) = counted(model, traffic, over: Self.windowSeconds, until: now)
      return samples(of: model, counted, seconds: seconds, at: now)
        + [drop(of: model, traffic, at: now)]
    }
  }

  /// What was counted over some time, or as much of it as is remembered.
  private func counted(
    _ model: String, _ traffic: [String: MLMetrics.Traffic], over seconds: Int64,
    until now: Instant
  ) -> (Counted, seconds: Double) {
    let from = now.microseconds - seconds * 1_000_000
    let before =
      snapshots.last { $0.at.microseconds <= from } ?? snapshots.first
      ?? Snapshot(at: now, models: traffic)
    let counted = Counted(
      from: before.models[model] ?? MLMetrics.Traffic(),
      to: traffic[model] ?? MLMetrics.Traffic())
    return (counted, Double(now.microseconds - before.at.microseconds) / 1e6)
  }

  /// How much of the usual traffic does not come, with what the counts alone explain: how days differ
  /// says nothing of a model that nobody calls.
  private func drop(
    of model: String, _ traffic: [String: MLMetrics.Traffic], at now: Instant
  ) -> MetricSample {
    var sample = MetricSample(
      metric: "traffic_drop", labels: ["model_name": model], at: now, value: nil)
    guard let (counted, expected) = besideUsual(model, traffic, until: now), expected > 0 else {
      return sample
    }
    sample.value = 1 - counted.all / expected
    // Of a count n the mean is within about n + 2 ± 2√(n + 1) with 95 % confidence.
    let reach = 2 * (counted.all + 1).squareRoot()
    sample.interval = Interval(
      lower: 1 - (counted.all + 2 + reach) / expected,
      upper: 1 - max(0, counted.all - reach) / expected)
    return sample
  }

  /// What came and what had to come at the least, over as long as it takes to tell.
  private func besideUsual(
    _ model: String, _ traffic: [String: MLMetrics.Traffic], until now: Instant
  ) -> (Counted, expected: Double)? {
    guard let rate = baseline.least(model, at: now) else { return nil }
    let memory = Double(Self.memorySeconds)
    if rate * memory >= Self.leastUsualCalls {
      let needed = Int64(Self.leastUsualCalls / rate)
      let (counted, seconds) = counted(
        model, traffic, over: max(Self.windowSeconds, needed), until: now)
      return (counted, rate * seconds)
    }
    // Some minutes around this time are quiet as it is, as those between batches: only a whole hour tells.
    let (counted, seconds) = counted(model, traffic, over: Self.memorySeconds, until: now)
    guard seconds >= memory, let calls = baseline.leastOfHour(model, at: now) else { return nil }
    return (counted, calls)
  }

  private func samples(
    of model: String, _ counted: Counted, seconds: Double, at now: Instant
  ) -> [MetricSample] {
    func sample(
      _ metric: String, _ value: Double?, reference: Double? = nil, _ interval: Interval? = nil
    ) -> MetricSample {
      MetricSample(
        metric: metric, labels: ["model_name": model], at: now, value: value,
        reference: reference, interval: interval)
    }
    let rate = counted.all / seconds
    let usual = baseline.usual(model, at: now)
    let change = usual.map { $0.change(to: counted.all, seconds: seconds) }
    var samples = [
      sample("prediction_rate", rate, reference: usual?.rate),
      sample(
        "error_rate", counted.all > 0 ? counted.failed / counted.all : nil,
        Interval.proportion(hits: counted.failed, count: counted.all)),
      sample("traffic_pattern_change", change?.value, change?.interval),
    ]
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      samples.append(
        sample(
          "prediction_latency_\(name)", counted.latency(share),
          counted.latencyInterval(share)))
    }
    return samples
  }
}

/// What was counted between two times.
private struct Counted {
  let failed: Double
  let all: Double
  private let bounds: [Double]
  /// Cumulative, by bound, and after them all.
  private let counts: [UInt64]

  init(from before: MLMetrics.Traffic, to now: MLMetrics.Traffic) {
    failed = max(0, now.failed - before.failed)
    all = failed + max(0, now.succeeded - before.succeeded)
    bounds = now.latencyBounds
    counts = now.latencyCounts.enumerated().map { index, count in
      let earlier = index < before.latencyCounts.count ? before.latencyCounts[index] : 0
      return count >= earlier ? count - earlier : 0
    }
  }

  private var timed: Double { Double(counts.last ?? 0) }

  /// The quantile as Prometheus' `histogram_quantile` has it: linear within a bucket, the last bound
  /// beyond it; nil where nothing was timed.
  func latency(_ share: Double) -> Double? {
    guard timed > 0 else { return nil }
    return quantile(rank: share * timed)
  }

  private func quantile(rank: Double) -> Double {
    guard let index = counts.firstIndex(where: { Double($0) >= rank }), index < bounds.count else {
      return bounds.last ?? 0
    }
    let lower = index > 0 ? bounds[index - 1] : 0
    let below = index > 0 ? Double(counts[index - 1]) : 0
    let inside = Double(counts[index]) - below
    guard inside > 0 else { return bounds[index] }
    return lower + (bounds[index] - lower) * (rank - below) / inside
  }

  /// From the ranks that hold the true quantile with 95 % confidence; from 0 where there are too few.
  func latencyInterval(_ share: Double) -> Interval? {
    guard timed > 0 else { return nil }
    let reach = 1.96 * (timed * share * (1 - share)).squareRoot()
    let lowest = (share * timed - reach).rounded(.down)
    let highest = (share * timed + reach).rounded(.up) + 1
    return Interval(
      lower: lowest < 1 ? 0 : quantile(rank: lowest),
      upper: quantile(rank: min(highest, timed)))
  }
}
