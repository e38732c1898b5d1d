import Foundation
import Monitoring
import Store
import Support
import Testing

/// `plumbline diagnose` on files with incidents in them.
struct DiagnoseTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Calibrated scores of a region and an amount; what the current rows differ by is SQL.
  struct Incident {
    var missing = "false"
    var flipped = "false"
    var version = "'v1'"
  }

  func rows(_ name: String, from: String, _ incident: Incident = Incident()) throws
    -> String
  {
    try folder.write(
      name,
      rowsOf: """
        SELECT id, made, region, CASE WHEN \(incident.missing) THEN NULL ELSE amount END AS amount,
          score, CASE WHEN \(incident.flipped) THEN 1 - late ELSE late END AS late,
          \(incident.version) AS version
        FROM (
          SELECT 'u' || range AS id, TIMESTAMP '\(from)' + INTERVAL 10 MINUTE * range AS made,
            CASE WHEN hash(range) % 3 = 0 THEN 'north' ELSE 'south' END AS region,
            (hash(range + 5) % 1009) / 1009.0 AS amount,
            0.1 + 0.8 * amount AS score,
            CASE WHEN hash(range + 9) % 10007 < score * 10007 THEN 1 ELSE 0 END AS late
          FROM range(3000))
        """)
  }

  static let columns = [
    "--target", "late", "--probability", "score", "--timestamp", "made", "--ignore", "id",
    "--version-column", "version",
  ]

  /// Quick where it need not be exact.
  func quick(_ more: String = "") throws -> [String] {
    ["--config", try folder.write("quick.yaml", "diagnosis:\n  rows: 1000\n\(more)")]
  }

  private func diagnose(
    _ incident: Incident, _ arguments: [String] = [], ending: String = "parquet"
  ) throws -> CommandRun.Outcome {
    let reference = try rows("r.\(ending)", from: "2026-01-01")
    let current = try rows("c.\(ending)", from: "2026-02-01", incident)
    return try CommandRun.plumbline(
      ["diagnose", reference, current] + Self.columns + arguments)
  }

  private static let broken = Incident(
    missing: "made >= TIMESTAMP '2026-02-08' AND hash(id) % 2 = 0")
  private static let changed = Incident(
    flipped: "region = 'north' AND made >= TIMESTAMP '2026-02-04'")

  @Test(arguments: ["parquet", "csv"])
  func `A relation that changed in one segment is named in every format`(_ ending: String) throws {
    let json = try diagnose(Self.changed, ["--format", "json"], ending: ending)
    #expect(json.code == 0, "\(json.errors)")
    #expect(json.json["primary_cause"] as? String == "concept_drift")
    let segments = json.json["segments"] as? [[String: Any]] ?? []
    #expect((segments.first?["segment"] as? String)?.contains("region = north") == true)
    #expect(
      try CommandRun.isOfSchema(
        "diagnosis-report", folder.write("report.json", json.output)))
    guard ending == "parquet" else { return }
    let table = try diagnose(Self.changed)
    #expect(table.output.contains("concept drift") && table.output.contains("region = north"))
    // What comes in an order has its numbers and no bullets.
    #expect(table.output.contains("\n1. Retrain with recent data"))
    #expect(!table.output.contains("- 1."))
    let markdown = try diagnose(Self.changed, ["--format", "markdown"])
    #expect(markdown.output.contains("### What to do\n\n1. Retrain"))
    #expect(markdown.output.contains("| concept drift |"))
    let junit = try diagnose(Self.changed, ["--format", "junit"])
    let read = try ToolRun.python(
      ["-c", "import sys, xml.dom.minidom as dom; dom.parse(sys.stdin.buffer)"], input: junit.output
    )
    #expect(read.code == 0 && junit.output.contains("value=\"concept_drift\""))
    #expect(junit.output.contains("<failure type=\"critical\""))
  }

  @Test func `A pipeline that loses values is named with the column and its time`() throws {
    let outcome = try diagnose(Self.broken, ["--format", "json"])
    #expect(outcome.json["primary_cause"] as? String == "model_bug")
    let cause = try #require((outcome.json["causes"] as? [[String: Any]])?.first)
    #expect(cause["kind"] as? String == "feature_engineering_bug")
    #expect((cause["evidence"] as? [String])?.first?.contains("`amount`") == true)
    let since = try #require(cause["since"] as? String)
    #expect(since >= "2026-02-06" && since < "2026-02-10", "\(since)")
  }

  @Test func `Exit codes say what was asked about`() throws {
    for (limit, code) in [("never", 0), ("degraded", 1), ("critical", 1)] as [(String, Int32)] {
      #expect(try diagnose(Self.changed, ["--quiet", "--fail-on", limit]).code == code, "\(limit)")
    }
    let quiet = try diagnose(Incident(), ["--fail-on", "degraded"])
    #expect(quiet.code == 0 && quiet.output.contains("nothing got worse"), "\(quiet.output)")
    // Without labels nobody knows: that is no success where a verdict was asked for.
    let reference = try rows("r.parquet", from: "2026-01-01")
    let current = try rows("c.parquet", from: "2026-02-01")
    let blind = ["diagnose", reference, current, "--probability", "score", "--ignore", "id,late"]
    #expect(try CommandRun.plumbline(blind + ["--fail-on", "degraded"]).code == 2)
    let told = try CommandRun.plumbline(blind)
    #expect(told.code == 0 && told.output.contains("not known"), "\(told.output)")
    #expect(try CommandRun.plumbline(["diagnose", reference]).code == 2)
    let nothing = try CommandRun.plumbline(["diagnose"])
    #expect(nothing.code == 2 && nothing.errors.contains("nothing to go by"))
  }

  @Test func `A stranger finds everything in the help`() throws {
    let help = try CommandRun.plumbline(["help", "diagnose"])
    #expect(help.code == 0)
    for word in [
      "--target", "--probability", "--version-column", "--deployments", "--infrastructure",
      "--prometheus", "--history", "--html", "--fail-on", "Example", "PREDICTIONS:", "LABELS:",
    ] {
      #expect(help.output.contains(word), "\(word)")
    }
    #expect(help.output.components(separatedBy: "--timestamp <").count == 2)
  }

  @Test func `The page shows the tree, also on a phone and in the dark`() throws {
    let page = folder.path + "/why.html"
    let outcome = try diagnose(Self.changed, ["--quiet", "--html", page])
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    let sight = try Browser.look(at: "file://\(page)", in: folder.path)
    #expect(sight.complaints.isEmpty, "\(sight.complaints)")
    #expect(sight.dom.contains("<ol>") && !sight.dom.contains("<li>1. "))
    let wide = try Browser.measure(page: page, width: 1_280, in: folder.path)
    #expect(wide.nodes >= 18 && wide.text.contains("Model Performance Degraded?"))
    #expect(wide.text.contains("region = north") && wide.text.contains("Retrain with recent data"))
    let phone = try Browser.measure(page: page, width: 390, in: folder.path)
    #expect(phone.width <= 390 && phone.nodes == wide.nodes)
    let dark = try Browser.measure(page: page, width: 390, in: folder.path, isDark: true)
    #expect(dark.background != phone.background && dark.color != phone.color)
    #expect(dark.width <= 390)
  }

  @Test func `Records of a service and given figures count too`() throws {
    let deployments = try folder.write(
      "deployments.json",
      """
      [{"at": "2026-01-01T00:00:00Z", "version": "v1"},
       {"at": "2026-02-04T00:00:00Z", "version": "v2", "dependencies": {"numpy": "2.1"}}]
      """)
    let outcome = try diagnose(
      Self.changed,
      [
        "--deployments", deployments, "--infrastructure", "latency_p99_ms=120:110", "--format",
        "json",
      ])
    let timeline = outcome.json["timeline"] as? [[String: Any]] ?? []
    #expect(timeline.contains { $0["kind"] as? String == "deployment" })
    // A version that came along and left scores as they were is not the cause.
    #expect(outcome.json["primary_cause"] as? String == "concept_drift")
    for (text, place) in [
      ("[{\"version\": \"v1\"}]", "0 has no `at`"), ("{}", "what it holds has to be"),
    ] {
      let broken = try folder.write("broken.json", text)
      let refused = try diagnose(Self.changed, ["--deployments", broken])
      #expect(
        refused.code == 2 && refused.errors.contains("broken.json")
          && refused.errors.contains(place),
        "\(refused.errors)")
    }
  }

  @Test func `What came after the rows is no cause, unless the diagnosis is of a later time`()
    throws
  {
    // The last of the current rows is of 21 February.
    let path = folder.path + "/history.db"
    let history = try History(path: path)
    let end = try #require(Instant("2026-03-20T00:00:00Z"))
    try history.add(
      (0..<60 * 24).map { hour in
        let at = Instant(microseconds: end.microseconds - Int64(60 * 24 - hour) * 3_600_000_000)
        return MetricSample(
          metric: "cpu_utilization", labels: ["model_name": "m"], at: at,
          value: at >= Instant("2026-02-25T00:00:00Z") ?? end ? 99 : 30)
      })
    for (at, version) in [("2026-02-03T00:00:00Z", "v2"), ("2026-03-01T00:00:00Z", "v3")] {
      try history.add(Deployment(at: try #require(Instant(at)), version: version), of: "m")
    }
    func asked(_ arguments: String...) throws -> (cpu: String?, versions: Int, fresh: String?) {
      let config = try quick("  freshness: 6h\n")
      let run = try diagnose(
        Incident(),
        ["--history", path, "--model", "m", "--format", "json"] + config + arguments)
      let diagnostics = try #require(run.json["diagnostics"] as? [[String: Any]], "\(run)")
      func outcome(_ check: String) -> String? {
        diagnostics.first { $0["check_name"] as? String == check }?["outcome"] as? String
      }
      let timeline = run.json["timeline"] as? [[String: Any]] ?? []
      return (
        outcome("infrastructure_cpu_check"),
        timeline.count { $0["kind"] as? String == "deployment" }, outcome("data_freshness_check")
      )
    }
    let rows = try asked()
    #expect(rows.cpu == "passed" && rows.versions == 1 && rows.fresh == "unknown", "\(rows)")
    let later = try asked("--as-of", "2026-03-20T00:00:00Z")
    #expect(later.cpu == "failed" && later.versions == 2 && later.fresh == "failed", "\(later)")
  }

  @Test(arguments: [
    "cpu=99", "cpu_utilization", "cpu_utilization=99:abc", "cpu_utilization=nan",
    "cpu_utilization=99:nan", "latency_p99_ms=-5", "error_rate=5", "cpu_utilization=99:40:1",
  ])
  func `A figure that cannot be is refused`(_ figures: String) throws {
    let refused = try CommandRun.plumbline(["diagnose", "--infrastructure", figures])
    #expect(refused.code == 2 && refused.errors.contains("--infrastructure"), "\(refused)")
    #expect(refused.output.isEmpty)
  }

  @Test func `Figures may have spaces between them`() throws {
    let run = try CommandRun.plumbline([
      "diagnose", "--infrastructure", "cpu_utilization=99:40, memory_utilization=97", "--format",
      "json",
    ])
    let diagnostics = try #require(run.json["diagnostics"] as? [[String: Any]], "\(run)")
    let failed = diagnostics.filter { $0["outcome"] as? String == "failed" }
    #expect(
      Set(failed.compactMap { $0["check_name"] as? String })
        == ["infrastructure_cpu_check", "infrastructure_memory_check"])
  }
}
