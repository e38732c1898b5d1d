import Statistics

/// Whether the model gives other scores to the same features, which no change of the world explains.
public struct ModelBehaviourDiagnostic: Diagnostic {
  public let name = "model_validation_check"
  public let cause = RootCause.modelBug
  public let kind = CauseKind.featureEngineeringBug

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let analysis = evidence.analysis, let shift = analysis.scoreShift else {
      return .unknown(
        self, "features and scores of two sides that have rows alike are not known")
    }
    var details = [
      DiagnosticFigure(
        "score_given_features", value: shift.mean.value, interval: shift.mean.interval,
        pValue: shift.mean.pValue),
      DiagnosticFigure(
        "score_spread_given_features", value: shift.shape.value, interval: shift.shape.interval,
        pValue: shift.shape.pValue),
    ]
    if let part = analysis.modelPart {
      details.append(
        DiagnosticFigure("model_contribution", value: part.value, interval: part.interval))
    }
    return DiagnosticResult(
      self, failed: shift.isMaterial, severity: .critical,
      strength: Self.strength(analysis),
      message: shift.isMaterial
        ? "the model gives other scores to the same features than it did"
        : "the model gives the same scores to the same features", details: details,
      remediation: "Compare the artifact and the features computed online with those before",
      since: analysis.onsets["score"]?.at)
  }

  static func strength(_ analysis: DiagnosisAnalysis) -> Double {
    guard let shift = analysis.scoreShift else { return 0 }
    return CauseSignals.evidence(max(abs(shift.mean.z), shift.shape.z))
      * (shift.isMaterial ? 1 : 0.2)
  }
}
