import Monitoring
import Store
import Telemetry

/// What checks found, for Prometheus.
struct CheckMetrics: Sendable {
  private let registry: MetricRegistry
  private let runs: MetricFamily<Counter>
  private let duration: MetricFamily<Gauge>
  private let lastSuccess: MetricFamily<Gauge>
  private let stale: MetricFamily<Gauge>
  /// Checks whose threads have not come back in time.
  let stuck: Gauge
  private let driftShare: MetricFamily<Gauge>
  private let findings: MetricFamily<Gauge>
  private let metric: MetricFamily<Gauge>

  init(_ registry: MetricRegistry) throws {
    self.registry = registry
    let labels = ["model_name", "check"]
    runs = try registry.counter(
      "plumbline_check_runs_total", help: "Checks that were made, by what they found.",
      labels: labels + ["status"])
    duration = try registry.gauge(
      "plumbline_check_duration_seconds", help: "How long the last run of a check took.",
      labels: labels)
    lastSuccess = try registry.gauge(
      "plumbline_check_last_success_timestamp_seconds",
      help: "When the last check that could be made was due.", labels: labels)
    stale = try registry.gauge(
      "plumbline_check_stale",
      help: "1 where the last check failed and its figures are those of an earlier one.",
      labels: labels)
    stuck = try registry.gauge(
      "plumbline_checks_stuck",
      help: "Checks that took longer than their timeout and whose threads have not come back."
    ).with()
    driftShare = try registry.gauge(
      "ml_drift_share_ratio", help: "Drifted columns over checked columns.", labels: labels)
    findings = try registry.gauge(
      "ml_data_quality_findings", help: "What was found about the data itself, by how bad it is.",
      labels: labels + ["severity"])
    metric = try registry.gauge(
      "ml_model_metric", help: "A metric of the model's performance over a window.",
      labels: ["model_name", "model_version", "metric", "window"])
  }

  /// Counts a run, and shows its figures; those of an earlier one stay where it failed.
  func record(
    _ report: RunReport, of model: ModelConfiguration, _ check: CheckConfiguration, due: Instant,
    seconds: Double
  ) {
    runs.with(model.name, check.name, report.status.rawValue).increment()
    duration.with(model.name, check.name).set(seconds)
    show(report, of: model, check, due: due, isStale: report.kind == .failure)
  }

  /// Shows that a check that was never made could not be.
  func showStale(_ model: ModelConfiguration, _ check: CheckConfiguration) {
    stale.with(model.name, check.name).set(1)
  }

  /// Shows a run's figures.
  func show(
    _ report: RunReport, of model: ModelConfiguration, _ check: CheckConfiguration, due: Instant,
    isStale: Bool
  ) {
    stale.with(model.name, check.name).set(isStale ? 1 : 0)
    if report.kind != .failure {
      lastSuccess.with(model.name, check.name).set(Double(due.microseconds) / 1e6)
    }
    if let found = report.quality {
      for severity in FindingSeverity.allCases {
        findings.with(model.name, check.name, severity.rawValue)
          .set(Double(found.count { $0.severity == severity }))
      }
    }
    // Names that are taken otherwise, as by what Hummingbird counts, are shown by those alone.
    guard
      let metrics = try? MLMetrics(
        modelName: model.name, modelVersion: model.version ?? "", registry: registry)
    else { return }
    switch report {
    case .drift(let report):
      if let share = report.driftShare { driftShare.with(model.name, check.name).set(share) }
      for column in report.columns {
        guard let score = column.statistic, let method = column.method else { continue }
        metrics.updateDriftScore(driftType: method, feature: column.column, score: score)
      }
    case .performance(let report): show(report, metrics, model, window: check.window.description)
    case .quality, .failure: break
    }
  }

  private func show(
    _ report: PerformanceReport, _ metrics: MLMetrics, _ model: ModelConfiguration, window: String
  ) {
    let version = model.version ?? ""
    for (name, value) in report.metrics {
      guard let value = value.value else { continue }
      metric.with(model.name, version, name, window).set(value)
    }
    if let accuracy = report.metrics["accuracy"]?.value,
      let f1Score = (report.metrics["f1_score"] ?? report.metrics["f1_macro"])?.value
    {
      metrics.updatePerformance(accuracy: accuracy, f1Score: f1Score, window: window)
    }
  }
}

extension RunReport {
  /// What a report says of the data itself; nil where it does not look at that.
  fileprivate var quality: [QualityFinding]? {
    switch self {
    case .drift(let report): report.quality
    case .quality(let report): report.findings
    case .performance, .failure: nil
    }
  }
}
