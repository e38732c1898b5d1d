import Synchronization

/// A number that goes up and down: a level as it is now.
public final class Gauge: Instrument {
  private let bits = Atomic<UInt64>(0)

  init() {}

  public static let kind = MetricKind.gauge

  public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  public func set(_ value: Double) {
    bits.store(value.bitPattern, ordering: .relaxed)
  }

  /// Adds an amount, negative ones too.
  public func add(_ amount: Double) {
    var known = bits.load(ordering: .relaxed)
    while true {
      let sum = (Double(bitPattern: known) + amount).bitPattern
      let (exchanged, original) = bits.weakCompareExchange(
        expected: known, desired: sum, ordering: .relaxed)
      if exchanged { return }
      known = original
    }
  }

  public func write(to writer: inout ExpositionWriter, _ series: SeriesName) {
    writer.sample(series, value)
  }
}
