import Monitoring

/// A performance report for continuous integration: a test case for the whole and for each chunk,
/// which fails where performance is worse than in the reference.
struct PerformanceJUnit {
  let report: PerformanceReport

  func render() -> String {
    let primary = report.primaryMetric
    let whole = (
      name: "overall",
      outcome: outcome(report.status, report.metrics[primary], report.reason)
    )
    return JUnitSuite(
      name: "performance",
      properties: [
        ("status", report.status.rawValue), ("metric", primary), ("source", report.source),
      ],
      cases: [whole]
        + report.chunks.map { ($0.label, outcome($0.status, $0.metrics[primary], nil)) }
    ).render()
  }

  private func outcome(
    _ status: Status, _ metric: MetricValue?, _ reason: String?
  ) -> JUnitSuite.Outcome {
    switch status {
    case .healthy: return .passed
    case .unknown: return .error(message: metric?.reason ?? reason ?? "no reference")
    case .degraded, .critical:
      return .failure(
        type: status.rawValue,
        message: "\(report.primaryMetric) \(Figures.number(metric?.value)), reference "
          + Figures.number(metric?.reference))
    }
  }
}
