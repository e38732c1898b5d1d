/// The result of Welch's t-test.
public struct WelchT: Sendable, Equatable {
  /// t, positive where the reference's mean is the larger.
  public let statistic: Double
  /// Two-sided.
  public let pValue: Double
  /// Welch and Satterthwaite's.
  public let degreesOfFreedom: Double
  /// Difference of means over the pooled standard deviation, reference − current.
  public let cohensD: Double
}

/// Welch's t-test that two means are equal, without assuming that variances are.
///
/// O(1) from moments. Sources: Welch (1947), Biometrika 34; Cohen (1988), Statistical Power Analysis.
/// Agrees with SciPy's `ttest_ind(reference, current, equal_var=False)`.
///
/// - Throws: where a side has fewer than 2 values, or nothing varies on either.
public func welchT(
  _ reference: Moments, _ current: Moments
) throws(UndefinedStatistic) -> WelchT {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  guard min(reference.count, current.count) > 1 else {
    throw .tooFewObservations(required: 2, got: min(reference.count, current.count))
  }
  guard let first = reference.variance, let second = current.variance else { throw .outOfRange }
  let (n, m) = (Double(reference.count), Double(current.count))
  let (a, b) = (first / n, second / m)
  guard a + b > 0 else {
    throw reference.mean == current.mean ? .constantSamples : .differentConstants
  }
  let difference = reference.mean - current.mean
  let t = difference / (a + b).squareRoot()
  let degrees = (a + b) * (a + b) / (a * a / (n - 1) + b * b / (m - 1))
  let pooled = ((first * (n - 1) + second * (m - 1)) / (n + m - 2)).squareRoot()
  guard t.isFinite, degrees.isFinite, pooled > 0 else { throw .outOfRange }
  return WelchT(
    statistic: t, pValue: StudentT.twoSided(t, degreesOfFreedom: degrees),
    degreesOfFreedom: degrees, cohensD: difference / pooled)
}
