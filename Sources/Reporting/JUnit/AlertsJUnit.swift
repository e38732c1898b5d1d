import Monitoring

/// Alerts for continuous integration: a test case for each, which fails where the alert fires, and is an error
/// where there is no data to tell by.
struct AlertsJUnit {
  let alerts: [AlertRecord]

  func render() -> String {
    JUnitSuite(
      name: "alerts",
      properties: [("firing", "\(alerts.count { $0.state == .firing })")],
      cases: alerts.map { ("\($0.rule){\($0.seriesText)}", outcome($0)) }
    ).render()
  }

  private func outcome(_ alert: AlertRecord) -> JUnitSuite.Outcome {
    switch alert.state {
    case .firing: .failure(type: alert.severity.rawValue, message: alert.description)
    case .unknown: .error(message: "no data")
    case .pending, .resolved, .inactive: .passed
    }
  }
}
