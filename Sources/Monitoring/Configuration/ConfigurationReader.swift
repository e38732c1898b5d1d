import DataSources
import Foundation
import Yams

/// Reads a configuration file and notes every mistake with its line.
public struct ConfigurationReader {
  private let path: String
  let environment: [String: String]
  var mistakes: [ConfigurationError.Mistake] = []
  /// What the file names that has to be on the machine the service runs on.
  private(set) var mentions: [Mention] = []
  /// What is well-formed and yet cannot be meant, such as a rule about a metric nobody makes.
  var doubts: [ConfigurationError.Mistake] = []
  /// As ``Configuration/channelLines``.
  var channelLines: [String: [String: Int]] = [:]
  /// Places in `mistakes` of secrets that are not on this machine.
  var absentSecrets: Set<Int> = []
  /// The section each mistake is in, as far as they are read.
  private var sectionsOfMistakes: [String] = []

  /// Reads YAML text.
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - path: the file's path, for messages.
  ///   - environment: where `${NAME}` in a connection's address or options comes from, so that
  ///     secrets need not stand in the file.
  /// - Throws: ``ConfigurationError`` with every mistake there is.
  public static func read(
    _ text: String, path: String, environment: [String: String]
  ) throws(ConfigurationError) -> Configuration {
    try reading(text, path: path, environment: environment) { reader, root in
      var configuration = Configuration()
      if let root { reader.read(root, into: &configuration) }
      return configuration
    }
  }

  /// Reads the alert rules of a file, which is a whole configuration or has nothing but rules.
  ///
  /// Of a configuration only the rules are read, so that they can be tried where its secrets and
  /// databases are not at hand.
  ///
  /// ```yaml
  /// rules:
  ///   - {name: many_errors, metric: error_rate, condition: "> 5%", severity: critical}
  /// ```
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - path: the file's path, for messages.
  ///   - environment: as in ``read(_:path:environment:)``.
  /// - Returns: the rules, after the default ones where the file is a configuration or asks for them by
  ///   `default_rules: true`.
  /// - Throws: ``ConfigurationError`` with every mistake there is in them.
  public static func rules(
    _ text: String, path: String, environment: [String: String]
  ) throws(ConfigurationError) -> [AlertRule] {
    try reading(text, path: path, environment: environment) { reader, root in
      guard let root else {
        if reader.mistakes.isEmpty {
          reader.mistakes.append(
            .init(line: 1, what: "the file is empty", mend: "write `rules` into it"))
        }
        return []
      }
      return reader.rulesOfFile(root)
    }
  }

  /// Reads what can be read of YAML text, and says what is wrong with the rest.
  ///
  /// What stands in the file and cannot be read has its default in the configuration.
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - path: the file's path, for messages.
  ///   - environment: as in ``read(_:path:environment:)``.
  public static func readable(
    _ text: String, path: String, environment: [String: String]
  ) -> (configuration: Configuration, mistakes: ConfigurationMistakes) {
    var configuration = Configuration()
    let (reader, _) = reading(text, path: path, environment: environment) { reader, root in
      if let root { reader.read(root, into: &configuration) }
    }
    var mistakes = ConfigurationMistakes()
    for (index, mistake) in reader.mistakes.enumerated() {
      let isOfSection = reader.sectionsOfMistakes.indices.contains(index)
      mistakes.add(mistake, in: isOfSection ? reader.sectionsOfMistakes[index] : "")
      if reader.absentSecrets.contains(index) { mistakes.absentSecrets.append(mistake) }
    }
    if !mistakes["alerting"].isEmpty {
      do {
        _ = try rules(text, path: path, environment: environment)
      } catch {
        mistakes.move(error.mistakes, from: "alerting", to: "alerting.rules")
      }
    }
    return (configuration, mistakes)
  }

  /// As ``readable(_:path:environment:)``, with what the file names of the machine.
  static func mentioning(
    _ text: String, path: String, environment: [String: String]
  ) -> (
    configuration: Configuration, mistakes: [ConfigurationError.Mistake], mentions: [Mention],
    isEmpty: Bool
  ) {
    var configuration = Configuration()
    let (reader, isEmpty) = reading(text, path: path, environment: environment) { reader, root in
      if let root { reader.read(root, into: &configuration) }
      return root == nil && reader.mistakes.isEmpty
    }
    return (configuration, reader.mistakes, reader.mentions, isEmpty)
  }

  private static func reading<Value>(
    _ text: String, path: String, environment: [String: String],
    _ read: (inout ConfigurationReader, Node?) -> Value
  ) throws(ConfigurationError) -> Value {
    let (reader, value): (ConfigurationReader, Value) = reading(
      text, path: path, environment: environment, read)
    guard reader.mistakes.isEmpty else {
      throw ConfigurationError(path: path, mistakes: reader.mistakes.sorted { $0.line < $1.line })
    }
    return value
  }

