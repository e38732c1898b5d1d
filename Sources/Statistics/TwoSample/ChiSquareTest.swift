#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a test of homogeneity of two lists of counts.
public struct Homogeneity: Sendable, Equatable {
  public let statistic: Double
  public let pValue: Double
  /// Categories seen at all, less one.
  public let degreesOfFreedom: Int
  /// √(χ²/N), 0…1.
  public let cramersV: Double
}

/// Pearson's χ² test that both samples have the same shares of each category.
///
/// Both samples are random, so that expected counts come from both together; no correction for
/// continuity. Categories that neither sample has are left out; with one category left nothing can
/// differ, and p is 1. O(k). Source: Pearson (1900); Cramér (1946). Agrees with SciPy's
/// `chi2_contingency(correction=False)`.
///
/// - Parameters:
///   - reference: counts by category, at least 0.
///   - current: counts of the same categories.
public func chiSquare(
  reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> Homogeneity {
  try homogeneity(reference, current) { observed, expected in
    (observed - expected) * (observed - expected) / expected
  }
}

/// The G-test of the same hypothesis: twice the log-likelihood ratio.
///
/// O(k). Source: Woolf (1957); Sokal and Rohlf, Biometry. Agrees with SciPy's
/// `chi2_contingency(lambda_='log-likelihood', correction=False)`.
public func gTest(reference: [Int], current: [Int]) throws(UndefinedStatistic) -> Homogeneity {
  try homogeneity(reference, current) { observed, expected in
    observed > 0 ? 2 * observed * log(observed / expected) : 0
  }
}

private func homogeneity(
  _ reference: [Int], _ current: [Int], _ distance: (Double, Double) -> Double
) throws(UndefinedStatistic) -> Homogeneity {
  precondition(reference.count == current.count, "counts of the same categories")
  let n = reference.reduce(0) { $0 + Double($1) }
  let m = current.reduce(0) { $0 + Double($1) }
  guard n > 0 else { throw .emptySample(.reference) }
  guard m > 0 else { throw .emptySample(.current) }
  var sum = CompensatedSum()
  var pearson = CompensatedSum()
  var categories = 0
  for (r, c) in zip(reference, current) where r + c > 0 {
    let both = Double(r) + Double(c)
    let expected = (n * both / (n + m), m * both / (n + m))
    sum.add(distance(Double(r), expected.0))
    sum.add(distance(Double(c), expected.1))
    let difference = Double(r) - expected.0
    pearson.add(difference * difference / expected.0 + difference * difference / expected.1)
    categories += 1
  }
  let degrees = categories - 1
  let statistic = max(0, sum.value)
  return Homogeneity(
    statistic: statistic,
    pValue: degrees == 0 ? 1 : ChiSquare.sf(statistic, degreesOfFreedom: Double(degrees)),
    degreesOfFreedom: degrees, cramersV: min(1, (max(0, pearson.value) / (n + m)).squareRoot()))
}
