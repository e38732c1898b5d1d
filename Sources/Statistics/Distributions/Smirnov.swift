#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The distribution of the one-sided Kolmogorov–Smirnov statistic of one sample.
enum Smirnov {
  /// Above this size the limit with its first correction is exact to double precision's needs.
  private static let largestSum = 1_000_000

  /// P(D⁺ₙ > x), by the sum of Smirnov (1944) and Birnbaum and Tingey (1951):
  /// x Σ C(n,j) (x + j/n)^(j−1) (1 − x − j/n)^(n−j) over j ≤ n(1 − x). All terms are positive and each
  /// is a binomial probability over a number near its chance, so that the relative error stays small.
  ///
  /// O(n) up to a million; beyond, exp(−(6nx + 1)²/18n) (Maag and Dicaire 1971).
  static func sf(_ x: Double, n: Int) -> Double {
    if x <= 0 { return 1 }
    if x >= 1 { return 0 }
    let size = Double(n)
    if n > largestSum {
      let scaled = 6 * size * x + 1
      return exp(-scaled * scaled / size / 18)
    }
    let last = Int((size * (1 - x)).rounded(.down))
    // j = 0: (1 − x)^n, by log1p where x is small.
    var sum = exp(size * log1p(-x))
    // Terms from both ends would be added smallest first; blocks keep the rounding of up to a
    // million additions below that of one.
    var block = 0.0
    var j = 1
    while j <= last {
      let count = Double(j)
      let chance = x + count / size
      let rest = max(0, (size - count) / size - x)
      block += x * BinomialTerm.probability(count, of: size, p: chance, q: rest) / chance
      if j & 1023 == 0 {
        sum += block
        block = 0
      }
      j += 1
    }
    return min(1, sum + block)
  }
}
