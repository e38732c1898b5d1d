import Foundation
import Support
import Testing

/// Input that is nothing good.
extension DiagnoseTests {
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
