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
  /// What can be read and will hardly do what was meant, such as a rule on a metric nobody makes.
  public var doubts: [ConfigurationError.Mistake] = []

  /// Lines of channels and of their keys, by name and key, for what shows only when channels are made; that of
  /// a channel itself is at the key "".
  package var channelLines: [String: [String: Int]] = [:]

  public init() {}
}

/// Everything that is wrong with a configuration file, at once.
public struct ConfigurationError: ExplainedError, Equatable {
  public struct Mistake: Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    public var text: String

    package init(line: Int, text: String) {
      self.line = line
      self.text = text
    }
  }

  public var path: String
  public var mistakes: [Mistake]

  public init(path: String, mistakes: [Mistake]) {
    self.path = path
    self.mistakes = mistakes
  }

  public var code: String { "invalid_configuration" }
  public var what: String {
    mistakes.map { "\(path):\($0.line): \($0.text)" }.joined(separator: "\n")
  }
  public var mend: String { "see docs/schemas/config.schema.json for every key" }
}
