public import Foundation

/// A monitoring request, as the requirement's input schema has it, plus where the data is.
///
/// See `docs/schemas/run-request.schema.json`.
public struct RunRequest: Codable, Sendable, Equatable {
  public enum MonitoringType: String, Codable, Sendable, CaseIterable {
    case driftDetection = "drift_detection"
    case performanceMonitoring = "performance_monitoring"
    case alerting
    case abTesting = "ab_testing"
    case rootCauseAnalysis = "root_cause_analysis"
  }

  public enum ModelType: String, Codable, Sendable, CaseIterable {
    case classification, regression, ranking, recommendation, nlp, cv
  }

  public enum DetectionMethod: String, Codable, Sendable, CaseIterable {
    case ksTest = "ks_test"
    case psi, wasserstein
    case chiSquare = "chi_square"
    case jsDivergence = "js_divergence"
    case auto
  }

  public struct DriftConfig: Codable, Sendable, Equatable {
    public var referenceWindowDays: Int?
    public var currentWindowDays: Int?
    public var detectionMethod: DetectionMethod?
    public var threshold: Double?
    /// Reference rows below which the window is extended.
    public var minimumReferenceRows: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case referenceWindowDays = "reference_window_days"
      case currentWindowDays = "current_window_days"
      case detectionMethod = "detection_method"
      case threshold
      case minimumReferenceRows = "minimum_reference_rows"
    }
  }

  /// Where the data is, and what its columns are.
  public struct DataLocation: Codable, Sendable, Equatable {
    public var reference: String?
    public var current: String?
    public var referenceSQL: String?
    public var currentSQL: String?
    public var timestamp: String?
    public var target: String?
    public var prediction: String?
    public var probabilities: [String]?
    public var columns: [String]?
    public var numerical: [String]?
    public var categorical: [String]?
    public var text: [String]?
    public var id: String?
    public var segment: [String]?
    public var weight: String?
    public var ignore: [String]?
    public var includeTarget: Bool?
    /// Performance: predictions (`current` will do), and labels that come apart.
    public var predictions: String?
    public var predictionsSQL: String?
    public var labels: String?
    public var labelsSQL: String?
    public var probability: String?
    public var positiveLabel: String?
    public var labelTimestamp: String?
    public var group: String?
    public var item: String?
    /// Experiments: the observations (`current` will do) and their columns.
    public var observations: String?
    public var observationsSQL: String?
    public var variant: String?
    public var metrics: [String]?
    public var unit: String?
    public var covariate: String?
    /// Alerting: metrics over time, as a table, or the file a service keeps its history in.
    public var samples: String?
    public var samplesSQL: String?
    public var history: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case predictions, labels, probability, group, item, observations, variant, metrics, unit
      case covariate, samples, history
      case samplesSQL = "samples_sql"
      case predictionsSQL = "predictions_sql"
      case labelsSQL = "labels_sql"
      case positiveLabel = "positive_label"
      case labelTimestamp = "label_timestamp"
      case observationsSQL = "observations_sql"
      case reference, current
      case referenceSQL = "reference_sql"
      case currentSQL = "current_sql"
      case timestamp, target, prediction, probabilities, columns, numerical, categorical, text, id
      case segment, weight, ignore
      case includeTarget = "include_target"
    }
  }

  /// How performance is judged.
  public struct PerformanceConfig: Codable, Sendable, Equatable {
    /// The probability from which the positive class is predicted.
    public var threshold: Double?
    /// day, week, month or a number of rows.
    public var chunk: String?
    public var falsePositiveCost: Double?
    public var falseNegativeCost: Double?
    /// Ranking: how many places count.
    public var k: [Int]?
    public var estimate: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case threshold, chunk
      case falsePositiveCost = "false_positive_cost"
      case falseNegativeCost = "false_negative_cost"
      case k, estimate
    }
  }

  /// What is known for a root cause analysis besides the rows.
  public struct DiagnosisConfig: Codable, Sendable, Equatable {
    /// By name, as in ``DiagnosisEvidence/infrastructure``.
    public var infrastructure: [String: Double]?
    /// What is usual of each.
    public var baselines: [String: Double]?
    public var deployments: [Deployment]?
    public var loss: DiagnosisLoss?
    public var version: String?
    public var model: String?
    public var seed: UInt64?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case infrastructure, baselines, deployments, loss, version, model, seed
    }
  }

  public var monitoringType: MonitoringType
  public var modelType: ModelType?
  public var driftConfig: DriftConfig?
  public var performanceConfig: PerformanceConfig?
  public var diagnosisConfig: DiagnosisConfig?
  /// What `experiment_config` plans; it is read as an experiment's file is.
  public var experiment: ExperimentConfig?
  /// The rules of `alerting_config`, which are read as a file of rules is; the default ones without it.
  public var alertRules = AlertRule.defaults
  public var data: DataLocation?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case monitoringType = "monitoring_type"
    case modelType = "model_type"
    case driftConfig = "drift_config"
    case performanceConfig = "performance_config"
    case diagnosisConfig = "diagnosis_config"
    case data
  }

  /// The member that ``experiment`` is read from.
  private static let experimentMember = "experiment_config"
  /// The member that ``alertRules`` are read from.
  private static let alertingMember = "alerting_config"
}

