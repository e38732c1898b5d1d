#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The Jensen–Shannon divergence and distance of two lists of counts, base 2, both 0…1.
public struct JensenShannon: Sendable, Equatable {
  public let divergence: Double
  /// √divergence, a metric.
  public let distance: Double
}

/// The mean Kullback–Leibler divergence of both sides from their mixture; needs no correction for
/// empty cells. O(k). Source: Lin (1991), IEEE Transactions on Information Theory 37. The distance
/// agrees with SciPy's `jensenshannon(r, c, base=2)`.
///
/// - Parameters:
///   - reference: counts by cell or category, at least 0.
///   - current: counts of the same cells.
/// - Throws: ``UndefinedStatistic/emptySample(_:)``.
public func jensenShannon(
  reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> JensenShannon {
  let shares = try Shares(reference, current)
  func term(_ p: Double, _ mixture: Double) -> Double { p > 0 ? p * log2(p / mixture) : 0 }
  let sum = shares.sum { r, c in
    let mixture = (r + c) / 2
    return (term(r, mixture) + term(c, mixture)) / 2
  }
  let divergence = min(1, max(0, sum))
  return JensenShannon(divergence: divergence, distance: divergence.squareRoot())
}
