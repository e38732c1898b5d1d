#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// P(Dₙ ≤ x) by the recursion of Pomeranz (1974), Communications of the ACM 17: the number of sample
/// points up to each place where the band round the ECDF has a corner.
///
/// O(n · (nx)²), with nx at most some tens where it is used.
enum Pomeranz {
  static func cdf(_ x: Double, n: Int) -> Double {
    let t = Double(n) * x
    let whole = Int(t.rounded(.down))
    let fraction = t - Double(whole)
    var row = [Double](repeating: 0, count: n + 1)
    row[0] = 1
    var exponent = 0
    for step in steps(n: n, whole: whole, fraction: fraction) {
      row = advance(row, step, n: n)
      if let largest = row.max(), largest > 0, largest < 0x1p-128 {
        for index in row.indices { row[index] *= 0x1p128 }
        exponent -= 128
      }
    }
    var result = row[n]
    for i in 1...n {
      result *= Double(i)
      if result > 0x1p128 {
        result *= 0x1p-128
        exponent += 128
      }
    }
    return min(1, max(0, scalbn(result, Int32(clamping: exponent))))
  }

  /// From one corner of the band to the next: how far it is, in shares of the sample space, and
  /// how many points there may be up to there.
  private struct Step {
    let length: Double
    let allowed: ClosedRange<Int>
  }

  /// The corners stand alternately g and 1 − g past each whole number (in units of 1/n), g being the
  /// distance of n·x from the nearest one. There the band's border is itself a whole number, so that
  /// the counts it allows follow from whole numbers, without rounding.
  private static func steps(n: Int, whole: Int, fraction: Double) -> [Step] {
    let g = min(fraction, 1 - fraction)
    let isPastHalf = fraction > 0.5
    let scale = 1 / Double(n)
    var steps: [Step] = []
    for i in 0..<n {
      let first =
        isPastHalf
        ? (i - whole, i + whole)
        : (i - whole + 1, fraction > 0 ? i + whole : i + whole - 1)
      let second =
        isPastHalf
        ? (i - whole + 1, i + whole + 1)
        : (fraction > 0 ? i - whole + 1 : i - whole + 2, i + whole)
      steps.append(Step(length: (i == 0 ? g : 2 * g) * scale, allowed: range(first, n)))
      steps.append(Step(length: (1 - 2 * g) * scale, allowed: range(second, n)))
    }
    steps.append(Step(length: g * scale, allowed: n...n))
    return steps
  }

  private static func range(_ bounds: (low: Int, high: Int), _ n: Int) -> ClosedRange<Int> {
    let low = min(max(0, bounds.low), n)
    return low...max(low, min(n, bounds.high))
  }

  /// The convolution with a Poisson process over the step's length.
  private static func advance(_ row: [Double], _ step: Step, n: Int) -> [Double] {
    var next = [Double](repeating: 0, count: n + 1)
    for count in step.allowed {
      var weight = 1.0
      var sum = 0.0
      var new = 0
      while new <= count, weight > 0 {
        if row[count - new] != 0 { sum += row[count - new] * weight }
        new += 1
        weight *= step.length / Double(new)
      }
      next[count] = sum
    }
    return next
  }
}
