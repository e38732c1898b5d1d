import DataSources
import Events
import Logging
import Monitoring
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What /metrics says of checks, of several of one kind, and of those there are no more.
struct CheckMetricsTests {
  let folder: TemporaryFolder
  let registry = MetricRegistry()
  private static let due = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  init() throws {
    folder = try TemporaryFolder()
  }

  private func configuration(_ models: String) throws -> Configuration {
    try ConfigurationReader.read(
      "models:\n" + models, path: "plumbline.yaml", environment: [:])
  }

  private func model(_ checks: String, name: String = "m") -> String {
    "  - {name: \(name), version: v1, type: classification, checks: [\(checks)]}\n"
  }

  private static func check(_ type: String, _ name: String, _ window: String = "1d") -> String {
    "{type: \(type), name: \(name), schedule: \"0 * * * *\", window: \(window)}"
  }

  /// Lines of /metrics that have a text.
  private func lines(_ text: String) -> [String] {
    String(decoding: registry.render(.text), as: UTF8.self).split(separator: "\n")
      .map(String.init).filter { !$0.hasPrefix("#") && $0.contains(text) }
  }

  /// Drift of columns `x` and `y`.
  private func drift(by shift: Int, columns: String = "x, y") throws -> RunReport {
    let rows = "SELECT range % 50 AS x, range % 7 AS y FROM range(500)"
    let sources = SourceOpener(threads: 1)
    let reference = try sources.open(
      folder.write("reference.parquet", rowsOf: rows), sql: nil, option: "--reference-sql")
    let current = try sources.open(
      folder.write(
        "current\(shift)\(columns.count).parquet",
        rowsOf: "SELECT \(columns) FROM (SELECT x + \(shift) AS x, y FROM (\(rows)))"), sql: nil,
      option: "--current-sql")
    var options = DriftOptions()
    if columns == "y" { options.schema.ignored = ["x"] }
    return .drift(
      try DriftCheck(reference: reference, current: current, options: options).run())
  }

  private func performance(right share: Double) throws -> RunReport {
    let path = try folder.write(
      "predictions\(share).parquet",
      rowsOf: """
        SELECT range % 2 AS label, CASE WHEN range < 100 * \(share) THEN range % 2
          ELSE 1 - range % 2 END AS prediction FROM range(100)
        """)
    var options = PerformanceOptions()
    options.task = .classification
    options.target = "label"
    options.prediction = "prediction"
    options.positiveLabel = "1"
    return .performance(
      try PerformanceCheck(
        predictions: SourceOpener(threads: 1).open(path, sql: nil, option: "--sql"),
        options: options
      ).run())
  }

  private func show(
    _ metrics: CheckMetrics, _ report: RunReport, _ model: ModelConfiguration, _ check: Int
  ) {
    metrics.record(report, of: model, model.checks[check], due: Self.due, seconds: 1)
  }

  @Test func `Of several checks of drift the first has the scores, whichever ran last`() throws {
    let metrics = try CheckMetrics(registry)
    let checks = Self.check("drift", "a", "1h") + ", " + Self.check("drift", "b", "7d")
    let model = try #require(try configuration(model(checks)).models.first)
    show(metrics, try drift(by: 0), model, 0)
    let before = lines("ml_drift_score{")
    #expect(before.count == 2)
    show(metrics, try drift(by: 1_000), model, 1)
    #expect(lines("ml_drift_score{") == before)
    #expect(lines("ml_drift_share_ratio{").count == 2)
    #expect(lines("ml_drift_share_ratio{model_name=\"m\",check=\"b\"} 0.5").count == 1)
    // A column that is compared no more has no score.
    show(metrics, try drift(by: 0, columns: "y"), model, 0)
    #expect(lines("ml_drift_score{").allSatisfy { $0.contains("feature=\"y\"") })
    #expect(lines("ml_drift_score{").count == 1)
  }

  @Test func `Of checks of performance the first over each window has the model's metrics`() throws
  {
    let metrics = try CheckMetrics(registry)
    let checks =
      Self.check("performance", "a") + ", " + Self.check("performance", "b") + ", "
      + Self.check("performance", "c", "7d")
    let model = try #require(try configuration(model(checks)).models.first)
    for (check, share) in [0.9, 0.5, 0.7].enumerated() {
      show(metrics, try performance(right: share), model, check)
    }
    let accuracy = "ml_model_accuracy{model_name=\"m\",model_version=\"v1\",window="
    #expect(lines(accuracy) == [accuracy + "\"1d\"} 0.9", accuracy + "\"7d\"} 0.7"])
    #expect(lines("metric=\"accuracy\",window=\"1d\"} 0.9").count == 1)
  }

  @Test func `What failed leaves the figures there were`() throws {
    let metrics = try CheckMetrics(registry)
    let model = try #require(
      try configuration(model(Self.check("drift", "a"))).models.first)
    show(metrics, try drift(by: 0), model, 0)
    show(metrics, .failure(RunFailure(reason: "gone", cachedRun: 1)), model, 0)
    #expect(lines("ml_drift_score{").count == 2)
    #expect(lines("plumbline_check_stale{model_name=\"m\",check=\"a\"} 1").count == 1)
  }

  @Test func `Checks and models that were taken out are shown no more`() async throws {
    let both = Self.check("drift", "first") + ", " + Self.check("drift", "second")
    let old = try configuration(model(both) + model(Self.check("drift", "drift"), name: "gone"))
    let fresh = try configuration(model(Self.check("drift", "second")))
    let clock: @Sendable () -> Instant = { Self.due }
    let log = try EventLog(folder: folder.path + "/data", clock: clock)
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: registry, configuration: old, now: clock)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let alerts = try AlertService(
      state: state, history: try History(path: folder.path + "/history.db"), logger: logger)
    let metrics = try CheckMetrics(registry)
    let reload = ReloadOnSignal(
      state: state, alerts: alerts, checks: metrics, logger: logger, started: old.service,
      signals: await ReloadSignals.trapped()
    ) { fresh }
    let report = try drift(by: 0)
    func showAll(_ report: RunReport) {
      for model in old.models {
        for check in model.checks {
          metrics.record(report, of: model, check, due: Self.due, seconds: 1)
          alerts.record(report, of: model.name, check: check, due: Self.due)
        }
      }
    }
    func expectShown(_ names: String...) {
      for name in names {
        #expect(lines(name).contains { $0.contains("\"gone\"") }, "\(name)")
        #expect(lines(name).contains { $0.contains("\"first\"") }, "\(name)")
      }
    }
    showAll(report)
    expectShown("plumbline_data_drift_score{", "ml_drift_share_ratio{")
    showAll(.failure(RunFailure(reason: "gone", cachedRun: nil)))
    expectShown("plumbline_check_stale{", "plumbline_check_failed{", "plumbline_check_runs_total{")
    reload.reload()
    // Those that were under way come to their end.
    showAll(report)
    let left = lines("\"first\"") + lines("\"gone\"").filter { !$0.hasPrefix("ml_prediction") }
    #expect(left.isEmpty, "\(left)")
    #expect(
      lines("plumbline_check_stale{") == [
        "plumbline_check_stale{model_name=\"m\",check=\"second\"} 0"
      ])
    #expect(lines("plumbline_check_failed{").count == 1)
    // The scores are the other check's now.
    #expect(lines("ml_drift_score{").count == 2)
  }
}
