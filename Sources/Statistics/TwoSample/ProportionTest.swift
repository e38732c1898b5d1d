#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a test of two proportions.
public struct ProportionTest: Sendable, Equatable {
  /// z, positive where the reference's proportion is the larger.
  public let statistic: Double
  /// Two-sided.
  public let pValue: Double
  /// 2 asin √p − 2 asin √q, reference − current (Cohen 1988).
  public let cohensH: Double
}

/// The pooled z-test that a category has the same share in both samples.
///
/// Where nothing varies (one category has every value of both sides) nothing differs: z is 0 and p
/// is 1. O(1). Agrees with statsmodels' `proportions_ztest`.
///
/// - Parameters:
///   - reference: counts of the category asked about and of the other, or of one category alone.
///   - current: counts of the same.
/// - Throws: where there are more than two categories, or a side is empty.
public func zProportion(
  reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> ProportionTest {
  guard (1...2).contains(reference.count), current.count == reference.count else {
    throw .needsTwoCategories(got: reference.count)
  }
  let n = reference.reduce(0) { $0 + Double($1) }
  let m = current.reduce(0) { $0 + Double($1) }
  guard n > 0 else { throw .emptySample(.reference) }
  guard m > 0 else { throw .emptySample(.current) }
  let (p, q) = (Double(reference[0]) / n, Double(current[0]) / m)
  let pooled = (Double(reference[0]) + Double(current[0])) / (n + m)
  let variance = pooled * (1 - pooled) * (1 / n + 1 / m)
  let z = variance > 0 ? (p - q) / variance.squareRoot() : 0
  return ProportionTest(
    statistic: z, pValue: Normal.twoSided(z),
    cohensH: 2 * asin(p.squareRoot()) - 2 * asin(q.squareRoot()))
}
