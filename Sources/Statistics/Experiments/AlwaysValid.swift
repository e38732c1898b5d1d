#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Inference on a difference that stays valid however often and whenever it is looked at.
///
/// The likelihood ratio of the difference is mixed over a normal prior around 0; it exceeds 1/α with a
/// probability of at most α over all time (Ville's inequality). Sources: Robbins (1970), Annals of
/// Mathematical Statistics 41; Johari, Koomen, Pekelis and Walsh (2022), "Always Valid Inference",
/// Operations Research 70.
public struct AlwaysValid: Sendable, Equatable {
  /// The variance of the prior, in squared units of the metric.
  public let mixture: Double

  /// - Parameter mixture: above 0.
  public init(mixture: Double) {
    precondition(mixture > 0, "a variance")
    self.mixture = mixture
  }

  /// The prior under which the interval is about shortest when the difference's variance has come down
  /// to `variance`, as at the planned end.
  ///
  /// Source: Howard, Ramdas, McAuliffe and Sekhon (2021), Annals of Statistics 49, section 3.5.
  public init(shortestAt variance: Double, alpha: Double) {
    let spread = -2 * log(alpha)
    self.init(mixture: variance * (spread + log(spread + 1) + 1))
  }

  /// The interval of a confidence sequence.
  ///
  /// - Parameters:
  ///   - difference: as estimated so far.
  ///   - variance: of that estimate, above 0.
  ///   - alpha: 1 − the confidence over all time.
  public func interval(difference: Double, variance: Double, alpha: Double) -> Interval {
    let whole = variance + mixture
    let reach =
      (2 * variance * whole / mixture * (-log(alpha) + 0.5 * log(whole / variance))).squareRoot()
    return Interval(lower: difference - reach, upper: difference + reach)
  }

  /// The p-value of one look; the smallest over all looks so far is valid at any time.
  public func pValue(difference: Double, variance: Double) -> Double {
    let whole = variance + mixture
    let exponent = mixture * difference * difference / (2 * variance * whole)
    return min(1, (whole / variance).squareRoot() * exp(-exponent))
  }
}
