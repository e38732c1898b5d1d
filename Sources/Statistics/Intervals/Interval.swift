#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A range that holds a figure's true value with some confidence.
public struct Interval: Sendable, Equatable {
  public let lower: Double
  public let upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The interval within a figure's possible values.
  public func clamped(_ range: ClosedRange<Double>) -> Interval {
    Interval(
      lower: min(max(lower, range.lowerBound), range.upperBound),
      upper: min(max(upper, range.lowerBound), range.upperBound))
  }

  /// value ± z · standard error.
  public static func normal(
    _ value: Double, standardError: Double, confidence: Double = 0.95
  ) -> Interval {
    let reach = Normal.quantile(0.5 + confidence / 2) * standardError
    return Interval(lower: value - reach, upper: value + reach)
  }

  /// The mean of a sample, by Student's t; nil for fewer than two values.
  public static func mean(_ moments: Moments, confidence: Double = 0.95) -> Interval? {
    guard let variance = moments.variance else { return nil }
    let count = Double(moments.count)
    let reach =
      StudentT.quantile(0.5 + confidence / 2, degreesOfFreedom: count - 1)
      * (variance / count).squareRoot()
    return Interval(lower: moments.mean - reach, upper: moments.mean + reach)
  }

  /// A proportion, by Wilson's score. Source: Wilson (1927), Journal of the American Statistical
  /// Association 22. Agrees with statsmodels' `proportion_confint(method='wilson')`.
  ///
  /// - Returns: nil where `count` is 0.
  public static func proportion(
    hits: Double, count: Double, confidence: Double = 0.95
  ) -> Interval? {
    guard count > 0 else { return nil }
    let z = Normal.quantile(0.5 + confidence / 2)
    let share = hits / count
    let scale = 1 + z * z / count
    let centre = (share + z * z / (2 * count)) / scale
    let reach =
      z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot() / scale
    return Interval(lower: centre - reach, upper: centre + reach).clamped(0...1)
  }

  /// What a figure of counts varies by when rows are drawn anew: the percentile bootstrap over counts,
  /// whose replicates are Poisson numbers with the counts as means.
  ///
  /// Seeded, O(replicates · counts). Source: Efron and Tibshirani (1993), An Introduction to the
  /// Bootstrap; Chamandy et al. (2012) for the Poisson form.
  ///
  /// - Parameters:
  ///   - counts: rows of each kind.
  ///   - replicates: how often rows are drawn.
  ///   - seed: where random choices start.
  ///   - confidence: of the interval.
  ///   - statistic: the figure of weighted counts; nil where it does not exist.
  /// - Returns: nil where the figure exists in too few replicates to say.
  public static func bootstrap(
    _ counts: [Int], replicates: Int = 400, seed: UInt64 = 0, confidence: Double = 0.95,
    _ statistic: ([Double]) -> Double?
  ) -> Interval? {
    var generator = SeededGenerator(seed: seed)
    var figures: [Double] = []
    var drawn = [Double](repeating: 0, count: counts.count)
    for _ in 0..<replicates {
      for index in counts.indices { drawn[index] = generator.poisson(mean: Double(counts[index])) }
      if let figure = statistic(drawn), figure.isFinite { figures.append(figure) }
    }
    guard figures.count * 2 > replicates else { return nil }
    figures.sort()
    let tail = (1 - confidence) / 2
    guard let lower = quantile(figures.span, tail), let upper = quantile(figures.span, 1 - tail)
    else { return nil }
    return Interval(lower: lower, upper: upper)
  }
}

extension SeededGenerator {
  /// A Poisson number: by products of uniforms for small means, by a rounded normal for large ones.
  mutating func poisson(mean: Double) -> Double {
    guard mean > 0 else { return 0 }
    if mean > 200 {
      return max(0, (mean + mean.squareRoot() * normal()).rounded())
    }
    // In steps, so that exp(−mean) keeps its digits.
    var (left, count) = (mean, 0.0)
    while left > 0 {
      let step = min(left, 30)
      left -= step
      let limit = exp(-step)
      var product = uniform()
      while product > limit {
        count += 1
        product *= uniform()
      }
    }
    return count
  }
}
