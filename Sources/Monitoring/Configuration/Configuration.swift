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
    /// What is wrong, and what mends it where that does not go without saying.
    public var text: String
    /// What mends it, by itself; nil where only the schema says what may be there.
    public var mend: String?

    package init(line: Int, text: String, mend: String? = nil) {
      self.line = line
      self.text = text
      self.mend = mend
    }

    /// A mistake whose text says first what is wrong and then what mends it.
    package init(line: Int, what: String, mend: String) {
      self.init(line: line, text: "\(what); \(mend)", mend: mend)
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
  public var mend: String { Self.mend }

  /// What mends a mistake that does not say it by itself.
  package static let mend = "see docs/schemas/config.schema.json for every key"
}
