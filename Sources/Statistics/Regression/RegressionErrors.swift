/// What the errors of predictions of numbers add up to; those of parts add up to those of the whole.
///
/// Errors are prediction − truth. Every figure is a mean or a function of means, so that it comes with
/// its interval and needs no more memory than this, however many rows there are.
public struct RegressionErrors: Sendable, Equatable {
  /// Of prediction − truth.
  public private(set) var errors = Moments()
  /// Of |prediction − truth|.
  public private(set) var absolute = Moments()
  /// Of (prediction − truth)².
  public private(set) var squared = Moments()
  /// Of the truth.
  public private(set) var truth = Moments()
  /// Of |prediction − truth| / |truth| where the truth is not 0.
  public private(set) var relative = Moments()
  /// Of 2|prediction − truth| / (|prediction| + |truth|), 0 where both are 0.
  public private(set) var symmetric = Moments()
  /// Rows whose truth is 0, for which no relative error exists.
  public private(set) var zeroTruths = 0

  public init() {}

  /// Counts rows.
  ///
  /// - Parameters:
  ///   - truth: finite.
  ///   - predictions: finite, one for each truth.
  public mutating func add(truth: [Double], predictions: [Double]) {
    let pairs = zip(truth, predictions)
    let errors = pairs.map { $1 - $0 }
    let nonZero = pairs.filter { $0.0 != 0 }
    self.errors.merge(Moments(errors))
    absolute.merge(Moments(errors.map { abs($0) }))
    squared.merge(Moments(errors.map { $0 * $0 }))
    self.truth.merge(Moments(truth))
    relative.merge(Moments(nonZero.map { abs($1 - $0) / abs($0) }))
    symmetric.merge(
      Moments(
        pairs.map { truth, prediction in
          let size = abs(truth) + abs(prediction)
          return size == 0 ? 0 : 2 * (abs(prediction - truth) / size)
        }))
    zeroTruths += truth.count - nonZero.count
  }

  /// Adds the rows of another part.
  public mutating func merge(_ other: RegressionErrors) {
    errors.merge(other.errors)
    absolute.merge(other.absolute)
    squared.merge(other.squared)
    truth.merge(other.truth)
    relative.merge(other.relative)
    symmetric.merge(other.symmetric)
    zeroTruths += other.zeroTruths
  }

  public var count: Int { errors.count }

  /// The root of the mean squared error; nil without rows.
  public var rootMeanSquaredError: Double? {
    count > 0 ? squared.mean.squareRoot() : nil
  }

  /// 1 − Σ(prediction − truth)² / Σ(truth − mean truth)²: the share of the truth's variance that
  /// predictions explain, below 0 where its mean would have done better. Agrees with scikit-learn's
  /// `r2_score`.
  ///
  /// - Throws: ``UndefinedStatistic/constantTruth`` where the truth does not vary.
  public func determination() throws(UndefinedStatistic) -> Double {
    guard count > 1 else { throw .tooFewObservations(required: 2, got: count) }
    guard truth.squaredDeviations > 0 else { throw .constantTruth }
    return 1 - squared.mean * Double(count) / truth.squaredDeviations
  }
}

/// The interval of the coefficient of determination by the delta method: the variance of the mean of
/// what each row moves it by.
///
/// - Parameters:
///   - truth: finite.
///   - predictions: one for each truth.
///   - confidence: of the interval.
/// - Returns: nil for fewer than three rows, or where the truth does not vary.
public func determinationInterval(
  truth: [Double], predictions: [Double], confidence: Double = 0.95
) -> Interval? {
  let squares = zip(truth, predictions).map { ($1 - $0) * ($1 - $0) }
  let (error, spread) = (Moments(squares), Moments(truth))
  guard truth.count > 2, let variance = spread.populationVariance, variance > 0 else { return nil }
  let share = error.mean / variance
  let moves = zip(truth, squares).map { value, square in
    let distance = (value - spread.mean) * (value - spread.mean)
    return (share * (distance - variance) - (square - error.mean)) / variance
  }
  guard let wobble = Moments(moves).variance else { return nil }
  return Interval.normal(
    1 - share, standardError: (wobble / Double(truth.count)).squareRoot(), confidence: confidence)
}

/// The mean quantile (pinball) loss of one predicted quantile: level · (truth − prediction) where the
/// truth is above, (1 − level) · (prediction − truth) where it is below. Agrees with scikit-learn's
/// `mean_pinball_loss`.
///
/// - Parameters:
///   - truth: finite.
///   - predictions: the predicted quantile for each truth.
///   - level: which quantile was predicted, 0…1.
/// - Returns: the moments of the loss, whose mean it is.
public func quantileLoss(truth: [Double], predictions: [Double], level: Double) -> Moments {
  Moments(
    zip(truth, predictions).map { truth, prediction in
      truth >= prediction ? level * (truth - prediction) : (1 - level) * (prediction - truth)
    })
}

/// How predicted intervals held.
public struct PredictionIntervals: Sendable, Equatable {
  /// Rows whose truth was within its interval, borders included.
  public private(set) var covered = 0
  /// Of the intervals' widths.
  public private(set) var width = Moments()

  public init() {}

  /// Counts rows.
  public mutating func add(truth: [Double], lower: [Double], upper: [Double]) {
    for index in truth.indices where lower[index] <= truth[index] && truth[index] <= upper[index] {
      covered += 1
    }
    width.merge(Moments(zip(lower, upper).map { $1 - $0 }))
  }

  /// Adds the rows of another part.
  public mutating func merge(_ other: PredictionIntervals) {
    covered += other.covered
    width.merge(other.width)
  }

  public var count: Int { width.count }

  /// The share of truths within their intervals; nil without rows.
  public var coverage: Double? { count > 0 ? Double(covered) / Double(count) : nil }
}
