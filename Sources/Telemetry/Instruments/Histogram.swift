/// How often values fell below each of some bounds, and what they add up to.
public final class Histogram: Instrument {
  /// Ascending; values above the last are counted too.
  public let bounds: [Double]
  private let cells: StripedCells

  init(bounds: [Double]) {
    self.bounds = bounds
    // One cell for each bound, one for what is above, one for the sum.
    cells = StripedCells(width: bounds.count + 2)
  }

  public static let kind = MetricKind.histogram

  /// Counts a value; NaN is left out. Takes no lock. O(bounds).
  public func observe(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = bounds.withUnsafeBufferPointer { bounds in
      var index = 0
      while index < bounds.count, bounds[index] < value { index &+= 1 }
      return index
    }
    cells.count(bucket, adding: value, to: bounds.count + 1)
  }

  /// Values up to each bound, and after them all.
  public var cumulativeCounts: [UInt64] {
    var running: UInt64 = 0
    return (0...bounds.count).map { bucket in
      running &+= cells.total(bucket)
      return running
    }
  }

  public var sum: Double { cells.sum(bounds.count + 1) }

  public func write(to writer: inout ExpositionWriter, _ series: SeriesName) {
    let counts = cumulativeCounts
    for (bound, count) in zip(bounds, counts) {
      writer.sample(series, suffix: .bucket, label: "le", bound, count: count)
    }
    let all = counts.last ?? 0
    writer.sample(series, suffix: .bucket, label: "le", .infinity, count: all)
    writer.sample(series, suffix: .sum, sum)
    writer.sample(series, suffix: .count, count: all)
  }
}