  private static func reading<Value>(
    _ text: String, path: String, environment: [String: String],
    _ read: (inout ConfigurationReader, Node?) -> Value
  ) -> (ConfigurationReader, Value) {
    var reader = ConfigurationReader(path: path, environment: environment)
    var root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      reader.mistakes.append(.init(notYAML: error))
    }
    let value = read(&reader, root)
    return (reader, value)
  }

  /// The keys of a configuration file.
  static let sections = [
    "connections", "schema", "drift", "service", "models", "experiments", "alerting",
    "diagnosis",
  ]

  private init(path: String, environment: [String: String]) {
    self.path = path
    self.environment = environment
  }

  /// Notes something that has to be on the machine.
  mutating func mention(_ subject: Mention.Subject, _ node: Node) {
    mentions.append(.init(line: node.mark?.line ?? 1, subject: subject))
  }

  private mutating func read(_ root: Node, into configuration: inout Configuration) {
    members(root, of: "the file") { reader, key, value in
      switch key {
      case "connections": configuration.connections = reader.connections(value)
      case "schema": reader.schema(value, into: &configuration.drift.schema)
      case "drift": reader.drift(value, into: &configuration)
      case "service": reader.service(value, into: &configuration.service)
      case "models": configuration.models = reader.models(value)
      case "experiments": configuration.experiments = reader.experiments(value)
      case "alerting": reader.alerting(value, into: &configuration.alerting)
      case "diagnosis": reader.diagnosis(value, into: &configuration.diagnosis)
      default: return false
      }
      let fresh = reader.mistakes.count - reader.sectionsOfMistakes.count
      reader.sectionsOfMistakes += Array(repeating: key, count: fresh)
      return true
    } known: {
      Self.sections
    }
    configuration.channelLines = channelLines
    configuration.doubts = doubts.sorted { $0.line < $1.line }
  }

  private mutating func experiments(_ node: Node) -> [ExperimentConfig] {
    guard let entries = node.sequence else {
      note(node, "experiments has to be a list")
      return []
    }
    var ids: Set<String> = []
    return entries.compactMap { entry in
      var reader = ExperimentConfigReader()
      let config = reader.read(entry)
      mistakes += reader.mistakes
      if let config, !ids.insert(config.experimentID).inserted {
        note(entry, "there are two experiments `\(config.experimentID)`")
      }
      if let config, !ModelConfiguration.isName(config.experimentID) {
        note(
          entry,
          "experiment_id has to be 1 to 128 letters, digits, `.`, `_` and `-`, a letter or digit first"
        )
      }
      if let config, config.metrics.isEmpty {
        note(entry, "experiment `\(config.experimentID)` names no metrics")
      }
      return config
    }
  }

  mutating func schema(_ node: Node, into schema: inout SchemaOptions) {
    members(node, of: "schema") { reader, key, value in
      switch key {
      case "columns": schema.columns = reader.texts(value)
      case "numerical": schema.numerical = reader.texts(value)
      case "categorical": schema.categorical = reader.texts(value)
      case "text": schema.text = reader.texts(value)
      case "target": schema.target = reader.filled(value)
      case "prediction": schema.prediction = reader.text(value)
      case "probabilities": schema.probabilities = reader.texts(value)
      case "timestamp": schema.timestamp = reader.text(value)
      case "id": schema.id = reader.text(value)
      case "segment": schema.segments = reader.texts(value)
      case "weight": schema.weight = reader.text(value)
      case "ignore": schema.ignored = reader.texts(value)
      case "include_target": schema.includeTarget = reader.flag(value) ?? true
      default: return false
      }
      return true
    } known: {
      [
        "columns", "numerical", "categorical", "text", "target", "prediction", "probabilities",
        "timestamp", "id", "segment", "weight", "ignore", "include_target",
      ]
    }
    for (column, options) in schema.conflictingKinds {
      let keys = options.map { $0.drop { $0 == "-" } }.joined(separator: " and ")
      let conflict = MonitoringError.conflictingKinds(column: column, options: options)
      note(
        node, what: "column `\(Self.shown(column))` is given by \(keys) of the schema",
        mend: conflict.mend)
    }
  }

  private mutating func drift(_ node: Node, into configuration: inout Configuration) {
    members(node, of: "drift") { reader, key, value in
      switch key {
      case "fail_on":
        configuration.failOn = reader.choice(
          value, from: ["degraded", "critical", "never"], { $0 })
      case "history": configuration.history = reader.text(value)
      default: return reader.drift(key, value, into: &configuration.drift)
      }
      return true
    } known: {
      [
        "method", "methods", "threshold", "correction", "policy", "summaries", "multivariate",
        "reference_window", "current_window", "as_of", "chunk", "seed", "fail_on", "history",
      ]
    }
  }

  mutating func drift(_ key: String, _ value: Node, into drift: inout DriftOptions) -> Bool {
    let methods = ["auto"] + DriftMethod.all.map(\.id)
    switch key {
    case "method": drift.method = choice(value, from: methods) { $0 } ?? drift.method
    case "methods":
      if value.mapping == nil { note(value, "methods has to map columns to methods") }
      for (column, method) in value.mapping ?? [:] {
        if let column = column.string {
          drift.methodFor[column] = choice(method, from: methods) { $0 }
        }
      }
    case "threshold":
      drift.threshold = plain(value, expected: "a number of at least 0") {
        Double($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
      }
    case "correction":
      drift.correction =
        choice(value, from: Correction.allCases.map(\.rawValue), Correction.init)
        ?? drift.correction
    case "policy":
      drift.policy =
        choice(value, from: DriftPolicy.allCases.map(\.rawValue), DriftPolicy.init) ?? drift.policy
    case "summaries":
      drift.summaries =
        choice(value, from: SummaryChoice.allCases.map(\.rawValue), SummaryChoice.init)
        ?? drift.summaries
    case "multivariate":
      drift.multivariate = Set(
        texts(value).compactMap { text in
          let method = MultivariateMethod(rawValue: text)
          if method == nil { note(value, "multivariate cannot be `\(text)`; it takes mmd") }
          return method
        })
    case "reference_window":
      drift.referenceWindow = parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
    case "current_window":
      drift.currentWindow = parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
    case "as_of": drift.asOf = parsed(value, expected: "an ISO 8601 instant") { Instant($0) }
    case "chunk": drift.chunk = chunk(value)
    case "seed": drift.seed = plain(value, expected: "a whole number") { UInt64($0) } ?? 0
    default: return false
    }
    return true
  }
}
