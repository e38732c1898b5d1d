import DataSources
import Events
import Foundation
import Monitoring
import Store
import Support
import Testing

@testable import PlumblineServer

/// Checks over the log's own events.
struct CheckRunnerTests {
  let folder: TemporaryFolder
  let log: EventLog

  init() throws {
    folder = try TemporaryFolder()
    log = try EventLog(folder: folder.path + "/data") {
      Instant("2026-11-24T23:00:00Z") ?? Instant(microseconds: 0)
    }
  }

  /// An event each minute from eight o'clock on.
  private func append(minutes: Int) async throws {
    let start = try #require(Instant("2026-11-24T08:00:00Z"))
    let lines = (0..<minutes).map { minute in
      let time = Instant(microseconds: start.microseconds + Int64(minute) * 60_000_000)
      return "{\"prediction_id\": \"p\(minute)\", \"timestamp\": \"\(time.iso8601)\", "
        + "\"features\": {\"x\": \(minute), \"plan\": \"\(minute % 2 == 0 ? "a" : "b")\"}}"
    }
    let text = Array(lines.joined(separator: "\n").utf8)
    let events = try await log.append(text, .lines, to: "fraud", .predictions)
    #expect(events.appended.accepted == minutes)
  }

  private func run(
    _ due: String, _ quality: String = "freshness: 2h", model: String = ""
  ) throws -> DataQualityReport {
    let configuration = try ConfigurationReader.read(
      """
      models:
        - name: fraud
          \(model)
          checks:
            - {type: quality, schedule: "0 * * * *", window: 1h, reference_window: 30m, quality: {\(quality)}}
      """, path: "plumbline.yaml", environment: [:])
    let model = try #require(configuration.models.first)
    let runner = CheckRunner(
      log: log, sources: SourceOpener(threads: 1), model: model,
      check: try #require(model.checks.first))
    let report = try runner.run(due: #require(Instant("2026-11-24T\(due)Z")))
    guard case .quality(let quality) = report else { throw CancellationError() }
    return quality
  }

  @Test func `A model that fell silent is stale, though its window is empty`() async throws {
    try await append(minutes: 90)
    let reference = try folder.write(
      "reference.parquet",
      rowsOf: "SELECT range AS x, ['a', 'b'][range % 2 + 1] AS plan FROM range(90)")
    let newest = "2026-11-24T09:29:00Z"
    for model in ["", "reference: \(reference)"] {
      #expect(try run("09:30:00", model: model).findings.allSatisfy { $0.check != .freshness })
      // Nothing came for an hour, which is not yet too long.
      let quiet = try run("11:00:00", "freshness: 2h, checks: [freshness]", model: model)
      #expect(quiet.status == .healthy && quiet.newest == newest, "\(quiet)")
      // With and without anything in the time before the window.
      for due in ["12:00:00", "20:00:00"] {
        let silent = try run(due, model: model)
        let stale = silent.findings.first { $0.check == .freshness }
        #expect(stale?.severity == .critical && silent.status == .critical, "\(silent)")
        #expect(silent.newest == newest && silent.current.rows == 0)
        // An alert on new categories is not over because nothing comes any more.
        let samples = MetricSample.samples(of: silent, labels: [:], at: Instant(microseconds: 0))
        #expect(samples.map(\.metric) == ["data_quality_findings"])
        #expect(silent.findings.contains { $0.check == .rowCount && $0.severity == .critical })
      }
    }
  }

  @Test func `Without freshness, or without a single event, the check cannot be made`() async throws
  {
    #expect(throws: CheckRunner.NoEvents.self) { try run("12:00:00") }
    try await append(minutes: 90)
    #expect(throws: CheckRunner.NoEvents.self) { try run("12:00:00", "checks: [missing_values]") }
    #expect(throws: CheckRunner.NoEvents.self) {
      try run("12:00:00", "freshness: 2h, checks: [missing_values]")
    }
    // There was none yet by then.
    #expect(throws: CheckRunner.NoEvents.self) { try run("07:00:00") }
  }
}
