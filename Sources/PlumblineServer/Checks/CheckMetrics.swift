import Monitoring
import Store
import Synchronization
import Telemetry

/// What checks found, for Prometheus.
///
/// `ml_drift_score` does not say which check it is of. Where a model has several of drift, the first of them
/// has it, and so, of those of performance over one window, the first has the metrics of the model. What the
/// others find is in the metrics that rules look at, `plumbline_…`, with their names.
final class CheckMetrics: Sendable {
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
  private let state = Mutex(State())

  private struct State {
    /// Checks there are; nil before the configuration was read again.
    var known: CheckKeys?
    /// What is shown beneath the name of no check.
    var shown: [CheckKeys.Key: Shown] = [:]
  }

  /// Series that a check has and that do not say so.
  private struct Shown {
    let metrics: MLMetrics
    /// Method and column of drift scores.
    var scores: Set<[String]> = []
    /// Labels of metrics of the model.
    var figures: Set<[String]> = []
    /// The window of accuracy and F1.
    var window: String?
  }

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
    ifKnown(model, check) { state in
      runs.with(model.name, check.name, report.status.rawValue).increment()
      duration.with(model.name, check.name).set(seconds)
      show(report, of: model, check, due: due, isStale: report.kind == .failure, &state)
    }
  }

  /// Shows that a check that was never made could not be.
  func showStale(_ model: ModelConfiguration, _ check: CheckConfiguration) {
    ifKnown(model, check) { _ in stale.with(model.name, check.name).set(1) }
  }

  /// Shows a run's figures.
  func show(
    _ report: RunReport, of model: ModelConfiguration, _ check: CheckConfiguration, due: Instant,
    isStale: Bool
  ) {
    ifKnown(model, check) { show(report, of: model, check, due: due, isStale: isStale, &$0) }
  }

  /// Does something for a check there is: one that was under way when it was taken out is not shown.
  private func ifKnown(
    _ model: ModelConfiguration, _ check: CheckConfiguration, _ body: (inout State) -> Void
  ) {
    state.withLock { state in
      guard state.known?.contains(model: model.name, check: check.name) ?? true else { return }
      body(&state)
    }
  }

  private func show(
    _ report: RunReport, of model: ModelConfiguration, _ check: CheckConfiguration, due: Instant,
    isStale: Bool, _ state: inout State
  ) {
    stale.with(model.name, check.name).set(isStale ? 1 : 0)
    // What failed leaves the figures it had.
    guard report.kind != .failure else { return }
    lastSuccess.with(model.name, check.name).set(Double(due.microseconds) / 1e6)
    if let found = report.quality {
      for severity in FindingSeverity.allCases {
        findings.with(model.name, check.name, severity.rawValue)
          .set(Double(found.count { $0.severity == severity }))
      }
    }
    if case .drift(let report) = report, let share = report.driftShare {
      driftShare.with(model.name, check.name).set(share)
    }
    showNameless(report, of: model, check, &state)
  }

  /// Shows what no label says the check of, and forgets what the check has shown so and has no more.
  private func showNameless(
    _ report: RunReport, of model: ModelConfiguration, _ check: CheckConfiguration,
    _ state: inout State
  ) {
    let key = CheckKeys.Key(model: model.name, check: check.name)
    // Names that are taken otherwise, as by what Hummingbird counts, are shown by those alone.
    guard state.known?.havingMetrics.contains(key) ?? model.hasMetrics(of: check),
      let metrics = try? MLMetrics(
        modelName: model.name, modelVersion: model.version ?? "", registry: registry)
    else { return }
    var shown = Shown(metrics: metrics)
    switch report {
    case .drift(let report):
      for column in report.columns {
        guard let score = column.statistic, let method = column.method else { continue }
        metrics.updateDriftScore(driftType: method, feature: column.column, score: score)
        shown.scores.insert([method, column.column])
      }
    case .performance(let report): show(report, model, check.window.description, &shown)
    case .quality, .failure: break
    }
    if let before = state.shown[key] { forget(before, besides: shown) }
    state.shown[key] = shown
  }

  private func show(
    _ report: PerformanceReport, _ model: ModelConfiguration, _ window: String,
    _ shown: inout Shown
  ) {
    let version = model.version ?? ""
    for (name, value) in report.metrics {
      guard let value = value.value else { continue }
      let labels = [model.name, version, name, window]
      metric.with(labels).set(value)
      shown.figures.insert(labels)
    }
    if let accuracy = report.metrics["accuracy"]?.value,
      let f1Score = (report.metrics["f1_score"] ?? report.metrics["f1_macro"])?.value
    {
      shown.metrics.updatePerformance(accuracy: accuracy, f1Score: f1Score, window: window)
      shown.window = window
    }
  }

  private func forget(_ before: Shown, besides now: Shown? = nil) {
    for score in before.scores.subtracting(now?.scores ?? []) {
      before.metrics.removeDriftScore(driftType: score[0], feature: score[1])
    }
    for labels in before.figures.subtracting(now?.figures ?? []) { metric.remove(labels) }
    let isSame =
      before.window == now?.window && before.metrics.modelVersion == now?.metrics.modelVersion
    if let window = before.window, !isSame { before.metrics.removePerformance(window: window) }
  }

  /// Forgets what is shown of checks there are no more, or that other checks have the metrics of now.
  func keep(of models: [ModelConfiguration]) {
    let known = CheckKeys(models)
    let isGone = { (labels: [String]) in !known.contains(model: labels[0], check: labels[1]) }
    state.withLock { state in
      state.known = known
      for (key, shown) in state.shown where !known.havingMetrics.contains(key) {
        forget(shown)
        state.shown[key] = nil
      }
      runs.removeAll(where: isGone)
      for family in [duration, lastSuccess, stale, driftShare, findings] {
        family.removeAll(where: isGone)
      }
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
