import Statistics

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
    let measured = InfrastructureSeries.sum("requests_per_second", evidence)
    guard let figure = measured ?? rows(evidence), let baseline = figure.baseline, baseline > 0
    else {
      return .unknown(self, "neither requests_per_second with its baseline nor times of rows")
    }
    let ratio = figure.value / baseline
    let strength = 0.5 * max(0, ratio - 1) / max(1e-9, limit - 1)
    // Rows are often drawn for a check: that one window has more of them is no spike, unless they rise in it.
    let isSure = measured != nil || figure.since != nil
    return DiagnosticResult(
      self, failed: ratio >= limit && isSure, severity: ratio >= 2 * limit ? .critical : .warning,
      strength: isSure ? strength : min(0.45, strength),
      message: "traffic is \(NumberFormat.short(ratio)) times what is usual"
        + (isSure || ratio < limit
          ? ""
          : ", from the first row of the current window on, which may be how rows were drawn"),
      details: [
        DiagnosticFigure(
          "requests_per_second", value: figure.value, reference: baseline),
        DiagnosticFigure("traffic_ratio", value: ratio, reference: 1, threshold: limit),
      ], since: figure.since)
  }

  /// Rows by second on both sides, where both cover a day or more; since when, where they rise within the
  /// current window.
  private func rows(_ evidence: DiagnosisEvidence) -> InfrastructureFigure? {
    guard let tables = evidence.tables, let first = tables.reference.span,
      let second = tables.current.span
    else { return nil }
    let day: Int64 = 86_400_000_000
    let seconds = (
      Double(first.upperBound - first.lowerBound) / 1e6,
      Double(second.upperBound - second.lowerBound) / 1e6
    )
    guard seconds.0 >= 86_400, seconds.1 >= 86_400 else { return nil }
    var figure = InfrastructureFigure(
      value: Double(tables.current.rows) / seconds.1,
      baseline: Double(tables.reference.rows) / seconds.0)
    let days = Int((second.upperBound - first.lowerBound) / day)
    guard days >= 8, days < 4_000, first.upperBound <= second.lowerBound else { return figure }
    var counts = [Double](repeating: 0, count: days)
    for time in tables.reference.times + tables.current.times where time != PredictionTable.noTime {
      let place = Int((time - first.lowerBound) / day)
      if place >= 0, place < days { counts[place] += 1 }
    }
    let start = Int((second.lowerBound - first.lowerBound) / day)
    let rises = ChangePoints.find(counts).filter { $0.index > start + 1 && $0.after > $0.before }
    // A small rise may come before the spike: what is usual is the level before any of them.
    guard let earliest = rises.first, let rise = rises.max(by: { $0.after < $1.after }) else {
      return figure
    }
    figure.value = rise.after / 86_400
    figure.baseline = earliest.before / 86_400
    // It began where it was first far more than usual, though it may have risen on.
    let begun = rises.first { $0.after >= limit * earliest.before } ?? rise
    figure.since = Instant(microseconds: first.lowerBound + Int64(begun.index) * day)
    return figure
  }
}
