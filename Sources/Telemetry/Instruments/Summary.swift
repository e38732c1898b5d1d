/// How many values there were and what they add up to: their rate and mean.
public final class Summary: Instrument {
  private let cells = StripedCells(width: 2)

  init() {}

  public static let kind = MetricKind.summary

  /// Counts a value; NaN is left out. Takes no lock.
  public func observe(_ value: Double) {
    guard !value.isNaN else { return }
    cells.count(0, adding: value, to: 1)
  }

  public var count: UInt64 { cells.total(0) }
  public var sum: Double { cells.sum(1) }

  public func write(to writer: inout ExpositionWriter, _ series: SeriesName) {
    writer.sample(series, suffix: .sum, sum)
    writer.sample(series, suffix: .count, count: count)
  }
}
