/// A treatment's mean beside the control's.
public struct VariantComparison: Sendable, Equatable {
  public let controlMean: Double
  public let treatmentMean: Double
  /// treatment − control.
  public let difference: Double
  public let standardError: Double
  public let interval: Interval
  /// Two-sided; below α exactly where the interval at 1 − α leaves out 0.
  public let pValue: Double
  /// Welch and Satterthwaite's.
  public let degreesOfFreedom: Double
  /// difference / |control mean|; nil where the control's mean is 0.
  public let lift: Double?
  /// By the delta method, with the same quantile as the difference's.
  public let liftInterval: Interval?

  /// Compares means by Welch's t: with estimates of each mean's variance and their degrees of freedom.
  ///
  /// Sources: Welch (1947), Biometrika 34, for the test; Deng, Knoblich and Lu (2018), "Applying the
  /// Delta Method in Metric Analytics", KDD, for the lift. Test and interval agree with SciPy's
  /// `ttest_ind(treatment, control, equal_var=False)`.
  ///
  /// - Parameters:
  ///   - control: the control's mean.
  ///   - treatment: the treatment's.
  ///   - confidence: of the intervals.
  /// - Throws: where a side has fewer than 2 units, or nothing varies on either.
  public init(
    control: MeanEstimate, treatment: MeanEstimate, confidence: Double = 0.95
  ) throws(UndefinedStatistic) {
    guard control.count > 1, treatment.count > 1 else {
      throw .tooFewObservations(required: 2, got: min(control.count, treatment.count))
    }
    let (a, b) = (control.variance, treatment.variance)
    guard a + b > 0 else { throw .constantSamples }
    controlMean = control.mean
    treatmentMean = treatment.mean
    difference = treatment.mean - control.mean
    standardError = (a + b).squareRoot()
    degreesOfFreedom =
      (a + b) * (a + b) / (a * a / Double(control.count - 1) + b * b / Double(treatment.count - 1))
    guard difference.isFinite, standardError.isFinite, degreesOfFreedom.isFinite else {
      throw .outOfRange
    }
    let quantile = StudentT.quantile(0.5 + confidence / 2, degreesOfFreedom: degreesOfFreedom)
    interval = Interval(
      lower: difference - quantile * standardError, upper: difference + quantile * standardError)
    pValue = StudentT.twoSided(difference / standardError, degreesOfFreedom: degreesOfFreedom)
    guard control.mean != 0 else {
      (lift, liftInterval) = (nil, nil)
      return
    }
    let size = abs(control.mean)
    let ratio = treatment.mean / control.mean
    let reach = quantile * (b + ratio * ratio * a).squareRoot() / size
    let lift = difference / size
    self.lift = lift
    liftInterval = Interval(lower: lift - reach, upper: lift + reach)
  }
}

/// An estimate of a mean, and how far it may be off.
public struct MeanEstimate: Sendable, Equatable {
  /// Units it was made from.
  public let count: Int
  public let mean: Double
  /// Of the mean: the units' variance over their number.
  public let variance: Double

  public init(count: Int, mean: Double, variance: Double) {
    self.count = count
    self.mean = mean
    self.variance = variance
  }

  /// The mean of independent units.
  public init(_ moments: Moments) {
    count = moments.count
    mean = moments.mean
    variance = (moments.variance ?? 0) / Double(max(1, moments.count))
  }
}

extension MeanEstimate {
  /// Bounds that each hold with `confidence` on their own, by Student's t; nil for fewer than two
  /// units.
  public func oneSidedBounds(confidence: Double) -> Interval? {
    guard count > 1 else { return nil }
    let reach =
      StudentT.quantile(confidence, degreesOfFreedom: Double(count - 1)) * variance.squareRoot()
    return Interval(lower: mean - reach, upper: mean + reach)
  }

  /// The p-value of the true mean being at most `limit`, by Student's t; 1 or 0 where nothing varies.
  public func oneSidedPValue(above limit: Double) -> Double {
    guard count > 1, variance > 0 else { return mean > limit && count > 1 ? 0 : 1 }
    return StudentT.sf(
      (mean - limit) / variance.squareRoot(), degreesOfFreedom: Double(count - 1))
  }

  /// The p-value of the true mean being at least `limit`.
  public func oneSidedPValue(below limit: Double) -> Double {
    MeanEstimate(count: count, mean: -mean, variance: variance).oneSidedPValue(above: -limit)
  }
}

/// P(X ≥ hits) for a binomial of so many trials: the exact one-sided p-value of a share being at most
/// `probability`. Agrees with SciPy's `binomtest(alternative='greater')`.
public func binomialUpperTail(_ hits: Int, of trials: Int, probability: Double) -> Double {
  guard hits > 0 else { return 1 }
  guard hits <= trials, probability > 0 else { return 0 }
  guard probability < 1 else { return 1 }
  return Beta.regularized(probability, a: Double(hits), b: Double(trials - hits + 1))
}

/// The fewest hits whose ``binomialUpperTail(_:of:probability:)`` is below a level; nil where even
/// hits alone are no surprise. O(log trials).
public func binomialSurprise(of trials: Int, probability: Double, level: Double) -> Int? {
  guard trials > 0, binomialUpperTail(trials, of: trials, probability: probability) < level else {
    return nil
  }
  var (low, high) = (0, trials)
  while high - low > 1 {
    let middle = low + (high - low) / 2
    if binomialUpperTail(middle, of: trials, probability: probability) < level {
      high = middle
    } else {
      low = middle
    }
  }
  return high
}

