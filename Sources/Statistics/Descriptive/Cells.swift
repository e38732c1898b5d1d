/// A division of the number line into cells by ascending cuts.
///
/// Cell `i` is (cuts[i−1], cuts[i]]; the first and the last are open towards infinity. Without cuts
/// there is one cell.
public struct Cells: Sendable, Equatable {
  /// Strictly ascending.
  public let cuts: [Double]

  /// - Parameter cuts: strictly ascending, finite.
  public init(cuts: [Double]) {
    precondition(
      zip(cuts, cuts.dropFirst()).allSatisfy { $0 < $1 }, "cuts have to be strictly ascending")
    self.cuts = cuts
  }

  /// Number of cells.
  public var count: Int { cuts.count + 1 }

  /// Cells at equal frequencies of a reference, as the population stability index wants them.
  ///
  /// Inner cuts stand at the quantiles i/count of the reference, interpolated linearly; cuts that
  /// coincide become one, so that there may be fewer cells.
  ///
  /// - Parameters:
  ///   - sortedReference: ascending, finite.
  ///   - count: how many cells; at least 1.
  public static func equalFrequency(sortedReference: Span<Double>, count: Int) -> Cells {
    precondition(count > 0, "there has to be a cell")
    var cuts: [Double] = []
    for index in 1..<max(2, count) where count > 1 {
      guard let cut = quantile(sortedReference, Double(index) / Double(count)) else { break }
      if cuts.last.map({ $0 < cut }) ?? true { cuts.append(cut) }
    }
    return Cells(cuts: cuts)
  }

  /// Cells at about equal frequencies in which a value that occurs often has a cell of its own, so
  /// that what is counted there is known exactly.
  ///
  /// - Parameters:
  ///   - sortedSample: ascending, finite values.
  ///   - count: about how many cells.
  public static func withPointMasses(sortedSample: [Double], count: Int) -> Cells {
    guard sortedSample.count > 1, count > 1 else { return Cells(cuts: []) }
    var cuts: [Double] = []
    func append(_ cut: Double) {
      if cuts.last.map({ $0 < cut }) ?? true { cuts.append(cut) }
    }
    let step = max(1, sortedSample.count / count)
    var index = step
    while index < sortedSample.count {
      let value = sortedSample[index]
      if sortedSample[index - step] == value || sortedSample[index - 1] == value {
        // At least two equal values: (the number just below it, the value] holds nothing else.
        append(value.nextDown)
      }
      append(value)
      index += step
    }
    return Cells(cuts: cuts)
  }

  /// The cell `value` is in. O(log count).
  public func index(of value: Double) -> Int {
    var low = 0
    var size = cuts.count
    while size > 0 {
      let half = size / 2
      if cuts[low + half] < value {
        low += half + 1
        size -= half + 1
      } else {
        size = half
      }
    }
    return low
  }

  /// How many of sorted values are in each cell. O(count · log n).
  ///
  /// - Parameter sorted: ascending, finite.
  public func counts(sorted: Span<Double>) -> [Int] {
    var counts: [Int] = []
    counts.reserveCapacity(count)
    var before = 0
    for cut in cuts {
      let upTo = Self.countUpTo(cut, in: sorted, from: before)
      counts.append(upTo - before)
      before = upTo
    }
    counts.append(sorted.count - before)
    return counts
  }

  /// How many of the ascending values are at most `value`, knowing that `from` of them are.
  private static func countUpTo(_ value: Double, in sorted: Span<Double>, from: Int) -> Int {
    var low = from
    var high = sorted.count
    while low < high {
      let middle = low + (high - low) / 2
      if sorted[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds how many of unsorted values are in each cell to `counts`. O(n · log count).
  ///
  /// The search halves a range of fixed length with a conditional move, not a branch the processor
  /// would have to guess.
  ///
  /// - Parameters:
  ///   - values: finite.
  ///   - counts: one number for each cell.
  public func count(_ values: Span<Double>, into counts: inout [Int]) {
    precondition(counts.count == count, "one count for each cell")
    guard !cuts.isEmpty else {
      counts[0] += values.count
      return
    }
    counts.withUnsafeMutableBufferPointer { counts in
      cuts.withUnsafeBufferPointer { cuts in
        for index in 0..<values.count {
          let value = values[index]
          var low = 0
          var size = cuts.count
          while size > 1 {
            let half = size >> 1
            low = cuts[low &+ half &- 1] < value ? low &+ half : low
            size &-= half
          }
          counts[low &+ (cuts[low] < value ? 1 : 0)] += 1
        }
      }
    }
  }
}
