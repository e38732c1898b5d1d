import CBoostMath

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a Mann–Whitney U test.
public struct MannWhitney: Sendable, Equatable {
  /// U of the reference: pairs in which its value is the larger, ties half.
  public let statistic: Double
  /// Two-sided.
  public let pValue: Double
  /// 2U/(nm) − 1: −1…1, positive where reference values tend to be larger.
  public let rankBiserial: Double
  public let isExact: Bool
}

/// The Mann–Whitney U test, two-sided.
///
/// Exact where one sample has at most 8 values and no two are equal, else by the normal limit with
/// corrections for ties and continuity.
///
/// O(n + m), and O(min · U) for the exact p-value. Source: Mann and Whitney (1947). Agrees with
/// SciPy's `mannwhitneyu(method='auto')`.
///
/// - Parameters:
///   - reference: ascending, finite, not empty.
///   - current: likewise.
public func mannWhitney(
  _ reference: Span<Double>, _ current: Span<Double>
) throws(UndefinedStatistic) -> MannWhitney {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let (n, m) = (Double(reference.count), Double(current.count))
  var rankSum = CompensatedSum()
  var ties = CompensatedSum()
  var before = 0.0
  forEachTieGroup(reference, current) { _, inReference, inCurrent in
    let size = Double(inReference + inCurrent)
    rankSum.add(Double(inReference) * (before + (size + 1) / 2))
    if size > 1 { ties.add(size * size * size - size) }
    before += size
  }
  let u = rankSum.value - n * (n + 1) / 2
  let larger = max(u, n * m - u)
  let rankBiserial = 2 * u / (n * m) - 1
  if min(n, m) <= 8, ties.value == 0, n * m <= 5e7 {
    let p = 2 * exactTail(n * m - larger, reference.count, current.count)
    return MannWhitney(
      statistic: u, pValue: min(1, p), rankBiserial: rankBiserial, isExact: true)
  }
  let total = n + m
  let variance = n * m / 12 * ((total + 1) - ties.value / (total * (total - 1)))
  guard variance > 0 else { throw .constantSamples }
  let z = (larger - n * m / 2 - 0.5) / variance.squareRoot()
  return MannWhitney(
    statistic: u, pValue: min(1, 2 * Normal.sf(z)), rankBiserial: rankBiserial, isExact: false)
}

/// P(U ≤ u) for u of at most half the pairs: coefficients of the Gaussian binomial, factor by factor.
private func exactTail(_ u: Double, _ first: Int, _ second: Int) -> Double {
  let (few, many) = (min(first, second), max(first, second))
  let limit = Int(u)
  var counts = [Double](repeating: 0, count: limit + 1)
  counts[0] = 1
  for i in 1...few {
    // times (1 − q^(many+i)), over (1 − q^i)
    for power in stride(from: limit, through: many + i, by: -1) {
      counts[power] -= counts[power - many - i]
    }
    for power in stride(from: i, through: limit, by: 1) { counts[power] += counts[power - i] }
  }
  let logAll =
    plumbline_log_gamma(Double(few + many + 1)) - plumbline_log_gamma(Double(few + 1))
    - plumbline_log_gamma(Double(many + 1))
  let all =
    logAll < 40
    ? (1...few).reduce(1.0) { $0 * Double(many + $1) / Double($1) }.rounded()
    : (1...few).reduce(1.0) { $0 * Double(many + $1) / Double($1) }
  return counts.reduce(0, +) / all
}
