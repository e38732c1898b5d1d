import Foundation
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

  private func rows(_ name: String, from: String, _ incident: Incident = Incident()) throws
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

  private static let columns = [
    "--target", "late", "--probability", "score", "--timestamp", "made", "--ignore", "id",
    "--version-column", "version",
  ]

  /// Quick where it need not be exact.
  private func quick(_ more: String = "") throws -> [String] {
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
    let read = try CommandRun.run(
      URL(fileURLWithPath: "/usr/bin/python3"),
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
    let broken = try folder.write("broken.json", "[{\"version\": \"v1\"}]")
    let refused = try diagnose(Self.changed, ["--deployments", broken])
    #expect(refused.code == 2 && refused.errors.contains("broken.json"), "\(refused.errors)")
  }

  // MARK: Hostile input

  private func hostile(
    _ reference: String, _ current: String, _ arguments: [String] = Self.columns
  ) throws -> CommandRun.Outcome {
    try CommandRun.plumbline(
      ["diagnose", reference, current, "--format", "json"] + arguments + quick())
  }

  /// Rows in SQL that are nothing good, and what is to be said of them; nil for a report.
  private static let hostileRows: [(name: String, sql: String, says: String)] = [
    ("no rows", "SELECT * FROM good WHERE false", "bad.parquet has no rows"),
    ("one class", "SELECT * REPLACE (0 AS late) FROM good", ""),
    ("no value", "SELECT * REPLACE (NULL::DOUBLE AS amount) FROM good", ""),
    ("no labels", "SELECT * REPLACE (NULL::INTEGER AS late) FROM good", "not known"),
    ("no column of labels", "SELECT * EXCLUDE (late) FROM good", ""),
    ("no score", "SELECT * EXCLUDE (score) FROM good", "`score`"),
    ("infinite", "SELECT * REPLACE ('inf'::DOUBLE AS amount) FROM good", ""),
    ("not a number", "SELECT * REPLACE ('nan'::DOUBLE AS amount) FROM good", ""),
    ("scores beyond one", "SELECT * REPLACE (score * 50 AS score) FROM good", "score"),
    ("scores that are none", "SELECT * REPLACE ('nan'::DOUBLE AS score) FROM good", ""),
    ("text for a number", "SELECT * REPLACE ('much' AS amount) FROM good", "`amount`"),
    ("text for a time", "SELECT * REPLACE ('soon' AS made) FROM good", "made"),
    ("other classes", "SELECT * REPLACE ('c' || late AS late) FROM good", "--positive-label"),
    ("one row", "SELECT * FROM good LIMIT 1", ""),
  ]

  @Test(arguments: hostileRows.indices)
  func `Whatever the rows are, something is said of them`(_ index: Int) throws {
    let hostile = Self.hostileRows[index]
    let good = try rows("r.parquet", from: "2026-01-01")
    let bad = try folder.write(
      "bad.parquet",
      rowsOf: "WITH good AS (SELECT * FROM '\(good)') \(hostile.sql)")
    for (reference, current, says) in [
      (good, bad, hostile.says), (bad, good, hostile.says), (bad, bad, ""),
    ] {
      let outcome = try self.hostile(reference, current)
      #expect(outcome.hasExited, "\(hostile.name): \(outcome.errors)")
      #expect([0, 2].contains(outcome.code), "\(hostile.name): \(outcome.errors)")
      let said = outcome.output + outcome.errors
      #expect(says.isEmpty || said.contains(says), "\(hostile.name): \(said.prefix(3_000))")
      if outcome.code == 0 {
        #expect(
          try CommandRun.isOfSchema(
            "diagnosis-report", folder.write("report.json", outcome.output)), "\(hostile.name)")
        // Nothing is called fine that is not known to be.
        let isFine = outcome.json["verdict"] as? String == "nothing_wrong"
        #expect(!isFine || outcome.json["degraded"] as? Bool == false, "\(hostile.name)")
      } else {
        // What, where and the mend, in a line or two.
        #expect(outcome.errors.hasPrefix("error: "), "\(hostile.name): \(outcome.errors)")
      }
    }
  }

  @Test func `Files that are none are named`() throws {
    let good = try rows("r.parquet", from: "2026-01-01")
    for (name, text) in [("empty.csv", ""), ("junk.parquet", "junk"), ("head.csv", "made,late\n")] {
      let path = try folder.write(name, text)
      let outcome = try hostile(good, path)
      #expect(outcome.hasExited && outcome.code == 2, "\(name): \(outcome.output.prefix(500))")
      #expect(outcome.errors.contains(name), "\(outcome.errors)")
    }
    let outcome = try hostile(good, folder.path + "/nowhere.parquet")
    #expect(outcome.code == 2 && outcome.errors.contains("nowhere.parquet"))
  }

  @Test func `Times without a zone are UTC, and names of columns are only names`() throws {
    let names = ["say \"no\"", "<b>bold</b>", "new\nline", "semi; DROP TABLE x", "ünïcode 🙂"]
    let list = names.enumerated().map { index, name in
      "(hash(range + \(index)) % 97)::DOUBLE AS \"\(name.replacing("\"", with: "\"\""))\""
    }.joined(separator: ", ")
    func rows(_ name: String, _ day: String, shift: Int) throws -> String {
      try folder.write(
        name,
        rowsOf: """
          SELECT * REPLACE ("<b>bold</b>" + \(shift) AS "<b>bold</b>") FROM (
            SELECT \(list), TIMESTAMP '\(day)' + INTERVAL 10 MINUTE * range AS made,
              0.5 AS score, hash(range) % 2 AS late FROM range(600))
          """)
    }
    let page = folder.path + "/names.html"
    let outcome = try CommandRun.plumbline(
      [
        "diagnose", rows("r.parquet", "2026-01-01", shift: 0),
        rows("c.parquet", "2026-02-01", shift: 60), "--target", "late", "--probability", "score",
        "--timestamp", "made", "--html", page,
      ] + quick())
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("2026-02-01T00:00:00Z  window"), "\(outcome.output)")
    #expect(outcome.output.contains("<b>bold</b>") && !outcome.output.contains("new\nline"))
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("&lt;b&gt;bold") && !html.contains("<b>bold"))
    let sight = try Browser.look(at: "file://\(page)", in: folder.path)
    #expect(sight.complaints.isEmpty, "\(sight.complaints)")
  }

  @Test func `A column with a hundred thousand values is no new segment`() throws {
    func rows(_ name: String, from: Int) throws -> String {
      try folder.write(
        name,
        rowsOf: """
          SELECT 'user ' || range AS who, (hash(range) % 100)::DOUBLE AS amount, 0.5 AS score,
            hash(range + 1) % 2 AS late FROM range(\(from), \(from + 100_000))
          """)
    }
    let outcome = try hostile(
      rows("r.parquet", from: 0), rows("c.parquet", from: 100_000),
      ["--target", "late", "--probability", "score"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let summary = outcome.json["summary"] as? String ?? ""
    #expect(outcome.json["primary_cause"] as? String == "unknown", "\(summary)")
    #expect(outcome.output.utf8.count < 200_000)
  }

  @Test func `Own checks that go wrong are unknown with their reason`() throws {
    let checks: [(sql: String, fails: String, outcome: String, says: String)] = [
      ("SELECT avg(amount) FROM {rows} AS r", "> 0.1", "failed", " is 0.5"),
      ("SELECT avg(amount) FROM {rows} AS r", "> 100", "passed", " is 0.5"),
      ("SELECT avg(nonsense) FROM {rows} AS r", "> 1", "unknown", "nonsense"),
      ("SELECT FROM WHERE", "> 1", "unknown", "failed"),
      ("SELECT amount FROM {rows} AS r WHERE false", "> 1", "unknown", "no number"),
      ("SELECT 'much'", "> 1", "unknown", "no number"),
      ("SELECT NULL::DOUBLE", "> 1", "unknown", "no number"),
      ("SELECT 'nan'::DOUBLE", "> 1", "unknown", "no number"),
      ("SELECT 1 / 0", "change > 1", "unknown", "infinite number"),
      ("SELECT 1 / 0", "> 1", "unknown", "infinite number"),
      ("SELECT error('''quoted'' <b>')", "> 1", "unknown", "quoted"),
      ("SELECT 5 FROM {rows} AS r WHERE false", "absent", "failed", "absent"),
    ]
    let list = checks.enumerated().map { index, check in
      "    - {name: check\(index), cause: model_bug, sql: \"\(check.sql)\", "
        + "fails: \"\(check.fails)\"}"
    }
    let good = try rows("r.parquet", from: "2026-01-01")
    let outcome = try CommandRun.plumbline(
      ["diagnose", good, good, "--format", "json"] + Self.columns
        + quick("  checks:\n\(list.joined(separator: "\n"))"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = outcome.json["diagnostics"] as? [[String: Any]] ?? []
    for (index, check) in checks.enumerated() {
      let result = try #require(results.first { $0["check_name"] as? String == "check\(index)" })
      #expect(result["outcome"] as? String == check.outcome, "\(check.sql): \(result)")
      #expect((result["message"] as? String)?.contains(check.says) == true, "\(result)")
    }
  }
}
