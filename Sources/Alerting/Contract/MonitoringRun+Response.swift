import DataSources
public import Monitoring
import Store

extension MonitoringRun {
  /// The answer.
  ///
  /// - Throws: what makes the request impossible to carry out; what is wrong with the data is in
  ///   the answer.
  public func response() throws -> RunResponse {
    switch request.monitoringType {
    case .driftDetection: return try driftDetection()
    case .performanceMonitoring: return try performanceMonitoring()
    case .abTesting: return try abTesting()
    case .alerting: return try alerting()
    case .rootCauseAnalysis: return try rootCauseAnalysis()
    }
  }

  /// Holds rules against metrics over time.
  private func alerting() throws -> RunResponse {
    guard let data = request.data, let name = data.samples ?? data.history else {
      throw MonitoringError.noRequest(reason: "data has neither `samples` nor `history`")
    }
    let samples = try samples(data)
    let ordered = samples.sorted { $0.at < $1.at }
    let valued = Set(samples.filter { $0.value.map { !$0.isNaN } ?? false }.map(\.metric))
    let isKnown = request.alertRules.contains {
      valued.contains($0.metric) || $0.condition.test == .absent
    }
    var report = AlertingReport(
      samples: samples.count, from: ordered.first?.at, to: ordered.last?.at, alerts: [])
    if let first = ordered.first?.at, let last = ordered.last?.at {
      var engine = AlertEngine(rules: request.alertRules, startedAt: first)
      _ = engine.evaluate(ordered)
      _ = engine.advance(to: last)
      let records = engine.records(at: last)
      let muting = Muting(
        silences: [], inhibitions: AlertingConfiguration.defaultInhibitions,
        firing: records.filter { $0.state == .firing })
      report.alerts = records.map { $0.state == .firing ? muting.muted($0) : $0 }
        .sorted(by: AlertRecord.comesFirst)
    }
    return RunResponse(report, of: name, isKnown: isKnown)
  }

  private func samples(_ data: RunRequest.DataLocation) throws -> [MetricSample] {
    if let path = data.history { return try History(reading: path).replaySamples() }
    guard let source = data.samples else { return [] }
    let relation = try sources.open(source, sql: data.samplesSQL, option: "data.samples_sql")
    let reader =
      data.timestamp.map { SampleReader(relation, timestamp: $0) }
      ?? SampleReader(relation)
    return try reader.read().samples
  }
}

extension RunResponse {
  /// The answer that alerts make.
  ///
  /// - Parameters:
  ///   - source: what the metrics come from.
  ///   - isKnown: whether a rule had a value to look at.
  public init(_ report: AlertingReport, of source: String, isKnown: Bool = true) {
    let firing = report.alerts.filter { $0.state == .firing }
    let told = firing.filter { !$0.isQuiet }
    let severities = Set(firing.map(\.severity))
    let unknown = report.alerts.filter { $0.state == .unknown }
    let status: Status =
      report.samples == 0 || !isKnown
      ? .unknown
      : severities.contains(.critical)
        ? .critical : severities.contains(.warning) ? .degraded : .healthy
    self.init(
      status: status, reason: status == .unknown ? Self.reason(report, source) : nil,
      driftResults: nil,
      results: .alerting(report), alerts: firing.map(RunAlert.init),
      recommendations: told.map(Self.recommendation),
      nextSteps: report.alerts.filter { $0.state == .pending }.map {
        "\($0.rule) fails and does not fire yet: watch it."
      }
        + (unknown.isEmpty
          ? []
          : [
            "Of \(unknown.count) alerts nothing is known for want of data: "
              + Set(unknown.map(\.metric)).sorted().joined(separator: ", ") + "."
          ]),
      preConditions: [
        PreCondition(
          name: .metricsEndpointAccessible, state: report.samples > 0 ? .met : .notMet,
          detail: "\(report.samples) samples in \(source)")
      ], errors: [])
  }

  private static func reason(_ report: AlertingReport, _ source: String) -> String {
    report.samples == 0
      ? "\(source) has no metrics" : "no rule is about a metric that has a value in \(source)"
  }

  private static func recommendation(_ alert: AlertRecord) -> String {
    let word =
      switch alert.severity {
      case .critical: "URGENT"
      case .warning: "WARNING"
      case .info: "INFO"
      }
    let runbook = alert.runbookURL.map { " Runbook: \($0)" } ?? ""
    return "\(word) (response time \(alert.timeToRespond)): \(alert.description).\(runbook)"
  }
}

extension RunAlert {
  init(_ alert: AlertRecord) {
    self.init(
      id: alert.fingerprint, severity: alert.severity, title: alert.title,
      description: alert.description, metricName: alert.metric, currentValue: alert.value,
      threshold: alert.threshold, labels: alert.labels)
  }
}
