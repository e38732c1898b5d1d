/// What one column's comparison found.
public struct ColumnDrift: Codable, Sendable, Equatable {
  public var column: String
  public var role: ColumnRole
  public var type: ColumnKind
  /// The method's id; the one that would have been used where `reason` says why none was.
  @NullCoded public var method: String?
  /// Why this method: it was asked for, or which rule chose it.
  public var methodReason: String
  @NullCoded public var statistic: Double?
  @NullCoded public var pValue: Double?
  @NullCoded public var adjustedPValue: Double?
  @NullCoded public var effectSize: Double?
  @NullCoded public var effectSizeName: String?
  /// The effect size that the robust policy asks for at least; nil where the policy has no say.
  @NullCoded public var effectSizeFloor: Double?
  @NullCoded public var threshold: Double?
  @NullCoded public var thresholdKind: ThresholdKind?
  /// nil where it could not be told; `reason` says why.
  @NullCoded public var drifted: Bool?
  /// Values that entered the comparison.
  public var referenceCount: Int
  public var currentCount: Int
  /// Nulls and NaN.
  public var referenceMissing: Int
  public var currentMissing: Int
  /// Infinities.
  public var referenceNonFinite: Int
  public var currentNonFinite: Int
  public var details: [String: Detail]
  /// Why a figure above is null.
  @NullCoded public var reason: String?
  @NullCoded public var referenceSummary: NumericSummary?
  @NullCoded public var currentSummary: NumericSummary?
  @NullCoded public var distribution: Distribution?

  enum CodingKeys: String, CodingKey {
    case column, role, type, method
    case methodReason = "method_reason"
    case statistic
    case pValue = "p_value"
    case adjustedPValue = "adjusted_p_value"
    case effectSize = "effect_size"
    case effectSizeName = "effect_size_name"
    case effectSizeFloor = "effect_size_floor"
    case threshold
    case thresholdKind = "threshold_kind"
    case drifted
    case referenceCount = "reference_count"
    case currentCount = "current_count"
    case referenceMissing = "reference_missing"
    case currentMissing = "current_missing"
    case referenceNonFinite = "reference_non_finite"
    case currentNonFinite = "current_non_finite"
    case details, reason
    case referenceSummary = "reference_summary"
    case currentSummary = "current_summary"
    case distribution
  }
}

/// A numeric column in a few numbers.
public struct NumericSummary: Codable, Sendable, Equatable {
  public var mean: Double
  /// With n − 1 below; nil for a single value.
  @NullCoded public var standardDeviation: Double?
  public var minimum: Double
  /// Quantiles at 5, 25, 50, 75 and 95 %, in that order.
  public var quantiles: [Double]
  public var maximum: Double

  enum CodingKeys: String, CodingKey {
    case mean
    case standardDeviation = "standard_deviation"
    case minimum, quantiles, maximum
  }
}

/// How values are spread on both sides, for a picture or a reader's own figures.
public struct Distribution: Codable, Sendable, Equatable {
  /// Numeric columns: borders of the cells, one more than there are cells; else nil.
  ///
  /// Cell i is (edges[i], edges[i+1]]; the first also takes what is below and equal to its lower
  /// border, the last what is above.
  @NullCoded public var edges: [Double]?
  /// Categorical columns: the categories, most frequent first; the last may stand for all others.
  @NullCoded public var categories: [String]?
  /// Whether the last category stands for all others together.
  public var hasOthers: Bool
  public var reference: [Int]
  public var current: [Int]

  enum CodingKeys: String, CodingKey {
    case edges, categories
    case hasOthers = "has_others"
    case reference, current
  }
}

/// What a comparison of several columns together found.
public struct MultivariateDrift: Codable, Sendable, Equatable {
  public var method: String
  public var columns: [String]
  @NullCoded public var statistic: Double?
  @NullCoded public var pValue: Double?
  public var threshold: Double
  public var thresholdKind: ThresholdKind
  @NullCoded public var drifted: Bool?
  public var referenceCount: Int
  public var currentCount: Int
  public var details: [String: Detail]
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case method, columns, statistic
    case pValue = "p_value"
    case threshold
    case thresholdKind = "threshold_kind"
    case drifted
    case referenceCount = "reference_count"
    case currentCount = "current_count"
    case details, reason
  }
}
