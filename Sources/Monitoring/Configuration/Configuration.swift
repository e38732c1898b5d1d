public import DataSources

/// What a configuration file says. Command-line options override it.
public struct Configuration: Sendable, Equatable {
  public var connections: [String: NamedConnection] = [:]
  public var drift = DriftOptions()
  public var failOn: String?
  public var history: String?
  public var service = ServiceConfiguration()
  public var models: [ModelConfiguration] = []
  public var experiments: [ExperimentConfig] = []
  public var alerting = AlertingConfiguration()
  public var diagnosis = DiagnosisConfiguration()

  public init() {}
}

/// Everything that is wrong with a configuration file, at once.
public struct ConfigurationError: ExplainedError, Equatable {
  public struct Mistake: Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    public var text: String
  }

  public var path: String
  public var mistakes: [Mistake]

  public var code: String { "invalid_configuration" }
  public var what: String {
    mistakes.map { "\(path):\($0.line): \($0.text)" }.joined(separator: "\n")
  }
  public var mend: String { "see docs/schemas/config.schema.json for every key" }
}
