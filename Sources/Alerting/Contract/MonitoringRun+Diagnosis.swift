import DataSources
import Monitoring
import Store

extension MonitoringRun {
  /// Says why a model got worse, from what there is.
  func rootCauseAnalysis() throws -> RunResponse {
    let data = request.data
    let config = request.diagnosisConfig
    var evidence = DiagnosisEvidence()
    var source = "the request"
    if let data, let reference = data.reference, let current = data.predictions ?? data.current {
      let relation = try sources.open(
        current, sql: data.predictionsSQL ?? data.currentSQL, option: "data.current_sql")
      source = relation.name
      var reader = DiagnosisReader(
        reference: try sources.open(
          reference, sql: data.referenceSQL, option: "data.reference_sql"),
        current: relation,
        labels: try data.labels.map {
          try sources.open($0, sql: data.labelsSQL, option: "data.labels_sql")
        }, options: try performanceOptions(data))
      reader.schema.ignored = data.ignore ?? []
      reader.version = config?.version
      reader.needsTarget = true
      reader.loss = config?.loss
      (evidence.tables, evidence.labelDelay) = try reader.read()
      evidence.results = diagnosis.checks.map {
        $0.run(current: reader.current, reference: reader.reference)
      }
    }
    // What came after the rows is no cause of what they show.
    let end = evidence.tables?.end
    func isBefore(_ time: Instant) -> Bool { end.map { time < $0 } ?? true }
    if let history = data?.history {
      try History(reading: history).add(to: &evidence, model: config?.model, until: end)
    }
    if let samples = data?.samples {
      let relation = try sources.open(
        samples, sql: data?.samplesSQL, option: "data.samples_sql")
      evidence.metrics += try SampleReader(relation).read().samples.filter { isBefore($0.at) }
    }
    evidence.deployments = config?.deployments?.filter { isBefore($0.at) }
    for (name, value) in (config?.infrastructure ?? [:]).sorted(by: { $0.key < $1.key }) {
      evidence.infrastructure[name] = try InfrastructureFigure(
        of: name, value: value, baseline: config?.baselines?[name],
        option: "diagnosis_config.infrastructure")
    }
    guard evidence.tables != nil || !evidence.metrics.isEmpty || !evidence.infrastructure.isEmpty
    else {
      throw MonitoringError.noRequest(
        reason: "data has neither `reference` and `current`, nor `samples`, nor `history`, and "
          + "diagnosis_config no `infrastructure`")
    }
    var options = diagnosis.options
    if let seed = config?.seed { options.seed = seed }
    return response(to: Diagnosis(options: options).run(evidence), of: source, evidence)
  }

  private func response(
    to report: DiagnosisReport, of source: String, _ evidence: DiagnosisEvidence
  ) -> RunResponse {
    let failed = report.diagnostics.filter { $0.outcome == .failed }
    let rows = evidence.tables.map { ($0.reference.rows, $0.current.rows) }
    return RunResponse(
      status: report.status, reason: report.status == .unknown ? report.summary : nil,
      driftResults: nil, results: .diagnosis(report),
      alerts: failed.map { result in
        RunAlert(
          id: AlertEngine.fingerprint(result.checkName, ["source": source]),
          severity: result.severity, title: result.checkName, description: result.message,
          metricName: result.details.first?.name ?? result.checkName,
          currentValue: result.details.first?.value,
          threshold: result.details.first?.threshold, labels: ["source": source])
      }, recommendations: report.recommendedActions,
      nextSteps: report.missing.map { "For a surer answer: \($0)" },
      preConditions: [
        PreCondition(
          name: .baselineDataAvailable,
          state: rows.map { $0.0 >= 100 ? .met : .notMet } ?? .unknown,
          detail: rows.map { "\($0.0) reference rows, \($0.1) current rows" }
            ?? "no rows were given"),
        PreCondition(
          name: .metricsEndpointAccessible, state: evidence.metrics.isEmpty ? .unknown : .met,
          detail: "\(evidence.metrics.count) samples of metrics"),
      ], errors: [])
  }
}