/// What paired values (x, y) of units add up to; those of parts add up to those of the whole.
///
/// Serves regression on a covariate (y the metric, x its value before the experiment) and ratios of
/// sums (y the sum of a unit's values, x their number).
///
/// Source: Chan, Golub and LeVeque (1983) for merging.
public struct PairedMoments: Sendable, Equatable, Codable {
  public private(set) var count = 0
  public private(set) var meanX = 0.0
  public private(set) var meanY = 0.0
  /// Sums of squared deviations and of their products.
  public private(set) var squaresX = 0.0
  public private(set) var squaresY = 0.0
  public private(set) var products = 0.0

  enum CodingKeys: String, CodingKey {
    case count
    case meanX = "mean_x"
    case meanY = "mean_y"
    case squaresX = "squares_x"
    case squaresY = "squares_y"
    case products
  }

  public init() {}

  /// The moments of values y that all have the same x.
  public init(_ values: [Double], x: Double = 0) {
    let moments = Moments(values)
    count = moments.count
    meanX = count > 0 ? x : 0
    meanY = moments.mean
    squaresY = moments.squaredDeviations
  }

  /// Whether numbers are such as units can have: what was read from elsewhere may be anything.
  public var isPlausible: Bool {
    (0...(1 << 50)).contains(count) && squaresX >= 0 && squaresY >= 0
      && [meanX, meanY, squaresX, squaresY, products].allSatisfy(\.isFinite)
  }

  /// Counts a unit. O(1), by Welford's updates.
  public mutating func add(_ x: Double, _ y: Double) {
    count += 1
    let weight = 1 / Double(count)
    let (deltaX, deltaY) = (x - meanX, y - meanY)
    meanX += deltaX * weight
    meanY += deltaY * weight
    squaresX += deltaX * (x - meanX)
    squaresY += deltaY * (y - meanY)
    products += deltaX * (y - meanY)
  }

  /// Adds the units of another part.
  public mutating func merge(_ other: PairedMoments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let share = Double(other.count) / Double(count + other.count)
    let both = Double(count) * share
    let (deltaX, deltaY) = (other.meanX - meanX, other.meanY - meanY)
    squaresX += other.squaresX + deltaX * deltaX * both
    squaresY += other.squaresY + deltaY * deltaY * both
    products += other.products + deltaX * deltaY * both
    meanX += deltaX * share
    meanY += deltaY * share
    count += other.count
  }

  /// The mean of y.
  public var plain: MeanEstimate { adjusted(slope: 0, around: meanX) }

  /// The mean of y less what a covariate explains: ȳ − slope · (x̄ − centre).
  ///
  /// Source: Deng, Xu, Kohavi and Walker (2013), "Improving the Sensitivity of Online Controlled
  /// Experiments by Utilizing Pre-Experiment Data" (CUPED), WSDM.
  ///
  /// - Parameters:
  ///   - slope: of y on x, the same for all variants; see ``commonSlope(_:)``.
  ///   - centre: the mean of x over all variants.
  public func adjusted(slope: Double, around centre: Double) -> MeanEstimate {
    let squares = squaresY - 2 * slope * products + slope * slope * squaresX
    let variance = count > 1 ? max(0, squares) / Double(count - 1) / Double(count) : 0
    return MeanEstimate(count: count, mean: meanY - slope * (meanX - centre), variance: variance)
  }

  /// The ratio Σy / Σx with the variance of the delta method: units are independent, what is inside
  /// one is not. nil where Σx is 0.
  ///
  /// Source: Deng, Knoblich and Lu (2018).
  public var ratio: MeanEstimate? {
    guard count > 0, meanX != 0 else { return nil }
    let ratio = meanY / meanX
    let squares = squaresY - 2 * ratio * products + ratio * ratio * squaresX
    let variance =
      count > 1 ? max(0, squares) / Double(count - 1) / Double(count) / (meanX * meanX) : 0
    return MeanEstimate(count: count, mean: ratio, variance: variance)
  }

  /// The slope of y on x within variants, over all of them; 0 where x does not vary.
  public static func commonSlope(_ variants: [PairedMoments]) -> Double {
    let squares = variants.reduce(0) { $0 + $1.squaresX }
    return squares > 0 ? variants.reduce(0) { $0 + $1.products } / squares : 0
  }
}

/// Whether units went to variants as the split says: Pearson's χ² against expected shares.
///
/// Agrees with SciPy's `chisquare`.
///
/// - Parameters:
///   - counts: units of each variant.
///   - shares: of each variant, above 0, adding up to 1.
/// - Throws: ``UndefinedStatistic/noRows``; with fewer than two variants
///   ``UndefinedStatistic/needsTwoCategories(got:)``.
public func sampleRatioPValue(
  counts: [Int], shares: [Double]
) throws(UndefinedStatistic) -> Double {
  guard counts.count > 1, counts.count == shares.count else {
    throw .needsTwoCategories(got: counts.count)
  }
  let total = counts.reduce(0.0) { $0 + Double($1) }
  guard total > 0 else { throw .noRows }
  let statistic = zip(counts, shares).reduce(0.0) { sum, pair in
    let expected = total * pair.1
    return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
  }
  return ChiSquare.sf(statistic, degreesOfFreedom: Double(counts.count - 1))
}
