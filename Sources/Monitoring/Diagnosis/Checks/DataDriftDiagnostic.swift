import Statistics

/// Whether features are distributed otherwise, and whether that costs anything.
public struct DataDriftDiagnostic: Diagnostic {
  public let name = "data_drift_check"
  public let cause = RootCause.dataDrift
  public let kind = CauseKind.featureDrift

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let analysis = evidence.analysis, !analysis.features.isEmpty else {
      return fromMetrics(evidence)
    }
    let sound = analysis.features.filter { $0.defects.isEmpty && $0.unseen.share < 0.02 }
    let drifted = sound.filter(\.drifted)
      .sorted { weight($0) > weight($1) }
    let share = Double(drifted.count) / Double(max(1, analysis.features.count))
    var details = [
      DiagnosticFigure("drift_share", value: share, threshold: 0.2),
      DiagnosticFigure(
        "side_separation_auc", value: analysis.separation, reference: 0.5),
    ]
    if let attribution = analysis.attribution {
      details.append(
        DiagnosticFigure(
          "covariate_contribution", value: attribution.covariate.value,
          interval: attribution.covariate.interval, pValue: attribution.covariate.pValue))
    }
    for shift in drifted.prefix(10) {
      details.append(
        DiagnosticFigure(
          "feature_drift", of: shift.name, value: shift.distance, threshold: 0.1,
          pValue: shift.pValue))
      if let effect = shift.contribution {
        details.append(
          DiagnosticFigure(
            "feature_contribution", of: shift.name, value: effect.value, interval: effect.interval)
        )
      }
    }
    let names = drifted.prefix(3).map { "`\($0.name)`" }.joined(separator: ", ")
    let since = drifted.compactMap { analysis.onsets["feature:" + $0.name]?.at }.first
    let harm = analysis.attribution.map { CauseSignals.evidence($0.covariate.z) } ?? 0
    let reach = drifted.compactMap(\.distance).max() ?? 0
    return DiagnosticResult(
      self, failed: !drifted.isEmpty, severity: share > 0.5 ? .critical : .warning,
      strength: max(harm, min(0.5, reach)),
      message: drifted.isEmpty
        ? "no feature has drifted"
        : "\(drifted.count) of \(analysis.features.count) features drifted: \(names)",
      details: details, remediation: "Investigate drifted features and consider retraining",
      since: since)
  }

  /// What it costs, then how far it is.
  private func weight(_ shift: FeatureShift) -> Double {
    abs(shift.contribution?.z ?? 0) + (shift.distance ?? 0)
  }

  private func fromMetrics(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let sample = evidence.newest("data_drift_score"), let score = sample.value else {
      return .unknown(self, "there are neither rows of two sides nor a data_drift_score")
    }
    let features = Set(
      evidence.metrics.filter { $0.metric == "feature_distribution_shift" && $0.value == 1 }
        .compactMap { $0.labels["feature"] }
    ).sorted()
    return DiagnosticResult(
      self, failed: score >= 0.2, severity: score > 0.5 ? .critical : .warning,
      strength: min(0.5, score),
      message: "the share of drifted columns is \(NumberFormat.short(score))",
      details: [
        DiagnosticFigure(
          "drift_share", value: score, threshold: 0.2, text: features.joined(separator: ", "))
      ], remediation: "Investigate drifted features and consider retraining", since: sample.at)
  }
}
