/// One input of a model on one side of a comparison.
public struct AttributionColumn: Sendable {
  /// One for each row: a number, or the code of a category (0, 1, …, the same on both sides); NaN
  /// where a value is missing.
  public var values: [Double]
  public var isCategory: Bool

  public init(values: [Double], isCategory: Bool) {
    self.values = values
    self.isCategory = isCategory
  }
}

/// A figure with what it may be wrong by.
public struct EstimatedEffect: Sendable, Equatable {
  public var value: Double
  public var standardError: Double

  public init(value: Double, standardError: Double) {
    self.value = value
    self.standardError = standardError
  }

  /// value / standard error; 0 where nothing varies and the value is 0.
  public var z: Double {
    guard standardError > 0 else { return value == 0 ? 0 : value > 0 ? 1e6 : -1e6 }
    return value / standardError
  }

  /// Two-sided, by the normal distribution.
  public var pValue: Double { Normal.twoSided(z) }

  public var interval: Interval { .normal(value, standardError: standardError) }

  /// mean(current) − mean(reference), by Welch's standard error; nil where a side is too small.
  public static func difference(_ reference: Moments, _ current: Moments) -> EstimatedEffect? {
    guard let first = reference.variance, let second = current.variance else { return nil }
    let variance = first / Double(reference.count) + second / Double(current.count)
    return EstimatedEffect(
      value: current.mean - reference.mean, standardError: variance.squareRoot())
  }
}
