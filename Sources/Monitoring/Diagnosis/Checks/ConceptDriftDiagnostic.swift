import Statistics

/// Whether the same features now mean another outcome.
public struct ConceptDriftDiagnostic: Diagnostic {
  public let name = "concept_drift_check"
  public let cause = RootCause.conceptDrift
  public let kind = CauseKind.conceptDrift

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let analysis = evidence.analysis, let attribution = analysis.attribution else {
      return .unknown(self, Self.reason(evidence))
    }
    guard let overlap = analysis.overlap, overlap > 0.1 else {
      return .unknown(
        self, "the two sides have too few rows alike to say whether their relation changed",
        details: [DiagnosticFigure("overlap", value: analysis.overlap, threshold: 0.1)])
    }
    var details = [
      DiagnosticFigure(
        "concept_contribution", value: attribution.concept.value,
        interval: attribution.concept.interval, pValue: attribution.concept.pValue),
      DiagnosticFigure("overlap", value: overlap, threshold: 0.1),
    ]
    if let loss = analysis.lossShift {
      details.append(
        DiagnosticFigure(
          "loss_given_features", value: loss.value, interval: loss.interval, pValue: loss.pValue))
    }
    if let outcome = analysis.outcomeShift {
      details.append(
        DiagnosticFigure(
          "outcomes_given_features", value: outcome.mean.value, interval: outcome.mean.interval,
          pValue: min(1, 2 * outcome.mean.pValue)))
      details.append(
        DiagnosticFigure(
          "outcomes_along_scores", value: outcome.shape.value, interval: outcome.shape.interval,
          pValue: min(1, 2 * outcome.shape.pValue)))
    }
    let places = analysis.segments.filter { $0.effect.value > 0 }
    for segment in places.prefix(3) {
      details.append(
        DiagnosticFigure(
          "segment_excess", of: segment.name(in: evidence.tables), value: segment.effect.value,
          interval: segment.effect.interval, pValue: segment.adjustedPValue))
    }
    for segment in analysis.outcomeSegments {
      details.append(
        DiagnosticFigure(
          "segment_outcomes", of: segment.name(in: evidence.tables), value: segment.effect.value,
          interval: segment.effect.interval, pValue: segment.adjustedPValue))
    }
    for segment in analysis.turnedSegments {
      details.append(
        DiagnosticFigure(
          "segment_outcomes_along_scores", of: segment.name(in: evidence.tables),
          value: segment.effect.value, interval: segment.effect.interval,
          pValue: segment.adjustedPValue))
    }
    let strength = Self.strength(analysis)
    let place = places.first.map { ", most where \($0.name(in: evidence.tables))" } ?? ""
    return DiagnosticResult(
      self, failed: strength >= 0.5,
      severity: analysis.share(attribution.concept.value) > 0.5 ? .critical : .warning,
      strength: strength,
      message: strength >= 0.5
        ? "the same features come with other outcomes or losses\(place)"
        : "the same features come with the same outcomes", details: details,
      since: analysis.onsets["concept"]?.at ?? analysis.onsets["loss"]?.at)
  }

  /// Why there is no attribution.
  private static func reason(_ evidence: DiagnosisEvidence) -> String {
    guard let tables = evidence.tables, evidence.analysis?.change != nil else {
      return evidence.tables?.reasonWithoutLoss ?? "labels are not known on both sides"
    }
    return tables.features.isEmpty
      ? "there are no features that outcomes could be compared for"
      : "there are too few labelled reference rows to say what features let expect"
  }

  static func strength(_ analysis: DiagnosisAnalysis) -> Double {
    let outcome = analysis.outcomeShift.map { $0.isMaterial ? CauseSignals.evidence($0.z) : 0 } ?? 0
    let loss = CauseSignals.cost(analysis.lossShift, in: analysis)
    let segment =
      analysis.segments.map { CauseSignals.cost($0.contrast, in: analysis, times: $0.share) }.max()
      ?? 0
    let relation =
      (analysis.outcomeSegments + analysis.turnedSegments)
      .map { CauseSignals.evidence($0.contrast.z) }.max() ?? 0
    return max(outcome, loss, 0.8 * segment, 0.9 * relation)
  }
}
