import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// Diagnoses of rows in files, through the embedded engine.
struct DiagnosisReaderTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Calibrated scores of a region and an amount; `change` is SQL for what current differs by.
  private func rows(_ name: String, from: String, amount: String, label: String) throws -> String {
    try folder.write(
      name,
      rowsOf: """
        SELECT id, made, region, CASE WHEN \(amount) THEN NULL ELSE amount END AS amount, score,
          CASE WHEN \(label) THEN 1 - late ELSE late END AS late, 'v1' AS version
        FROM (
          SELECT 'u' || range AS id, TIMESTAMP '\(from)' + INTERVAL 10 MINUTE * range AS made,
            CASE WHEN hash(range) % 3 = 0 THEN 'north' ELSE 'south' END AS region,
            (hash(range + 5) % 1009) / 1009.0 AS amount,
            0.1 + 0.8 * amount AS score,
            CASE WHEN hash(range + 9) % 10007 < score * 10007 THEN 1 ELSE 0 END AS late
          FROM range(3000))
        """)
  }

  private var options: PerformanceOptions {
    var options = PerformanceOptions()
    options.target = "late"
    options.probability = "score"
    options.timestamp = "made"
    options.id = "id"
    return options
  }

  private func diagnose(amount: String = "false", label: String = "false") throws
    -> DiagnosisReport
  {
    let sources = SourceOpener()
    let reference = try rows(
      "r.parquet", from: "2026-01-01", amount: "false", label: "false")
    let current = try rows("c.parquet", from: "2026-02-01", amount: amount, label: label)
    var settings = DiagnosisOptions()
    (settings.trees, settings.pairs) = (20, 100)
    var evidence = DiagnosisEvidence()
    (evidence.tables, evidence.labelDelay) = try DiagnosisReader(
      reference: sources.open(reference), current: sources.open(current), options: options,
      version: "version"
    ).read()
    return Diagnosis(options: settings).run(evidence)
  }

  @Test func `Features, scores, outcomes and versions are read`() throws {
    let report = try diagnose()
    #expect(report.features.map(\.feature).sorted() == ["amount", "region"])
    #expect(report.attribution?.loss == .brier)
    #expect(report.degraded == false && report.verdict == .nothingWrong)
    #expect(report.recommendedActions == ["Continue monitoring"])
  }

  @Test func `Missing values are a broken pipeline, with the feature and since when`() throws {
    let report = try diagnose(amount: "made >= TIMESTAMP '2026-02-08' AND hash(id) % 2 = 0")
    #expect(report.primaryCause == .modelBug)
    #expect(report.causes[0].kind == .featureEngineeringBug)
    #expect(report.causes[0].evidence.first?.contains("`amount`") == true)
    let since = try #require(report.causes[0].since)
    #expect(
      abs(since.microseconds - (Instant("2026-02-08")?.microseconds ?? 0)) < 2 * 86_400_000_000)
  }

  @Test func `A relation that changed in one region is found there`() throws {
    let report = try diagnose(label: "region = 'north' AND made >= TIMESTAMP '2026-02-02'")
    #expect(report.primaryCause == .conceptDrift)
    #expect(report.segments.first?.segment.contains("region = north") == true)
    #expect(report.degraded == true && report.tree.answer == .yes)
  }

  @Test func `A column that is gone is said`() throws {
    let sources = SourceOpener()
    let reference = try folder.write(
      "r.csv", rowsOf: "SELECT range AS a, range % 7 AS b, 0.5 AS score FROM range(200)")
    let current = try folder.write(
      "c.csv", rowsOf: "SELECT range AS a, 0.5 AS score FROM range(200)")
    var options = PerformanceOptions()
    options.probability = "score"
    options.positiveLabel = "1"
    var evidence = DiagnosisEvidence()
    evidence.tables = try DiagnosisReader(
      reference: sources.open(reference), current: sources.open(current), options: options
    ).read().tables
    let report = Diagnosis().run(evidence)
    #expect(report.primaryCause == .modelBug)
    #expect(report.causes[0].evidence.first?.contains("`b`") == true)
  }

  @Test func `Values that are no probabilities are told, on whichever side`() throws {
    let sources = SourceOpener()
    func rows(_ name: String, _ scale: Int) throws -> Relation {
      let sql = "SELECT range % 7 AS a, \(scale) * (range % 10) / 9.0 AS score, 1 AS late "
      return try sources.open(folder.write(name, rowsOf: sql + "FROM range(100)"))
    }
    let (plain, percent) = (try rows("plain.parquet", 1), try rows("percent.parquet", 100))
    var options = PerformanceOptions()
    (options.target, options.probability, options.positiveLabel) = ("late", "score", "1")
    let error = MonitoringError.notProbabilities(
      option: "--probability", column: "score", source: percent.name, outside: 90, rows: 100,
      least: 0, most: 100)
    for (reference, current) in [(plain, percent), (percent, plain)] {
      #expect(throws: error) {
        try DiagnosisReader(reference: reference, current: current, options: options).read()
      }
    }
  }

  @Test func `A column that is named and nowhere is told`() throws {
    let source = try SourceOpener().open(
      folder.write("r.csv", rowsOf: "SELECT range AS a, 0.5 AS p, range % 2 AS y FROM range(200)"))
    var options = PerformanceOptions()
    (options.target, options.probability, options.positiveLabel) = ("yy", "p", "1")
    func refusal(_ version: String? = nil) throws -> MonitoringError? {
      #expect(throws: MonitoringError.self) {
        var reader = DiagnosisReader(
          reference: source, current: source, options: options, version: version)
        reader.needsTarget = true
        return try reader.read()
      }
    }
    #expect(
      try refusal()
        == .noSuchColumn(name: "yy", option: "--target", source: source.name, closest: "y"))
    options.target = "y"
    #expect(
      try refusal("b")
        == .noSuchColumn(
          name: "b", option: "--version-column", source: source.name,
          closest: closestName(to: "b", among: ["a", "p", "y"])))
  }

  /// A quiet month and week whose labels come apart: at once where something happened, else after `days`.
  private func readLate(days: String, timed: Bool = true) throws -> (DiagnosisTables, LabelDelay?) {
    let sources = SourceOpener()
    let all = """
      SELECT 'u' || range AS id, TIMESTAMP '2026-01-01' + INTERVAL 10 MINUTE * range AS made,
        (hash(range + 5) % 1009) / 1009.0 AS amount, 0.1 + 0.8 * amount AS score,
        CASE WHEN hash(range + 9) % 10007 < score * 10007 THEN 1 ELSE 0 END AS late,
        made + CASE WHEN late = 1 THEN INTERVAL 1 HOUR
          ELSE to_seconds(CAST(86400 * (\(days)) AS BIGINT)) END AS arrived
      FROM range(5000)
      """
    func file(_ name: String, _ columns: String, _ rule: String) throws -> Relation {
      try sources.open(
        folder.write(name, rowsOf: "SELECT \(columns) FROM (\(all)) WHERE \(rule)"))
    }
    let last = "TIMESTAMP '2026-02-04 17:10:00'"
    var options = options
    if timed { options.labelTimestamp = "arrived" }
    let read = try DiagnosisReader(
      reference: file("lr.parquet", "id, made, amount, score", "made < TIMESTAMP '2026-01-29'"),
      current: file("lc.parquet", "id, made, amount, score", "made >= TIMESTAMP '2026-01-29'"),
      labels: file("labels.parquet", "id, late, arrived", "arrived <= \(last)"), options: options
    ).read()
    return (read.tables, read.labelDelay)
  }

  @Test func `Labels that come late make no incident of a quiet week`() throws {
    var settings = DiagnosisOptions()
    (settings.trees, settings.pairs) = (20, 100)
    func diagnose(_ tables: DiagnosisTables) -> DiagnosisReport {
      var evidence = DiagnosisEvidence()
      evidence.tables = tables
      return Diagnosis(options: settings).run(evidence)
    }
    let (tables, delay) = try readLate(days: "3 + 3 * (hash(range + 7) % 1000) / 1000.0")
    #expect((delay?.p95Seconds ?? 0) > 5 * 86_400)
    let report = diagnose(tables)
    #expect(report.primaryCause == .unknown && report.degraded != true, "\(report.summary)")
    #expect(report.notes.contains { $0.contains("have a label so far") }, "\(report.notes)")
    // Where too few rows are old enough, nobody knows; nor where labels are complete is a row left out.
    let slow = diagnose(try readLate(days: "6.9").0)
    #expect(slow.degraded == nil && slow.primaryCause == .unknown, "\(slow.summary)")
    let prompt = try readLate(days: "0.001").0
    #expect(prompt.current.losses.count { $0.isFinite } >= prompt.current.rows - 10)
    // Without their times, labels that are missing are a doubt at least.
    let doubtful = try readLate(days: "3 + 3 * (hash(range + 7) % 1000) / 1000.0", timed: false).0
    #expect(doubtful.notes.contains { $0.contains("--label-timestamp") }, "\(doubtful.notes)")
  }

  @Test func `A diagnostic in SQL passes, fails and does not know`() throws {
    let sources = SourceOpener()
    let current = try sources.open(
      folder.write("c.parquet", rowsOf: "SELECT range - 5 AS amount FROM range(100)"))
    let reference = try sources.open(
      folder.write("r.parquet", rowsOf: "SELECT range AS amount FROM range(100)"))
    func run(_ sql: String, _ fails: String) throws -> DiagnosticResult {
      SQLDiagnostic(
        name: "negative", cause: .modelBug, sql: sql,
        fails: try #require(AlertCondition(fails)), severity: .critical
      ).run(current: current, reference: reference)
    }
    let share = "SELECT avg(CASE WHEN amount < 0 THEN 1.0 ELSE 0.0 END) FROM {rows} AS r"
    let failed = try run(share, "> 1%")
    #expect(failed.outcome == .failed && failed.details[0].value == 0.05)
    #expect(try run(share, "> 10%").outcome == .passed)
    #expect(try run("SELECT avg(amount) FROM {rows} AS r", "change < -5%").outcome == .failed)
    #expect(try run("SELECT avg(amount) FROM {rows} AS r", "change < -50%").outcome == .passed)
    let wrong = try run("SELECT nothing FROM {rows} AS r", "> 1")
    #expect(wrong.outcome == .unknown && wrong.message.contains("nothing"))
    #expect(try run("SELECT CAST(NULL AS double)", "> 1").outcome == .unknown)
    for (sql, value) in [
      ("SELECT count(*) FROM {rows} AS r", 100.0), ("SELECT sum(amount) FROM {rows} AS r;", 4_450),
      ("SELECT max(amount) FROM {current} AS r -- the greatest", 94), ("SELECT 1.5", 1.5),
      ("SELECT min(amount) < 0 FROM {rows} AS r", 1), ("SELECT CAST(7 AS tinyint), 'more'", 7),
      ("WITH r AS (SELECT * FROM {rows} AS x) SELECT count(*) FILTER (amount < 0) FROM r", 5),
    ] {
      let result = try run(sql, "> 0")
      #expect(result.outcome == .failed && result.details[0].value == value, "\(sql): \(result)")
    }
    let text = try run("SELECT 'many'", "> 1")
    #expect(
      text.outcome == .unknown && text.message.contains("no number, but text"), "\(text.message)")
    var evidence = DiagnosisEvidence()
    evidence.results = [failed]
    let report = Diagnosis().run(evidence)
    #expect(report.primaryCause == .modelBug && report.causes[0].diagnostics == ["negative"])
  }

  @Test func `How calls went is a figure of machines, and which version made them no feature`()
    throws
  {
    let sources = SourceOpener()
    func rows(_ name: String, _ seconds: String, _ errors: Int, status: String = "error") throws
      -> Relation
    {
      let sql = """
        SELECT TIMESTAMP '2026-01-01' + INTERVAL 10 MINUTE * range AS made, range % 7 AS amount,
          0.5 AS score, range % 2 AS late, 'v1' AS model_version, \(seconds) AS latency_seconds,
          CASE WHEN range % 100 < \(errors) THEN '\(status)' ELSE 'success' END AS status
        FROM range(1000)
        """
      return try sources.open(folder.write(name, rowsOf: sql))
    }
    var withoutID = options
    withoutID.id = nil
    func read(_ current: Relation) throws -> DiagnosisTables {
      try DiagnosisReader(
        reference: rows("r.parquet", "(range % 100) / 1000.0", 1), current: current,
        options: withoutID
      ).read().tables
    }
    let tables = try read(rows("c.parquet", "(range % 100) / 100.0", 20))
    #expect(tables.features.map(\.name) == ["amount"] && tables.versions == ["v1"])
    let latency = try #require(tables.figures["latency_p99_ms"])
    #expect(abs(latency.value - 980.1) < 1 && abs((latency.baseline ?? 0) - 98.01) < 0.1)
    #expect(tables.figures["error_rate"] == InfrastructureFigure(value: 0.2, baseline: 0.01))
    var evidence = DiagnosisEvidence()
    evidence.tables = tables
    #expect(Diagnosis().run(evidence).primaryCause == .infrastructure)
    // What is given counts before what rows tell.
    evidence.infrastructure["error_rate"] = InfrastructureFigure(value: 0.01)
    #expect(evidence.figure("error_rate")?.value == 0.01)
    // Of other words, a status is a feature; latencies in words say nothing.
    let other = try read(rows("o.parquet", "'quick'", 20, status: "married"))
    #expect(Set(other.features.map(\.name)).isSuperset(of: ["amount", "status"]))
    #expect(other.figures.isEmpty)
  }
}