extension RunRequest {
  /// Reads a request.
  ///
  /// - Throws: ``MonitoringError/noRequest(reason:)``, naming the member that is wrong.
  public init(json: Data) throws(MonitoringError) {
    var object: Any
    do {
      object = try JSONSerialization.jsonObject(with: json)
    } catch {
      throw .noRequest(reason: "it is not JSON")
    }
    var experiment: ExperimentConfig?
    var rules = AlertRule.defaults
    if var members = object as? [String: Any] {
      if let plan = members.removeValue(forKey: Self.experimentMember) {
        experiment = try Self.read(plan, Self.experimentMember) { text, path in
          try ExperimentConfig.read(text, path: path)
        }
      }
      if let plan = members.removeValue(forKey: Self.alertingMember) {
        rules = try Self.read(plan, Self.alertingMember) { text, path in
          try ConfigurationReader.rules(text, path: path, environment: [:])
        }
      }
      object = members
    }
    if let unknown = Self.unknownMembers(object).first { throw .noRequest(reason: unknown) }
    do {
      self = try JSONDecoder().decode(RunRequest.self, from: json)
      self.experiment = experiment
      alertRules = rules
    } catch let error as DecodingError {
      throw .noRequest(reason: Self.explain(error))
    } catch {
      throw .noRequest(reason: "\(error)")
    }
    try validate()
  }

  /// JSON is YAML, so that one reader serves both.
  private static func read<Value>(
    _ plan: Any, _ member: String, _ read: (_ text: String, _ path: String) throws -> Value
  ) throws(MonitoringError) -> Value {
    do {
      guard JSONSerialization.isValidJSONObject(plan) else {
        throw MonitoringError.noRequest(reason: "\(member) has to be an object")
      }
      let text = String(
        decoding: try JSONSerialization.data(withJSONObject: plan), as: UTF8.self)
      return try read(text, member)
    } catch let error as ConfigurationError {
      let told = error.mistakes.map(\.text).joined(separator: "; ")
      throw .noRequest(reason: "\(member): \(told)")
    } catch let error as MonitoringError {
      throw error
    } catch {
      throw .noRequest(reason: "\(error)")
    }
  }

  private func validate() throws(MonitoringError) {
    let counts = [
      ("reference_window_days", driftConfig?.referenceWindowDays),
      ("current_window_days", driftConfig?.currentWindowDays),
      ("minimum_reference_rows", driftConfig?.minimumReferenceRows),
    ]
    for (name, value) in counts {
      guard let value, value < 1 || value > 1_000_000_000 else { continue }
      throw .noRequest(reason: "drift_config.\(name) has to be a whole number of at least 1")
    }
  }

  /// Members no part of the schema knows, each with the nearest known name.
  private static func unknownMembers(_ object: Any) -> [String] {
    guard let members = object as? [String: Any] else { return [] }
    let parts: [(String, Any, [String])] = [
      (
        "the request", members,
        CodingKeys.allCases.map(\.rawValue) + [experimentMember, alertingMember]
      ),
      (
        "drift_config", members["drift_config"] ?? [:] as [String: Any],
        DriftConfig.CodingKeys.allCases.map(\.rawValue)
      ),
      (
        "performance_config", members["performance_config"] ?? [:] as [String: Any],
        PerformanceConfig.CodingKeys.allCases.map(\.rawValue)
      ),
      (
        "diagnosis_config", members["diagnosis_config"] ?? [:] as [String: Any],
        DiagnosisConfig.CodingKeys.allCases.map(\.rawValue)
      ),
      (
        "data", members["data"] ?? [:] as [String: Any],
        DataLocation.CodingKeys.allCases.map(\.rawValue)
      ),
    ]
    return parts.flatMap { name, part, known in
      ((part as? [String: Any])?.keys.sorted() ?? []).filter { !known.contains($0) }.map { key in
        let hint = closestName(to: key, among: known).map { "; did you mean `\($0)`?" } ?? ""
        return "\(name) has an unknown member `\(key)`\(hint)"
      }
    }
  }

  private static func explain(_ error: DecodingError) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.isEmpty
        ? "the request"
        : keys.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(path(context.codingPath)) has no `\(key.stringValue)`"
    case .typeMismatch(let type, let context):
      return "\(path(context.codingPath)) has to be \(name(of: type))"
    case .valueNotFound(let type, let context):
      return "\(path(context.codingPath)) is null, and has to be \(name(of: type))"
    case .dataCorrupted(let context):
      return "\(path(context.codingPath)): \(allowed(context.codingPath.last?.stringValue))"
    @unknown default: return "\(error)"
    }
  }

  /// What JSON calls a type of ours.
  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }

  private static func allowed(_ member: String?) -> String {
    let values: [String] =
      switch member {
      case "monitoring_type": MonitoringType.allCases.map(\.rawValue)
      case "model_type": ModelType.allCases.map(\.rawValue)
      case "loss": DiagnosisLoss.allCases.map(\.rawValue)
      case "detection_method": DetectionMethod.allCases.map(\.rawValue)
      default: []
      }
    return values.isEmpty
      ? "the value is not allowed here" : "it takes one of \(values.joined(separator: ", "))"
  }
}
