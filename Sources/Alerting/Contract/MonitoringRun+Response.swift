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
    let read = try samples(data)
    let samples = read.samples
    let ordered = samples.sorted { $0.at < $1.at }
    let valued = Set(samples.filter { $0.value.map { !$0.isNaN } ?? false }.map(\.metric))
    let isKnown = request.alertRules.contains {
      valued.contains($0.metric) || $0.condition.test == .absent
    }
    var report = AlertingReport(
      samples: samples.count, from: ordered.first?.at, to: ordered.last?.at, alerts: [])
    var gaps: [RuleGap] = []
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
      gaps = engine.gaps(among: Set(samples.map(\.metric)))
    }
    return RunResponse(
      report, of: name, isKnown: isKnown, gaps: gaps, unreadableRows: read.unreadableRows)
  }

  private func samples(_ data: RunRequest.DataLocation) throws -> SampleReader.Result {
    if let path = data.history {
      return .init(samples: try History(reading: path).replaySamples(), unreadableRows: 0)
    }
    guard let source = data.samples else { return .init(samples: [], unreadableRows: 0) }
    let relation = try sources.open(source, sql: data.samplesSQL, option: "data.samples_sql")
    let reader =
      data.timestamp.map { SampleReader(relation, timestamp: $0) }
      ?? SampleReader(relation)
    return try reader.read()
  }
}

extension RunResponse {
  /// The answer that alerts make.
  ///
  /// - Parameters:
  ///   - source: what the metrics come from.
  ///   - isKnown: whether a rule had a value to look at.
  ///   - gaps: rules the newest samples do not tell of: where nothing fires that makes it worse, the
  ///     answer is that it is not known.
  ///   - unreadableRows: rows of the source that are no samples.
  public init(
    _ report: AlertingReport, of source: String, isKnown: Bool = true, gaps: [RuleGap] = [],
    unreadableRows: Int = 0
  ) {
    let firing = report.alerts.filter { $0.state == .firing }
    let told = firing.filter { !$0.isQuiet }
    let severities = Set(firing.map(\.severity))
    let unknown = report.alerts.filter { $0.state == .unknown }
    let status: Status =
      report.samples == 0 || !isKnown
      ? .unknown
      : severities.contains(.critical)
        ? .critical
        : severities.contains(.warning) ? .degraded : gaps.isEmpty ? .healthy : .unknown
    let reason = isKnown && report.samples > 0 ? Self.reason(gaps) : Self.reason(report, source)
    self.init(
      status: status, reason: status == .unknown ? reason : nil,
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
          ])
        + (gaps.isEmpty || status == .unknown ? [] : [Self.reason(gaps) + "."]),
      preConditions: [
        PreCondition(
          name: .metricsEndpointAccessible, state: report.samples > 0 ? .met : .notMet,
          detail: "\(report.samples) samples in \(source)"
            + (unreadableRows == 0
              ? ""
              : "; \(unreadableRows) rows are left out, whose time or metric is missing or cannot be read")
        )
      ], errors: [])
  }

  private static func reason(_ report: AlertingReport, _ source: String) -> String {
    report.samples == 0
      ? "\(source) has no metrics" : "no rule is about a metric that has a value in \(source)"
  }

  private static func reason(_ gaps: [RuleGap]) -> String {
    let shown = gaps.prefix(5).map { "\($0.rule) cannot be judged: \($0.reason)" }
    let more = gaps.count > shown.count ? "; and \(gaps.count - shown.count) more rules" : ""
    return shown.joined(separator: "; ") + more
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
