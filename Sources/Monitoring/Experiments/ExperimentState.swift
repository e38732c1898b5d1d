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

  /// One guardrail of one variant.
  public struct Guardrail: Codable, Sendable, Equatable {
    /// Of all values; x is not used.
    public var moments = PairedMoments()
    /// Values above the maximum, and below the minimum.
    public var above = 0
    public var below = 0
    /// The aggregate itself where it does not add up: a percentile of a single source.
    @NullCoded public var value: Double?
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
  /// By day (counted from 1970-01-01) and variant: the first metric of that day's rows; empty without
  /// a timestamp.
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
    mixedUnits += other.mixedUnits
    unknownRows += other.unknownRows
    for (name, variant) in other.variants {
      variants[name, default: Variant()].merge(variant)
    }
    for (day, variants) in other.days {
      for (name, moments) in variants {
        days[day, default: [:]][name, default: PairedMoments()].merge(moments)
      }
    }
  }
}

extension ExperimentState.Variant {
  mutating func merge(_ other: ExperimentState.Variant) {
    rows += other.rows
    units += other.units
    for (name, metric) in other.metrics {
      guard var known = metrics[name] else {
        metrics[name] = metric
        continue
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
      known.moments.merge(guardrail.moments)
      known.above += guardrail.above
      known.below += guardrail.below
      // Percentiles of parts do not make that of the whole.
      known.value = nil
      guardrails[name] = known
    }
  }
}
