public import CoreMetrics

/// Puts what Swift libraries measure through swift-metrics into a registry.
///
/// ```swift
/// MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
/// ```
///
/// Names take `_` for what Prometheus does not allow, counters end in `_total`, timers in `_seconds`;
/// dimensions are labels. A metric that is asked for with other labels than before is measured nowhere
/// and counted in `telemetry_conflicts_total`.
public struct RegistryMetricsFactory: MetricsFactory {
  private let registry: MetricRegistry
  private let timerBounds: [Double]
  private let recorderBounds: [Double]

  /// - Parameters:
  ///   - registry: what takes the metrics.
  ///   - timerBounds: of timers' buckets, in seconds, ascending.
  ///   - recorderBounds: of recorders' buckets, ascending.
  public init(
    _ registry: MetricRegistry, timerBounds: [Double] = MLMetrics.latencyBounds,
    recorderBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6]
  ) {
    self.registry = registry
    self.timerBounds = timerBounds
    self.recorderBounds = recorderBounds
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
    let word = MetricName.sanitized(label)
    let name = word.hasSuffix("_total") ? word : word + "_total"
    return CounterSeries(
      Series(dimensions) { labels in
        try registry.counter(name, help: label, labels: labels)
      } otherwise: {
        conflict(name, Counter())
      })
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
    let name = notTotal(label)
    return GaugeSeries(
      Series(dimensions) { labels in
        try registry.gauge(name, help: label, labels: labels)
      } otherwise: {
        conflict(name, Gauge())
      })
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    guard aggregate else { return gauge(label, dimensions) }
    return histogram(notTotal(label), label, dimensions, recorderBounds, scale: 1)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    let word = MetricName.sanitized(label)
    let name = word.hasSuffix("_seconds") ? word : word + "_seconds"
    return histogram(name, label, dimensions, timerBounds, scale: 1e-9)
  }

  private func histogram(
    _ name: String, _ label: String, _ dimensions: [(String, String)], _ bounds: [Double],
    scale: Double
  ) -> HistogramSeries {
    HistogramSeries(
      Series(dimensions) { labels in
        try registry.histogram(name, help: label, labels: labels, bounds: bounds)
      } otherwise: {
        conflict(name, Histogram(bounds: bounds))
      }, scale: scale)
  }

  /// Prometheus takes what ends in `_total` for a counter.
  private func notTotal(_ label: String) -> String {
    let name = MetricName.sanitized(label)
    return name.hasSuffix("_total") ? name + "_level" : name
  }

  private func conflict<Member>(_ name: String, _ member: Member) -> Member {
    // Where even this name is taken, the conflict is counted nowhere.
    let conflicts = try? registry.counter(
      "telemetry_conflicts_total",
      help: "Metrics asked for with other labels or of another type than before, measured nowhere.",
      labels: ["metric"])
    conflicts?.with(name).increment()
    return member
  }

  public func destroyCounter(_ handler: any CounterHandler) {
    (handler as? CounterSeries)?.remove()
  }

  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
    (handler as? CounterSeries)?.remove()
  }

  public func destroyMeter(_ handler: any MeterHandler) { (handler as? GaugeSeries)?.remove() }

  public func destroyRecorder(_ handler: any RecorderHandler) {
    (handler as? GaugeSeries)?.remove()
    (handler as? HistogramSeries)?.remove()
  }

  public func destroyTimer(_ handler: any TimerHandler) { (handler as? HistogramSeries)?.remove() }
}

/// An instrument, and where it is kept.
private struct Series<Member: Instrument>: Sendable {
  let member: Member
  let family: MetricFamily<Member>?
  let values: [String]

  init(
    _ dimensions: [(String, String)], family: ([String]) throws -> MetricFamily<Member>,
    otherwise: () -> Member
  ) {
    let ordered = dimensions.map { (MetricName.sanitized($0.0), $0.1) }.sorted { $0.0 < $1.0 }
    values = ordered.map(\.1)
    // A name that is taken otherwise: `otherwise` counts that.
    self.family = try? family(ordered.map(\.0))
    member = self.family?.with(values) ?? otherwise()
  }

  func remove() { family?.remove(values) }
}

private final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
  private let series: Series<Counter>

  init(_ series: Series<Counter>) {
    self.series = series
  }

  func remove() { series.remove() }
  func increment(by amount: Int64) { series.member.increment(by: Double(amount)) }
  func increment(by amount: Double) { series.member.increment(by: amount) }
  func reset() { series.member.reset() }
}

private final class GaugeSeries: MeterHandler, RecorderHandler {
  private let series: Series<Gauge>

  init(_ series: Series<Gauge>) {
    self.series = series
  }

  func remove() { series.remove() }
  func set(_ value: Int64) { series.member.set(Double(value)) }
  func set(_ value: Double) { series.member.set(value) }
  func increment(by amount: Double) { series.member.add(amount) }
  func decrement(by amount: Double) { series.member.add(-amount) }
  func record(_ value: Int64) { series.member.set(Double(value)) }
  func record(_ value: Double) { series.member.set(value) }
}

private final class HistogramSeries: RecorderHandler, TimerHandler {
  private let series: Series<Histogram>
  private let scale: Double

  init(_ series: Series<Histogram>, scale: Double) {
    self.series = series
    self.scale = scale
  }

  func remove() { series.remove() }
  func record(_ value: Int64) { series.member.observe(Double(value) * scale) }
  func record(_ value: Double) { series.member.observe(value * scale) }
  func recordNanoseconds(_ duration: Int64) { series.member.observe(Double(duration) * 1e-9) }
}
