/// Whether there is far more traffic than usual.
public struct TrafficVolumeDiagnostic: Diagnostic {
  public let name = "traffic_volume_check"
  public let cause = RootCause.trafficPattern
  public let kind = CauseKind.trafficSpike
  private let limit: Double

  public init(_ options: DiagnosisOptions = DiagnosisOptions()) {
    limit = options.trafficLimit
  }

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let figure = evidence.figure("requests_per_second") ?? rows(evidence),
      let baseline = figure.baseline, baseline > 0
    else {
      return .unknown(self, "neither requests_per_second with its baseline nor times of rows")
    }
    let ratio = figure.value / baseline
    let strength = 0.5 * max(0, ratio - 1) / max(1e-9, limit - 1)
    return DiagnosticResult(
      self, failed: ratio >= limit, severity: ratio >= 2 * limit ? .critical : .warning,
      strength: strength,
      message: "traffic is \(NumberFormat.short(ratio)) times what is usual",
      details: [
        DiagnosticFigure(
          "requests_per_second", value: figure.value, reference: baseline),
        DiagnosticFigure("traffic_ratio", value: ratio, reference: 1, threshold: limit),
      ], since: figure.since)
  }

  /// Rows by second on both sides, where both cover a day or more.
  private func rows(_ evidence: DiagnosisEvidence) -> InfrastructureFigure? {
    guard let tables = evidence.tables, let first = tables.reference.span,
      let second = tables.current.span
    else { return nil }
    let seconds = (
      Double(first.upperBound - first.lowerBound) / 1e6,
      Double(second.upperBound - second.lowerBound) / 1e6
    )
    guard seconds.0 >= 86_400, seconds.1 >= 86_400 else { return nil }
    return InfrastructureFigure(
      value: Double(tables.current.rows) / seconds.1,
      baseline: Double(tables.reference.rows) / seconds.0)
  }
}
