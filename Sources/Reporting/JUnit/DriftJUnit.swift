import Monitoring

/// A drift report for continuous integration: a test case for each column, which fails where the
/// column drifted and is an error where it could not be compared.
struct DriftJUnit {
  let report: DriftReport

  func render() -> String {
    JUnitSuite(
      name: "drift",
      properties: [
        ("status", report.status.rawValue),
        ("drift_share", report.driftShare.map { "\($0)" } ?? ""),
        ("reference", report.reference.source), ("current", report.current.source),
      ], cases: report.columns.map { ($0.column, outcome($0)) }
    ).render()
  }

  private func outcome(_ column: ColumnDrift) -> JUnitSuite.Outcome {
    switch column.drifted {
    case false: return .passed
    case true:
      return .failure(
        type: "drift",
        message: "\(column.method ?? "no method"): statistic \(Figures.number(column.statistic)), "
          + "adjusted p \(Figures.pValue(column.adjustedPValue)), "
          + "effect \(Figures.number(column.effectSize)), drift if \(Wording.threshold(column))")
    case nil: return .error(message: column.reason ?? "unknown")
    }
  }
}
