import Foundation
import Support
import Testing

/// Checks that the service makes by itself.
struct ChecksTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func start(_ models: String) throws -> RunningService {
    try RunningService(
      folder,
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      models:
      \(models)
      """)
  }

  /// A history in which a check was last due some minutes ago, so that it is caught up with at once.
  private func wasDue(_ check: String, minutesAgo: Int) throws {
    let now = Int(Date().timeIntervalSince1970) / 60 * 60 - minutesAgo * 60
    let time = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(now)))
    let program = """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1])
      db.execute("INSERT OR REPLACE INTO check_progress VALUES ('fraud', ?, ?)", sys.argv[2:4])
      db.commit()
      """
    let run = try ToolRun.python(["-c", program, folder.path + "/data/history.db", check, time])
    try #require(run.code == 0, "\(run.errors)")
  }

  /// The runs that were kept, newest first, once they are what is waited for.
  private func runs(
    _ service: RunningService, until isEnough: ([[String: Any]]) -> Bool
  ) async throws -> [[String: Any]] {
    while true {
      let answer = try #require(await service.request("GET", "v1/models/fraud/runs"))
      let runs = answer.json["runs"] as? [[String: Any]] ?? []
      if isEnough(runs) { return runs }
      await Task.yield()
    }
  }

  /// A service that makes no checks by itself, whatever minute it is.
  private func startWithoutChecks() throws -> RunningService {
    try start("  - {name: fraud, version: v1, type: classification}")
  }

  @Test func `Checks that were missed are made, and their figures are metrics`() async throws {
    let checks = """
        - name: fraud
          version: v1
          type: classification
          reference: \(try folder.write("r.parquet", rowsOf: "SELECT range::DOUBLE AS x FROM range(400)"))
          checks:
            - {type: drift, schedule: "* * * * *", window: 1d}
            - {type: quality, schedule: "* * * * *", window: 1d, quality: {freshness: 30s}}
            - {type: performance, schedule: "* * * * *", window: 1d}
      """
    let first = try startWithoutChecks()
    let earlier = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -600))
    let events = (0..<400).map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"\(earlier)\", \"prediction\": \($0 % 2), "
        + "\"probabilities\": {\"1\": 0.\($0 % 2)5}, \"features\": {\"x\": \($0)}}"
    }
    func predict(_ service: RunningService) async -> RunningService.Answer? {
      await service.request(
        "POST", "v1/models/fraud/predictions", body: Data(events.joined(separator: "\n").utf8),
        type: "application/x-ndjson")
    }
    #expect(await predict(first)?.json["accepted"] as? Int == 400)
    let labels = (0..<400).map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"\(earlier)\", \"label\": \($0 % 3 % 2)}"
    }
    let labelled = await first.request(
      "POST", "v1/models/fraud/labels", body: Data(labels.joined(separator: "\n").utf8),
      type: "application/x-ndjson")
    #expect(labelled?.json["accepted"] as? Int == 400)
    first.send(SIGTERM)
    #expect(first.wait() == 0)
    // All were last made two minutes ago: two times are caught up with.
    let names = ["drift", "quality", "performance"]
    for check in names { try wasDue(check, minutesAgo: 2) }
    let second = try start(checks)
    func dues(_ check: String, _ runs: [[String: Any]]) -> [String] {
      runs.filter { $0["check"] as? String == check }.compactMap { $0["due_at"] as? String }
    }
    let kept = try await runs(second) { runs in names.allSatisfy { dues($0, runs).count >= 2 } }
    for check in names {
      let dues = dues(check, kept)
      #expect(dues == dues.sorted(by: >) && Set(dues).count == dues.count)
    }
    #expect(!kept.contains { $0["kind"] as? String == "failure" }, "\(kept)")
    #expect(await predict(second)?.json["duplicates"] as? Int == 400)
    let next = #"{"prediction_id": "next", "probabilities": {"1": 0.75}}"#
    _ = await second.request(
      "POST", "v1/models/fraud/predictions", body: Data(next.utf8), type: "application/x-ndjson")
    let metrics = try #require(await second.request("GET", "metrics")).text
    #expect(metrics.contains("plumbline_check_runs_total{model_name=\"fraud\",check=\"drift\""))
    try await expectQuality(second, kept, metrics)
    try expectDashboard(toDraw: metrics)
  }

  /// A check of data quality is kept, told, measured and drawn as every other.
  private func expectQuality(
    _ service: RunningService, _ runs: [[String: Any]], _ metrics: String
  ) async throws {
    let run = try #require(runs.first { $0["check"] as? String == "quality" })
    #expect(run["kind"] as? String == "quality" && run["status"] as? String == "degraded")
    #expect((run["headline"] as? String)?.contains("warning") == true, "\(run)")
    let path = "v1/runs/\(try #require(run["id"] as? Int))"
    let report = try #require(await service.request("GET", path)).json
    let findings = try #require(report["findings"] as? [[String: Any]])
    let stale = try #require(findings.first { $0["check"] as? String == "freshness" })
    #expect((stale["message"] as? String)?.contains("the newest row is of") == true)
    let page = try #require(
      await service.request("GET", path, headers: ["Accept": "text/html"])
    ).text
    #expect(page.contains("Data quality report") && page.contains("the newest row is of"))
    let series = "{model_name=\"fraud\",check=\"quality\",severity=\"warning\"}"
    #expect(metrics.contains("ml_data_quality_findings\(series) "), "\(metrics)")
    #expect(
      metrics.contains("plumbline_data_quality_findings{check=\"quality\",model_name=\"fraud\"} "))
    let dashboard = try Browser.look(at: service.address.absoluteString + "/", in: folder.path).dom
    #expect(dashboard.contains("<td>quality</td>"), "\(dashboard)")
  }

  /// The dashboard that comes along draws nothing the service does not have.
  private func expectDashboard(toDraw metrics: String) throws {
    let path = "../../../../Deploy/monitoring-stack/grafana/dashboards/plumbline.json"
    let dashboard = try String(
      contentsOf: URL(fileURLWithPath: #filePath).appendingPathComponent(path).standardizedFileURL,
      encoding: .utf8)
    let names = Set(dashboard.matches(of: /(ml|plumbline)_[a-z0-9_]+/).map { $0.output.0 })
    #expect(names.count > 8)
    for name in names {
      let family = name.replacing(/_bucket$/, with: "")
      #expect(metrics.contains("# TYPE \(family) "), "\(name)")
    }
  }

  @Test func `A check that cannot be made says so, and keeps the figures it had`() async throws {
    let source = folder.path + "/production.parquet"
    let checks = """
        - name: fraud
          production: \(source)
          reference: \(source)
          schema: {timestamp: t}
          checks: [{type: drift, schedule: "* * * * *", window: 7d}]
      """
    _ = try folder.write(
      "production.parquet",
      rowsOf:
        "SELECT range AS x, now()::TIMESTAMP - INTERVAL 1 HOUR * (range % 100) AS t FROM range(500)"
    )
    for round in 0..<2 {
      if round == 0 {
        let service = try startWithoutChecks()
        service.send(SIGTERM)
        #expect(service.wait() == 0)
      } else {
        try FileManager.default.removeItem(atPath: source)
      }
      try wasDue("drift", minutesAgo: 1)
      let service = try start(checks)
      let kind = round == 0 ? "drift" : "failure"
      let kept = try await runs(service) { $0.contains { $0["kind"] as? String == kind } }
      let first = try #require(kept.last { $0["kind"] as? String == kind })
      let metrics = try #require(await service.request("GET", "metrics")).text
      let stale = "plumbline_check_stale{model_name=\"fraud\",check=\"drift\"}"
      #expect(metrics.contains("ml_drift_share_ratio{model_name=\"fraud\",check=\"drift\"} 0"))
      #expect(metrics.contains("\(stale) \(round)\n"), "\(metrics)")
      if round == 1 {
        let id = try #require(first["id"] as? Int)
        let failure = try #require(await service.request("GET", "v1/runs/\(id)"))
        #expect(failure.json["type"] as? String == "metrics_collection_failure")
        #expect(failure.json["recovery"] as? String == "fallback_to_cached_metrics")
        #expect(failure.json["cached_run"] as? Int == id - 1)
      }
      service.send(SIGTERM)
      #expect(service.wait() == 0)
    }
  }
}
