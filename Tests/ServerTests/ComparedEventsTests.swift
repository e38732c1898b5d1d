import Columns
import DataSources
import Events
import Foundation
import Monitoring
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// Which columns of events and of a reference are compared, and what is said of the others.
struct ComparedEventsTests {
  let folder: TemporaryFolder
  let log: EventLog
  private static let due = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  init() throws {
    folder = try TemporaryFolder()
    log = try EventLog(folder: folder.path + "/data") { Self.due }
  }

  /// Five hundred events of the hours before.
  @discardableResult
  private func append(
    _ from: Int64 = 0, _ features: (Int64) -> String, more: (Int64) -> String = { _ in "" }
  ) async throws -> EventLog.Ingested {
    let lines = (from..<from + 500).map { row in
      let time = Instant(microseconds: Self.due.microseconds - 1_000_000 * (1 + row))
      return "{\"prediction_id\": \"p\(row)\", \"timestamp\": \"\(time.iso8601)\", "
        + "\"features\": {\(features(row))}\(more(row))}"
    }
    let events = try await log.append(
      Array(lines.joined(separator: "\n").utf8), .lines, to: "m", .predictions)
    try #require(events.appended.accepted == 500, "\(events.read.rejected.prefix(3))")
    return events
  }

  private func runner(_ kind: String, _ model: String, window: String = "1d") throws -> CheckRunner
  {
    let configuration = try ConfigurationReader.read(
      """
      models:
        - name: m
          \(model)
          checks: [{type: \(kind), schedule: "0 * * * *", window: \(window)}]
      """, path: "plumbline.yaml", environment: [:])
    let read = try #require(configuration.models.first)
    return CheckRunner(
      log: log, sources: SourceOpener(threads: 1), model: read,
      check: try #require(read.checks.first))
  }

  private func drift(_ model: String, window: String = "1d") throws -> DriftReport {
    guard case .drift(let report) = try runner("drift", model, window: window).run(due: Self.due)
    else { throw CancellationError() }
    return report
  }

  private func findings(_ model: String) throws -> [String] {
    guard case .quality(let report) = try runner("quality", model).run(due: Self.due) else {
      throw CancellationError()
    }
    return report.findings.filter { $0.severity != .info }.map(\.message)
  }

  private func drifted(_ report: DriftReport) -> [String: Bool] {
    Dictionary(
      report.columns.map { ($0.column, $0.drifted ?? false) }, uniquingKeysWith: { $1 })
  }

  // MARK: Features that are called like something else

  @Test func `Features called feature_ are compared, and metrics call them so`() async throws {
    let reference = try folder.write(
      "ref.csv",
      rowsOf: """
        SELECT range % 50 AS feature_1, range * 7 % 90 AS feature_2,
          ['se', 'no'][range % 2 + 1] AS category_a FROM range(500)
        """)
    let events = try await append { row in
      "\"feature_1\": \(500 + row), \"feature_2\": \(row * 7 % 90), "
        + "\"category_a\": \"\(row % 2 == 0 ? "se" : "no")\""
    }
    let report = try drift("reference: \(reference)")
    #expect(drifted(report) == ["feature_1": true, "feature_2": false, "category_a": false])
    #expect(report.status != .healthy)
    let messages = try findings("reference: \(reference)")
    #expect(!messages.contains { $0.contains("is in") }, "\(messages)")

    let registry = MetricRegistry()
    let runner = try runner("drift", "reference: \(reference)")
    try CheckMetrics(registry).show(
      .drift(report), of: runner.model, runner.check, due: Self.due, isStale: false)
    try ServiceMetrics(registry).count(
      events, of: "m", .predictions, liveSince: Instant(microseconds: 0))
    let text = String(decoding: registry.render(.text), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(
      lines.contains {
        $0.hasPrefix("ml_drift_score{model_name=\"m\"") && $0.contains("feature=\"feature_1\"")
      })
    #expect(
      text.contains("ml_feature_value_count{model_name=\"m\",feature_name=\"feature_1\"} 500"))
    #expect(!text.contains("feature_feature"), "\(text)")
  }

  private static let words = """
    SELECT ['a', 'b'][range % 2 + 1] AS status, ['x', 'y'][range % 2 + 1] AS date,
      ['eu', 'us'][range % 2 + 1] AS segment, range % 50 AS amount FROM range(500)
    """

  private func words(_ row: Int64, isOther: Bool = false) -> String {
    let odd = row % 2 == 1
    return "\"status\": \"\(isOther ? "c" : odd ? "b" : "a")\", \"date\": \"\(odd ? "y" : "x")\", "
      + "\"segment\": \"\(odd ? "us" : "eu")\", \"amount\": \(row % 50)"
  }

  @Test(arguments: [false, true])
  func `A feature called like a member of events is compared with the reference's`(
    hasOwn: Bool
  ) async throws {
    let reference = try folder.write("ref.csv", rowsOf: Self.words)
    try await append {
      words($0, isOther: true)
    } more: { _ in
      hasOwn ? ", \"status\": \"success\", \"segment\": \"web\"" : ""
    }
    let report = try drift("reference: \(reference)")
    #expect(
      drifted(report) == ["status": true, "date": false, "segment": false, "amount": false],
      "\(report.columns.map { [$0.column, $0.reason ?? ""] })")
    #expect(report.notes.isEmpty)
    let messages = try findings("reference: \(reference)")
    #expect(messages.contains("only ever c in current, while it varies in reference"))
    #expect(!messages.contains { $0.contains("is in") }, "\(messages)")
  }

