public import Foundation

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
      throw .noRequest(
        reason: error.explained(whole: "the request", allowed: Self.allowed))
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
