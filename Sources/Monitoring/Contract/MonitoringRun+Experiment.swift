import DataSources

extension MonitoringRun {
  package func abTesting() throws -> RunResponse {
    guard var config = request.experiment else {
      throw MonitoringError.noRequest(reason: "it has no `experiment_config`")
    }
    guard let data = request.data, let source = data.observations ?? data.current else {
      throw MonitoringError.noRequest(reason: "data has no `observations`")
    }
    if let metrics = data.metrics {
      config.metrics = metrics.map { name in
        config.metrics.first { $0.name == name } ?? .init(name: name)
      }
    }
    if let unit = data.unit { config.unit = unit }
    if let covariate = data.covariate { config.covariate = covariate }
    guard let variant = data.variant, !config.metrics.isEmpty else {
      throw MonitoringError.noRequest(reason: "data has no `variant` or no `metrics`")
    }
    let relation = try sources.open(
      source, sql: data.observationsSQL ?? data.currentSQL, option: "data.observations_sql")
    let state = try ExperimentReader(
      source: relation, config: config, variantColumn: variant, timestamp: data.timestamp
    ).read()
    let report = ExperimentAnalysis(config: config, state: state).report()
    let units = report.variants.map(\.units)
    return RunResponse(
      status: report.status, reason: report.status == .unknown ? report.recommendation : nil,
      driftResults: nil, results: .experiment(report),
      alerts: RunAlert.alerts(for: report, source: relation.name),
      recommendations: [report.recommendation], nextSteps: report.notes,
      preConditions: [
        PreCondition(
          name: .modelDeployedAndServing,
          state: units.allSatisfy { $0 > 0 } ? .met : .notMet,
          detail: "\(units.map(String.init).joined(separator: ", ")) units by variant"),
        PreCondition(
          name: .metricsEndpointAccessible, state: .met,
          detail: "\(relation.name) could be read"),
      ], errors: [])
  }
}

extension RunAlert {
  static func alerts(for report: ExperimentReport, source: String) -> [RunAlert] {
    report.guardrails.filter { $0.violated == true }.map { guardrail in
      RunAlert(
        "experiment_guardrail", .critical,
        title: "Guardrail \(guardrail.guardrail) is violated by \(guardrail.variant)",
        description: report.recommendation, value: guardrail.value,
        threshold: guardrail.maximum ?? guardrail.minimum,
        labels: [
          "experiment_id": report.experimentID, "guardrail": guardrail.guardrail,
          "variant": guardrail.variant, "source": source,
        ])
    }
  }
}