  @Test func `A reference that was exported from the log is compared as it is`() async throws {
    try await append {
      words($0) + ", \"feature_status\": \($0 % 7)"
    } more: { _ in
      ", \"status\": \"success\", \"prediction\": 1"
    }
    let reference = folder.path + "/reference.parquet"
    try FileManager.default.moveItem(
      atPath: log.exportFile(.predictions, of: "m"), toPath: reference)
    let report = try drift("reference: \(reference)")
    let names: Set = ["status", "feature_status", "date", "segment", "amount", "prediction"]
    #expect(Set(report.columns.map(\.column)) == names)
    #expect(report.columns.allSatisfy { $0.drifted == false }, "\(drifted(report))")
    #expect(!(try findings("reference: \(reference)")).contains { $0.contains("is in") })
  }

  @Test func `Events are compared with those before by the names of features`() async throws {
    try await append {
      words($0)
    } more: { _ in
      ", \"status\": \"success\""
    }
    try await append(500) {
      words($0, isOther: true)
    } more: { _ in
      ", \"status\": \"error\""
    }
    // Of 1000 seconds the first 500 are compared with the last.
    let report = try drift("", window: "500s")
    #expect(
      drifted(report) == ["status": true, "date": false, "segment": false, "amount": false])
  }

  @Test func `What a file calls a feature by its former name is compared too`() throws {
    let names = EventComparison(
      sent: ["prediction_id", "timestamp", "feature_feature_1", "feature_2"],
      reference: ["feature_1", "feature_2"])
    let events = try SourceOpener(threads: 1).open(
      folder.write(
        "old.parquet",
        rowsOf: "SELECT 'a' AS prediction_id, 1 AS feature_feature_1, 2 AS feature_2"),
      sql: nil, option: "--current-sql")
    let columns = try names.events(events).columns(over: events.database.connect()).map(\.name)
    #expect(columns == ["prediction_id", "feature_1", "feature_2"])
  }

  // MARK: What only one side has

  private static let outcomes = """
    SELECT range % 50 AS amount, range % 2 AS label, range % 2 AS prediction,
      0.5 AS probability_1 FROM range(500)
    """

  @Test(arguments: ["", "schema: {target: label}"])
  func `That labels come apart is no finding`(schema: String) async throws {
    let reference = try folder.write("ref.csv", rowsOf: Self.outcomes)
    try await append { "\"amount\": \($0 % 50)" }
    let model = "reference: \(reference)\n    \(schema)"
    let report = try drift(model)
    #expect(report.columns.map(\.column) == ["amount"] && report.status == .healthy)
    #expect(report.notes.contains { $0.contains("`label`") && $0.contains("schema.target") })
    // Nor is it that no predictions were ever sent.
    #expect(report.notes.contains { $0.contains("`prediction`, `probability_1`") })
    #expect(try findings(model).isEmpty)
  }

  @Test func `A target of another name comes apart too, where a check of performance has it`()
    async throws
  {
    let reference = try folder.write(
      "ref.csv", rowsOf: "SELECT range % 50 AS amount, range % 2 AS fraud FROM range(500)")
    try await append { "\"amount\": \($0 % 50)" }
    var runner = try runner("quality", "reference: \(reference)")
    guard case .quality(let before) = try runner.run(due: Self.due) else {
      throw CancellationError()
    }
    #expect(before.status == .critical)
    var model = runner.model
    model.checks.append(try self.runner("performance", "type: classification").check)
    model.checks[1].performance.target = "fraud"
    runner = CheckRunner(log: log, sources: runner.sources, model: model, check: runner.check)
    guard case .quality(let after) = try runner.run(due: Self.due) else {
      throw CancellationError()
    }
    #expect(after.status == .healthy && after.notes.contains { $0.contains("`fraud`") })
  }

  @Test func `Predictions that come no more are missing`() async throws {
    let reference = try folder.write("ref.csv", rowsOf: Self.outcomes)
    try await append(100_000) {
      "\"amount\": \($0 % 50)"
    } more: { _ in
      ", \"prediction\": 1"
    }
    try await append { "\"amount\": \($0 % 50)" }
    let messages = try findings("reference: \(reference)")
    #expect(messages == ["missing values rose from 0.0 % to 100.0 %"])
  }

  @Test func `The target of a table of production comes apart with its labels`() async throws {
    let rows = """
      SELECT range % 50 AS amount, TIMESTAMP '2026-11-24 11:00:00' AS t FROM range(500)
      """
    let production = try folder.write("production.parquet", rowsOf: rows)
    let reference = try folder.write("r.parquet", rowsOf: "SELECT *, 1 AS y FROM (\(rows))")
    let model = """
      reference: \(reference)
          production: \(production)
          schema: {timestamp: t, target: y}
      """
    #expect(throws: MonitoringError.self) { try drift(model) }
    let report = try drift(model + "\n    labels: \(reference)")
    #expect(report.columns.map(\.column) == ["amount"])
    #expect(report.notes.contains { $0.contains("`y`") })
  }

  @Test func `A column that is not there is told by the key that names it`() async throws {
    try await append { "\"amount\": \($0 % 50)" }
    let reference = try folder.write("ref.csv", rowsOf: "SELECT range AS amount FROM range(100)")
    let error = #expect(throws: MonitoringError.self) {
      try findings("reference: \(reference)\n    schema: {numerical: [amuont]}")
    }
    #expect(error?.what.hasPrefix("schema.numerical names the column `amuont`") == true)
  }
}
