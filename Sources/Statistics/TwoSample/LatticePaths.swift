import CBoostMath

/// Shares of the lattice paths from (0, 0) to (n, m) that leave a band round the diagonal: the exact
/// null distribution of the two-sample Kolmogorov–Smirnov statistic.
enum LatticePaths {
  /// The share of paths from (0, 0) to (n, n) that reach |x − y| ≥ h, by reflection: an alternating
  /// sum of binomial coefficients, written as nested products so that nothing cancels.
  ///
  /// Source: Gnedenko and Korolyuk (1951). O(n).
  static func outsideBand(_ n: Int, _ h: Int) -> Double {
    var share = 0.0
    for k in stride(from: n / h, through: 0, by: -1) {
      var product = 1.0
      for j in 0..<h {
        product = Double(n - k * h - j) * product / Double(n + k * h + j + 1)
      }
      share = product * (1 - share)
    }
    return 2 * share
  }

  /// The share of paths from (0, 0) to (n, m) that reach |n·y − m·x|/divisor ≥ h, or on one side only.
  ///
  /// Column by column, only the points inside the band are kept; each holds the share of paths to it
  /// that have been outside, so that no number grows large. O(n · width of the band).
  ///
  /// Source: Hodges (1958), section 2, as a recursion of probabilities.
  static func outside(
    _ first: Int, _ second: Int, divisor: Int, h: Int, bothSides: Bool
  ) -> Double {
    // One-sided, a path that is outside on one side is, with its ends exchanged, outside on the other.
    let (n, m) = (max(first, second), min(first, second))
    let (a, b) = (n / divisor, m / divisor)
    var low = 0
    var high = bothSides ? min((h + a - 1) / a, m + 1) : m + 1
    // The share outside of all paths to (0, y): none inside the band.
    var shares = [Double](repeating: 0, count: m + 1)
    for y in high..<max(high, m + 1) { shares[y] = 1 }
    for x in 1...n {
      let below = floorDivide(b * x - h, a) + 1
      let nextLow = min(max(below, 0), m)
      let nextHigh = bothSides ? min(ceilDivide(b * x + h, a), m + 1) : m + 1
      guard nextHigh > nextLow, below <= m else { return 1 }
      var share = nextLow == 0 ? 0.0 : 1.0
      for y in nextLow..<nextHigh {
        let left = y < low || y >= high ? 1 : shares[y]
        // The division does not wait for the share before it, which the next one waits for.
        let weight = 1 / Double(x + y)
        share = left * (Double(x) * weight) + share * (Double(y) * weight)
        shares[y] = share
      }
      (low, high) = (nextLow, nextHigh)
    }
    return high > m ? shares[m] : 1
  }

  /// Whether the number of paths is beyond double precision's range, where SciPy too gives up
  /// counting for one-sided tests.
  static func tooMany(_ n: Int, _ m: Int) -> Bool {
    let logarithm =
      plumbline_log_gamma(Double(n + m + 1)) - plumbline_log_gamma(Double(n + 1))
      - plumbline_log_gamma(Double(m + 1))
    return logarithm > 709.78
  }

  private static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }

  private static func ceilDivide(_ value: Int, _ divisor: Int) -> Int {
    -floorDivide(-value, divisor)
  }
}
