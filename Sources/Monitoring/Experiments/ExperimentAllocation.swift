import Columns
public import DataSources
import Statistics

/// Where an experiment's units went and what of them was measured: what tells whether it runs as
/// planned, without a word of what it shows. Reading it is no look.
public struct ExperimentAllocation: Codable, Sendable, Equatable {
  public struct Variant: Codable, Sendable, Equatable {
    public var name: String
    /// Of the traffic, as planned.
    public var share: Double
    public var rows: Int
    public var units: Int
    /// Units with a value, by metric.
    public var metrics: [String: Int]
    /// Units with a value, by guardrail.
    public var guardrails: [String: Int]
  }

  public var schemaVersion = "1"
  public var experimentID: String
  public var variants: [Variant]
  public var srm: SampleRatio
  /// Units that were in more than one variant and are in none.
  public var mixedUnits: Int
  /// Rows whose variant the experiment does not have.
  public var unknownRows: Int

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case experimentID = "experiment_id"
    case variants, srm
    case mixedUnits = "mixed_units"
    case unknownRows = "unknown_rows"
  }

  /// - Parameters:
  ///   - state: of the experiment's observations.
  ///   - config: the plan.
  public init(of state: ExperimentState, config: ExperimentConfig) {
    experimentID = config.experimentID
    variants = config.variants.map { variant in
      let counted = state.variants[variant.name]
      func count(_ names: [String], _ units: (String) -> Int?) -> [String: Int] {
        names.reduce(into: [:]) { $0[$1] = units($1) ?? 0 }
      }
      return Variant(
        name: variant.name, share: variant.share, rows: counted?.rows ?? 0,
        units: counted?.units ?? 0,
        metrics: count(config.metrics.map(\.name)) { counted?.metrics[$0]?.moments.count },
        guardrails: count(config.guardrails.map(\.name)) { counted?.guardrails[$0]?.values.count })
    }
    srm = ExperimentAnalysis(config: config, state: state).sampleRatio()
    mixedUnits = state.mixedUnits
    unknownRows = state.unknownRows
  }

  /// Reads observations; a metric that no row has is one that was not measured.
  ///
  /// - Parameters:
  ///   - source: the observations.
  ///   - config: the plan.
  ///   - variantColumn: the column that says which variant a row is of.
  public init(
    reading source: Relation, config: ExperimentConfig, variantColumn: String
  ) throws {
    let columns = Set(try source.columns(over: source.database.connect()).map(\.name))
    var known = config
    known.metrics.removeAll { !columns.contains($0.name) }
    known.guardrails.removeAll { !columns.contains($0.column) }
    known.covariate = nil
    let state = try ExperimentReader(
      source: source, config: known, variantColumn: variantColumn
    ).read()
    self.init(of: state, config: config)
  }
}
