/// A number that only grows: events since the process began.
public final class Counter: Instrument {
  private let cells = StripedCells(width: 1)

  init() {}

  public static let kind = MetricKind.counter

  /// The count so far.
  public var value: Double { cells.sum(0) }

  /// Adds one, or an amount; what is negative or not finite is not added. Takes no lock.
  public func increment(by amount: Double = 1) {
    guard amount >= 0, amount.isFinite else { return }
    cells.add(amount, to: 0)
  }

  /// Begins at 0 again, as a process that starts anew does.
  func reset() { cells.clear(0) }

  public func write(to writer: inout ExpositionWriter, _ series: SeriesName) {
    writer.sample(series, suffix: .total, value)
  }
}
