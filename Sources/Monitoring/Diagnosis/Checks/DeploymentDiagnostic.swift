import Statistics

/// Whether something was deployed that can have done it: a model version, a configuration, a dependency.
public struct DeploymentDiagnostic: Diagnostic {
  /// What of a deployment is looked at.
  public enum Part: Sendable, CaseIterable { case version, config, dependencies }

  public let cause = RootCause.modelBug
  private let part: Part

  public init(_ part: Part) {
    self.part = part
  }

  public var name: String {
    switch part {
    case .version: "model_version_check"
    case .config: "model_config_check"
    case .dependencies: "dependency_version_check"
    }
  }

  public var kind: CauseKind {
    switch part {
    case .version: .modelVersionChanged
    case .config: .modelConfigChanged
    case .dependencies: .dependencyVersion
    }
  }

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard
      evidence.deployments != nil || part == .version && evidence.tables?.versions.isEmpty == false
    else { return .unknown(self, "what was deployed is not known") }
    let all = DeploymentChange.all(evidence)
    let known = all.filter { $0.part == part }
    // What is known to have changed, before what may have been the same.
    guard
      let change = known.max(by: {
        ($0.isKnown ? 1 : 0, $0.fit) < ($1.isKnown ? 1 : 0, $1.fit)
      })
    else {
      let says = evidence.deployments?.contains { deployment in
        switch part {
        case .version: deployment.version != nil
        case .config: deployment.config != nil
        case .dependencies: !deployment.dependencies.isEmpty
        }
      }
      if says == false, evidence.deployments?.isEmpty == false {
        return .unknown(self, "deployments do not say")
      }
      return DiagnosticResult(
        self, failed: false, severity: .info, strength: 0, message: "nothing was changed")
    }
    let behaviour = evidence.analysis.map { ModelBehaviourDiagnostic.strength($0) }
    // A deployment is only blamed where the model behaves otherwise; where that cannot be told, by time.
    let strength = behaviour.map { $0 * (0.4 + 0.6 * change.fit) } ?? 0.4 * change.fit
    let moved = evidence.analysis?.scoreShift.map(\.isMaterial)
    let ordered = known.filter(\.isKnown) + known.filter { !$0.isKnown }
    let details = ordered.map { entry in
      DiagnosticFigure("deployed", of: entry.subject, value: entry.fit, text: entry.message)
    }
    // Whether the first that is told of changed anything, only what began with it can say.
    guard change.isKnown || (moved != nil && (moved == false || change.fit > 0.5)) else {
      return .unknown(self, change.message, details: details)
    }
    return DiagnosticResult(
      self, failed: moved ?? (change.fit > 0.5), severity: .warning, strength: strength,
      message: "\(change.message)"
        + (moved == false ? ", and scores for the same features stayed the same" : ""),
      details: details, since: change.at)
  }
}
