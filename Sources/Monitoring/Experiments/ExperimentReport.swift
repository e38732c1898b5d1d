public import Statistics

/// What an experiment has shown so far.
public struct ExperimentReport: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable {
    case `continue` = "CONTINUE"
    case stop = "STOP"
    case ship = "SHIP"
    case revert = "REVERT"
    case noDecision = "NO DECISION"
  }

  public var schemaVersion = "1"
  public var experimentID: String
  public var status: Status
  public var verdict: Verdict
  /// The verdict with its reason, in words.
  public var recommendation: String
  public var significanceLevel: Double
  public var correction: Correction
  public var variants: [ExperimentVariant]
  public var srm: SampleRatio
  public var comparisons: [ExperimentComparison]
  public var guardrails: [GuardrailResult]
  /// nil for a test of fixed size.
  @NullCoded public var sequential: SequentialResult?
  /// Day by day, the first metric's difference so far.
  public var timeline: [ExperimentDay]
  public var notes: [String]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case experimentID = "experiment_id"
    case status, verdict, recommendation
    case significanceLevel = "significance_level"
    case correction, variants, srm, comparisons, guardrails, sequential, timeline, notes
  }
}

public struct ExperimentVariant: Codable, Sendable, Equatable {
  public var name: String
  @NullCoded public var model: String?
  public var share: Double
  public var rows: Int
  public var units: Int
}

/// Whether units went to variants as planned.
public struct SampleRatio: Codable, Sendable, Equatable {
  @NullCoded public var pValue: Double?
  public var mismatch: Bool
  public var observed: [Int]
  public var expected: [Double]
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case pValue = "p_value"
    case mismatch, observed, expected, reason
  }
}

/// One metric of one treatment beside the control.
public struct ExperimentComparison: Codable, Sendable, Equatable {
  public var metric: String
  public var control: String
  public var treatment: String
  public var direction: ExperimentConfig.Direction
  public var controlUnits: Int
  public var treatmentUnits: Int
  @NullCoded public var controlMean: Double?
  @NullCoded public var treatmentMean: Double?
  @NullCoded public var difference: Double?
  @NullCoded public var standardError: Double?
  /// With 1 − α confidence.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  @NullCoded public var lift: Double?
  @NullCoded public var liftLower: Double?
  @NullCoded public var liftUpper: Double?
  @NullCoded public var pValue: Double?
  @NullCoded public var adjustedPValue: Double?
  @NullCoded public var degreesOfFreedom: Double?
  /// Of the pooled z-test, where the metric is a share of units.
  @NullCoded public var proportionPValue: Double?
  /// The covariate's slope that was taken out, and the share of variance that went with it.
  @NullCoded public var covariateSlope: Double?
  @NullCoded public var varianceReduction: Double?
  /// Of the first metric: the plan's smallest effect, and the units of each variant that find it with
  /// the plan's power where values spread as they do.
  @NullCoded public var mdeAbsolute: Double?
  @NullCoded public var mdeRelative: Double?
  @NullCoded public var unitsNeeded: Int?
  @NullCoded public var significant: Bool?
  /// The smallest over this look and the earlier ones that were kept.
  @NullCoded public var alwaysValidPValue: Double?
  @NullCoded public var alwaysValidLower: Double?
  @NullCoded public var alwaysValidUpper: Double?
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case metric, control, treatment, direction
    case controlUnits = "control_units"
    case treatmentUnits = "treatment_units"
    case controlMean = "control_mean"
    case treatmentMean = "treatment_mean"
    case difference
    case standardError = "standard_error"
    case lower, upper, lift
    case liftLower = "lift_lower"
    case liftUpper = "lift_upper"
    case pValue = "p_value"
    case adjustedPValue = "adjusted_p_value"
    case degreesOfFreedom = "degrees_of_freedom"
    case proportionPValue = "proportion_p_value"
    case covariateSlope = "covariate_slope"
    case varianceReduction = "variance_reduction"
    case mdeAbsolute = "mde_absolute"
    case mdeRelative = "mde_relative"
    case unitsNeeded = "units_needed"
    case significant
    case alwaysValidPValue = "always_valid_p_value"
    case alwaysValidLower = "always_valid_lower"
    case alwaysValidUpper = "always_valid_upper"
    case reason
  }
}

/// One limit in one variant.
public struct GuardrailResult: Codable, Sendable, Equatable {
  public var guardrail: String
  public var variant: String
  /// `mean`, or a percentile such as `p99`.
  public var aggregate: String
  @NullCoded public var value: Double?
  @NullCoded public var minimum: Double?
  @NullCoded public var maximum: Double?
  /// Each holds with 1 − α confidence on its own; nil where too few values are in, or where a
  /// percentile's units have several rows.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  /// Units.
  public var count: Int
  /// One-sided, of the mean or of the share of values beyond the limit.
  @NullCoded public var pValue: Double?
  /// Whether the limit is crossed and that is no chance.
  @NullCoded public var violated: Bool?
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case guardrail, variant, aggregate, value, minimum, maximum, lower, upper, count
    case pValue = "p_value"
    case violated, reason
  }
}

/// Where a group-sequential test stands.
public struct SequentialResult: Codable, Sendable, Equatable {
  public var spending: String
  /// Of each comparison, over all its looks.
  public var alpha: Double
  /// The first comparison's.
  public var looks: [SequentialLook]
  /// Whether a comparison of the first metric has crossed its boundary.
  public var canStopEarly: Bool
  /// Every comparison.
  public var tests: [SequentialTest]

  enum CodingKeys: String, CodingKey {
    case spending, alpha, looks, tests
    case canStopEarly = "can_stop_early"
  }
}

/// One comparison against its boundaries.
public struct SequentialTest: Codable, Sendable, Equatable {
  public var metric: String
  public var treatment: String
  public var looks: [SequentialLook]
  public var crossed: Bool
}

public struct SequentialLook: Codable, Sendable, Equatable {
  public var informationFraction: Double
  public var alphaSpent: Double
  /// |z| at and above which the test stops; nil where nothing may be spent yet.
  @NullCoded public var z: Double?
  @NullCoded public var nominalP: Double?
  /// What was seen at this look.
  @NullCoded public var observedZ: Double?
  public var crossed: Bool

  enum CodingKeys: String, CodingKey {
    case informationFraction = "information_fraction"
    case alphaSpent = "alpha_spent"
    case z
    case nominalP = "nominal_p"
    case observedZ = "observed_z"
    case crossed
  }

  /// A look that is planned, at which nothing was observed yet.
  public init(_ look: GroupSequentialBoundaries.Look) {
    self.init(look, observedZ: nil)
  }

  init(_ look: GroupSequentialBoundaries.Look, observedZ: Double?) {
    informationFraction = look.informationFraction
    alphaSpent = look.alphaSpent
    crossed = look.z.map { limit in observedZ.map { abs($0) >= limit } ?? false } ?? false
    z = look.z
    nominalP = look.nominalP
    self.observedZ = observedZ
  }
}

/// The first metric's difference over all rows up to the end of a day.
public struct ExperimentDay: Codable, Sendable, Equatable {
  public var day: String
  public var treatment: String
  public var controlUnits: Int
  public var treatmentUnits: Int
  @NullCoded public var difference: Double?
  /// Of the confidence sequence, which holds at all days together.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?

  enum CodingKeys: String, CodingKey {
    case day, treatment
    case controlUnits = "control_units"
    case treatmentUnits = "treatment_units"
    case difference, lower, upper
  }
}
