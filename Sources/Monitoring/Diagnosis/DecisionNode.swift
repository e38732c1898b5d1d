import Statistics

/// A node of the requirement's decision tree with what was found there.
public struct DecisionNode: Codable, Sendable, Equatable {
  public enum Answer: String, Codable, Sendable, CaseIterable { case yes, no, unknown }

  public var id: String
  public var title: String
  public var answer: Answer
  /// Whether the way to what is blamed leads through it.
  public var visited: Bool
  /// What to do at a leaf; nil elsewhere.
  @NullCoded public var advice: String?
  /// Diagnostics that answered.
  public var diagnostics: [String]
  /// Whether the requirement's tree has it.
  public var isRequired: Bool
  public var children: [DecisionNode]

  enum CodingKeys: String, CodingKey {
    case id, title, answer, visited, advice, diagnostics
    case isRequired = "is_required"
    case children
  }

  /// The tree for what diagnostics found.
  static func tree(
    degraded: Bool?, results: [DiagnosticResult], blamed: Set<CauseKind>
  ) -> DecisionNode {
    func leaf(_ kind: CauseKind, required: Bool = true) -> DecisionNode {
      let own = results.filter { $0.kind == kind }
      let answer: Answer =
        own.contains { $0.outcome == .failed }
        ? .yes : own.contains { $0.outcome == .passed } ? .no : .unknown
      return DecisionNode(
        id: kind.rawValue, title: kind.title, answer: answer, visited: blamed.contains(kind),
        advice: kind.advice, diagnostics: own.map(\.checkName), isRequired: required, children: [])
    }
    func branch(_ id: String, _ title: String, _ children: [DecisionNode]) -> DecisionNode {
      let answer: Answer =
        children.contains { $0.answer == .yes }
        ? .yes : children.allSatisfy { $0.answer == .no } ? .no : .unknown
      return DecisionNode(
        id: id, title: title, answer: answer, visited: children.contains(where: \.visited),
        advice: nil, diagnostics: [], isRequired: true, children: children)
    }
    let drift = branch(
      "data_drift", "Check Data Drift",
      [leaf(.featureDrift), leaf(.targetDrift), leaf(.conceptDrift)])
    let machines = branch(
      "infrastructure", "Check Infrastructure",
      [
        leaf(.latencySpike), leaf(.memoryPressure), leaf(.gpuUtilizationLow),
        leaf(.cpuPressure, required: false), leaf(.errorRate, required: false),
      ])
    let model = branch(
      "model", "Check Model",
      [
        leaf(.featureEngineeringBug), leaf(.modelConfigChanged), leaf(.dependencyVersion),
        leaf(.modelVersionChanged, required: false),
      ])
    let traffic = branch(
      "traffic", "Check Traffic Patterns", [leaf(.trafficSpike), leaf(.newUserSegment)])
    let own = results.filter { $0.kind == .custom }
    var branches = [drift, machines, model, traffic]
    if !own.isEmpty {
      var node = branch("custom", "Own diagnostics", [leaf(.custom, required: false)])
      node.isRequired = false
      branches.append(node)
    }
    var rest = DecisionNode(
      id: "continue", title: "Continue monitoring", answer: degraded == false ? .yes : .no,
      visited: degraded == false && blamed.isEmpty, advice: "Continue monitoring", diagnostics: [],
      isRequired: true, children: [])
    if degraded == nil { rest.answer = .unknown }
    return DecisionNode(
      id: "degraded", title: "Model Performance Degraded?",
      answer: degraded.map { $0 ? .yes : .no } ?? .unknown, visited: true, advice: nil,
      diagnostics: [], isRequired: true, children: branches + [rest])
  }
}
