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
    guard let change = known.max(by: { $0.fit < $1.fit }) else {
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
    return DiagnosticResult(
      self, failed: moved ?? (change.fit > 0.5), severity: .warning, strength: strength,
      message: "\(change.message)"
        + (moved == false ? ", and scores for the same features stayed the same" : ""),
      details: known.map { entry in
        DiagnosticFigure("deployed", of: entry.subject, value: entry.fit, text: entry.message)
      }, since: change.at)
  }
}

/// Something that a deployment changed.
struct DeploymentChange {
  var part: DeploymentDiagnostic.Part
  var at: Instant?
  var subject: String?
  var message: String
  /// How well its time goes with what began, 0…1.
  var fit: Double

  /// The changes of the time that is looked at.
  static func all(_ evidence: DiagnosisEvidence) -> [DeploymentChange] {
    var changes = rowVersions(evidence)
    let deployments = (evidence.deployments ?? []).sorted { $0.at < $1.at }
    let from = evidence.tables?.reference.span.map { Instant(microseconds: $0.lowerBound) }
    for (before, after) in zip([nil] + deployments.map(Optional.some), deployments) {
      if let from, after.at < from { continue }
      if let now = evidence.now, after.at > now { continue }
      guard let before else {
        // The first that is known: what was there before is not.
        continue
      }
      let fit = fit(after.at, evidence)
      let when = after.at.iso8601
      if let version = after.version, let old = before.version, version != old {
        changes.append(
          DeploymentChange(
            part: .version, at: after.at, subject: version,
            message: "model version \(version) came for \(old) at \(when)", fit: fit))
      }
      if let config = after.config, let old = before.config, config != old {
        changes.append(
          DeploymentChange(
            part: .config, at: after.at, subject: config,
            message: "the configuration changed from \(old) to \(config) at \(when)", fit: fit))
      }
      for name in Set(after.dependencies.keys).union(before.dependencies.keys).sorted()
      where !after.dependencies.isEmpty && !before.dependencies.isEmpty
        && after.dependencies[name] != before.dependencies[name]
      {
        let (old, new) = (
          before.dependencies[name] ?? "none", after.dependencies[name] ?? "none"
        )
        changes.append(
          DeploymentChange(
            part: .dependencies, at: after.at, subject: name,
            message: "\(name) went from \(old) to \(new) at \(when)", fit: fit))
      }
    }
    return changes
  }

  /// Versions that only current rows have.
  private static func rowVersions(_ evidence: DiagnosisEvidence) -> [DeploymentChange] {
    guard let tables = evidence.tables, !tables.versions.isEmpty else { return [] }
    let known = Set(tables.reference.versions.filter { $0 >= 0 })
    let fresh = Set(tables.current.versions.filter { $0 >= 0 && !known.contains($0) })
    return fresh.sorted().filter { !known.isEmpty && tables.versions.indices.contains(Int($0)) }
      .map { code in
        let first = zip(tables.current.versions, tables.current.times)
          .filter { $0.0 == code && $0.1 != PredictionTable.noTime }.map(\.1).min()
        let at = first.map { Instant(microseconds: $0) }
        return DeploymentChange(
          part: .version, at: at, subject: tables.versions[Int(code)],
          message: "rows of model version \(tables.versions[Int(code)]) came",
          fit: at.map { fit($0, evidence) } ?? 0.5)
      }
  }

  /// 1 at the onset of what changed, falling with the distance to it; ½ where no onset is known.
  private static func fit(_ at: Instant, _ evidence: DiagnosisEvidence) -> Double {
    guard let analysis = evidence.analysis else { return 0.5 }
    let onsets = ["score", "concept", "loss"].compactMap { analysis.onsets[$0] }
    guard let onset = onsets.first else { return 0.5 }
    if onset.range.contains(at) { return 1 }
    let gap = min(
      abs(at.microseconds - onset.range.lowerBound.microseconds),
      abs(at.microseconds - onset.range.upperBound.microseconds))
    return 1 / (1 + Double(gap) / 86_400e6)
  }
}
