import Synchronization

/// The metrics of a process, and how they are written for Prometheus.
///
/// ```swift
/// let registry = MetricRegistry()
/// let orders = try registry.counter(
///   "shop_orders_total", help: "Orders taken.", labels: ["country"])
/// orders.with("no").increment()
/// let text = registry.render(.text)
/// ```
public final class MetricRegistry: Sendable {
  private struct State {
    var families: [String: any AnyMetricFamily] = [:]
    var collectors: [@Sendable () -> Void] = []
  }

  /// Series a metric may have; further label values share one.
  public let seriesLimit: Int
  private let state = Mutex(State())
  private let overflow: MetricFamily<Counter>

  /// - Parameter seriesLimit: series a metric may have, at least 1.
  public init(seriesLimit: Int = 2_000) {
    self.seriesLimit = max(1, seriesLimit)
    overflow = MetricFamily(
      name: "telemetry_series_overflow_total",
      help: "Lookups of label values beyond the limit of series, which share one series.",
      labelNames: ["metric"], seriesLimit: .max, overflowed: {}, make: Counter.init)
    state.withLock { $0.families[overflow.name] = overflow }
  }

  /// A counter; its name ends in `_total`.
  ///
  /// - Throws: ``MetricError`` for a name or label Prometheus cannot have, or a name that is taken. Asking
  ///   again for the same metric gives the same family.
  public func counter(
    _ name: String, help: String, labels: [String] = []
  ) throws(MetricError) -> MetricFamily<Counter> {
    try family(name, help, labels, make: Counter.init)
  }

  /// A gauge; see ``counter(_:help:labels:)``.
  public func gauge(
    _ name: String, help: String, labels: [String] = []
  ) throws(MetricError) -> MetricFamily<Gauge> {
    try family(name, help, labels, make: Gauge.init)
  }

  /// A histogram; see ``counter(_:help:labels:)``.
  ///
  /// - Parameter bounds: upper bounds of its buckets, ascending; one for all that is above is added.
  public func histogram(
    _ name: String, help: String, labels: [String] = [], bounds: [Double]
  ) throws(MetricError) -> MetricFamily<Histogram> {
    guard bounds.allSatisfy(\.isFinite), zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .invalidBounds(metric: name) }
    return try family(name, help, labels, bounds: bounds) { Histogram(bounds: bounds) }
  }

  /// A summary of count and sum; see ``counter(_:help:labels:)``.
  public func summary(
    _ name: String, help: String, labels: [String] = []
  ) throws(MetricError) -> MetricFamily<Summary> {
    try family(name, help, labels, make: Summary.init)
  }

  private func family<Member>(
    _ name: String, _ help: String, _ labels: [String], bounds: [Double] = [],
    make: @escaping @Sendable () -> Member
  ) throws(MetricError) -> MetricFamily<Member> {
    try MetricName.check(name, Member.kind, labels)
    let overflow = overflow
    let fresh = MetricFamily(
      name: name, help: help, labelNames: labels, bounds: bounds, seriesLimit: seriesLimit,
      overflowed: { overflow.with(name).increment() }, make: make)
    let kept = state.withLock { state in
      let known = state.families[name] ?? fresh
      state.families[name] = known
      return known
    }
    guard let family = kept as? MetricFamily<Member>, family.labelNames == labels,
      family.bounds == bounds
    else { throw .taken(name) }
    return family
  }

  /// Runs `collector` before each rendering: to set gauges that are read rather than counted.
  public func beforeRendering(_ collector: @escaping @Sendable () -> Void) {
    state.withLock { $0.collectors.append(collector) }
  }

  /// All metrics as they are now, in the order of their names.
  public func render(_ format: ExpositionFormat) -> [UInt8] {
    for collector in state.withLock({ $0.collectors }) { collector() }
    let families = state.withLock { $0.families.values.sorted { $0.name < $1.name } }
    var writer = ExpositionWriter(format)
    for family in families { family.write(to: &writer) }
    return writer.finish()
  }
}
