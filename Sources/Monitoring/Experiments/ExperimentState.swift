public import Statistics

/// Everything an experiment's analysis needs of its data, in a few numbers: those of shards add up to
/// those of the whole, whichever comes first.
public struct ExperimentState: Codable, Sendable, Equatable {
  /// How a metric's pairs are meant.
  public enum Form: String, Codable, Sendable {
    /// y is the metric.
    case plain
    /// x is the covariate.
    case covariate
    /// Of a unit with several rows, x is how many there are and y what they add up to.
    case ratio
  }

  /// One metric of one variant.
  public struct Metric: Codable, Sendable, Equatable {
    public var form: Form
    public var moments: PairedMoments
    /// Whether every value was 0 or 1.
    public var isBinary: Bool

    enum CodingKeys: String, CodingKey {
      case form, moments
      case isBinary = "is_binary"
    }
  }

  /// One guardrail of one variant. Pairs are of units: x is how many rows one has, y what those add
  /// up to.
  public struct Guardrail: Codable, Sendable, Equatable {
    public var values = PairedMoments()
    /// Of a percentile: rows above the maximum, and below the minimum.
    public var above = PairedMoments()
    public var below = PairedMoments()
    /// Percentiles do not add up: of a single source, the percentile and the values that bound it.
    @NullCoded public var value: Double?
    @NullCoded public var lower: Double?
    @NullCoded public var upper: Double?
  }

  public struct Variant: Codable, Sendable, Equatable {
    public var rows = 0
    public var units = 0
    public var metrics: [String: Metric] = [:]
    public var guardrails: [String: Guardrail] = [:]
  }

  public var schemaVersion = "1"
  public var experimentID: String
  public var variants: [String: Variant] = [:]
  /// Units that were in more than one variant and are in none.
  public var mixedUnits = 0
  /// Rows whose variant the experiment does not have.
  public var unknownRows = 0
  /// By day (counted from 1970-01-01) and variant: the first metric of the units that came that day,
  /// with all their rows; empty without a timestamp.
  public var days: [Int: [String: PairedMoments]] = [:]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case experimentID = "experiment_id"
    case variants
    case mixedUnits = "mixed_units"
    case unknownRows = "unknown_rows"
    case days
  }

  public init(experimentID: String) {
    self.experimentID = experimentID
  }

  /// Adds the rows of another shard; units are taken to be in one shard only.
  public mutating func merge(_ other: ExperimentState) throws(MonitoringError) {
    guard experimentID == other.experimentID else {
      throw .invalidOption(
        name: "--state", value: other.experimentID, expected: "states of one experiment")
    }
    guard isPlausible, other.isPlausible else {
      throw .invalidOption(
        name: "--state", value: other.experimentID, expected: "numbers that units can have")
    }
    mixedUnits += other.mixedUnits
    unknownRows += other.unknownRows
    for (name, variant) in other.variants {
      try variants[name, default: Variant()].merge(variant)
    }
    for (day, variants) in other.days {
      for (name, moments) in variants {
        days[day, default: [:]][name, default: PairedMoments()].merge(moments)
      }
    }
  }

  /// Whether no number is one that data cannot give, and none is so large that adding overflows.
  private var isPlausible: Bool {
    let counts = [mixedUnits, unknownRows] + variants.values.flatMap { [$0.rows, $0.units] }
    let moments =
      variants.values.flatMap { variant in
        variant.metrics.values.map(\.moments)
          + variant.guardrails.values.flatMap { [$0.values, $0.above, $0.below] }
      } + days.values.flatMap(\.values)
    // Days of the years 0 to 9999.
    return counts.allSatisfy { (0...(1 << 50)).contains($0) }
      && moments.allSatisfy(\.isPlausible)
      && days.keys.allSatisfy { (-719_528...2_932_896).contains($0) }
  }
}

extension ExperimentState.Variant {
  mutating func merge(_ other: ExperimentState.Variant) throws(MonitoringError) {
    rows += other.rows
    units += other.units
    for (name, metric) in other.metrics {
      guard var known = metrics[name] else {
        metrics[name] = metric
        continue
      }
      guard known.form == metric.form else {
        throw .invalidOption(
          name: "--state", value: name,
          expected: "states that were read with the same unit and covariate")
      }
      known.moments.merge(metric.moments)
      known.isBinary = known.isBinary && metric.isBinary
      metrics[name] = known
    }
    for (name, guardrail) in other.guardrails {
      guard var known = guardrails[name] else {
        guardrails[name] = guardrail
        continue
      }
      known.values.merge(guardrail.values)
      known.above.merge(guardrail.above)
      known.below.merge(guardrail.below)
      // Percentiles of parts do not make that of the whole.
      (known.value, known.lower, known.upper) = (nil, nil, nil)
      guardrails[name] = known
    }
  }
}
