import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// The comparison of two tables, end to end through the embedded engine.
struct DriftCheckTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A table with one drifting number, stable ones, and categories.
  private func table(_ name: String, rows: Int, seed: Double, drift: Bool) throws -> String {
    // Hashes rather than random(): the same rows whatever the engine does first.
    func uniform(_ column: Int) -> String {
      "(hash(range || ' \(column) \(seed)') / 18446744073709551616.0)"
    }
    return try folder.write(
      name,
      rowsOf: """
        SELECT true AS constant,
          sqrt(-2 * ln(\(uniform(0)) + 1e-12)) * cos(6.2831853 * \(uniform(1)))
            + \(drift ? 0.5 : 0) AS moved,
          \(uniform(2)) AS still,
          CASE WHEN \(drift) AND range % 10 = 0 THEN 'new' ELSE 'k' || range % 4 END AS kind,
          range % 2 AS target
        FROM range(\(rows))
        """)
  }

  private func report(
    _ reference: String, _ current: String, _ change: (inout DriftOptions) -> Void = { _ in }
  ) throws -> DriftReport {
    var options = DriftOptions()
    change(&options)
    let sources = SourceOpener()
    return try DriftCheck(
      reference: sources.open(reference), current: sources.open(current), options: options
    ).run()
  }

  private func column(_ report: DriftReport, _ name: String) throws -> ColumnDrift {
    try #require(report.columns.first { $0.column == name })
  }

  @Test(arguments: [200, 3_000])
  func `The column that moved is found, the others are not`(_ rows: Int) throws {
    let report = try report(
      table("r.parquet", rows: rows, seed: 0.1, drift: false),
      table("c.parquet", rows: rows, seed: 0.2, drift: true))
    #expect(try column(report, "moved").drifted == true)
    #expect(try column(report, "still").drifted == false)
    #expect(try column(report, "moved").method == (rows <= 1_000 ? "ks_test" : "wasserstein"))
    #expect(report.columns.first?.drifted == true)
    #expect(report.driftShare == Double(report.driftedColumns) / Double(report.checkedColumns))
    #expect(
      report.quality.contains { $0.check == .newCategories && $0.examples == ["new"] })
  }

  @Test func `A table has not drifted from itself, by any method`() throws {
    let path = try table("r.parquet", rows: 1_500, seed: 0.3, drift: true)
    for method in DriftMethod.all {
      let report = try report(path, path) { $0.method = method.id }
      #expect(report.status == .healthy, "\(method.id)")
      #expect(report.driftedColumns == 0, "\(method.id)")
    }
  }

  @Test func `Every method sees a large drift`() throws {
    let r = try folder.write(
      "r.csv",
      rowsOf: "SELECT range / 100.0 AS x, 'k' || (range % 10 < 5)::INT AS k FROM range(400)")
    let c = try folder.write(
      "c.csv",
      rowsOf: "SELECT 9 + range / 100.0 AS x, 'k' || (range % 10 < 9)::INT AS k FROM range(400)")
    for method in DriftMethod.all {
      let report = try report(r, c) { $0.method = method.id }
      for column in report.columns {
        // Tests of two categories say why they cannot take numbers of many values.
        if column.drifted == nil {
          #expect(["fisher_exact", "z_proportion"].contains(method.id) && column.column == "x")
          #expect(column.reason?.contains("exactly two categories") == true)
        } else {
          #expect(column.drifted == true, "\(method.id) \(column.column)")
        }
      }
    }
  }

  @Test func `p-values are adjusted, and the policy asks for an effect at large sizes`() throws {
    // A shift of 0.03 standard deviations among 100 000 rows: significant and of no interest.
    let r = try folder.write(
      "r.parquet", rowsOf: "SELECT (range * 0.6180339887498949) % 1 AS x FROM range(100000)")
    let c = try folder.write(
      "c.parquet", rowsOf: "SELECT (range * 0.4142135623730951) % 1 + 0.01 AS x FROM range(100000)")
    let robust = try column(report(r, c) { $0.method = "ks_test" }, "x")
    #expect(try #require(robust.adjustedPValue) < 0.05)
    #expect(robust.drifted == false && robust.effectSizeFloor == 0.04)
    let classic = try column(
      report(r, c) {
        $0.method = "ks_test"
        $0.policy = .classic
      }, "x")
    #expect(classic.drifted == true && classic.effectSizeFloor == nil)
  }

  @Test func `Missing, new and changed columns are findings`() throws {
    let r = try folder.write("r.csv", "a,b,gone\n1,2,3\n2,3,4\n3,4,5\n")
    let c = try folder.write("c.csv", "a,b,fresh\n1,x,3\n2,y,4\n3,z,5\n")
    let report = try report(r, c)
    let checks = Dictionary(
      report.quality.map { ($0.check, $0.column) }, uniquingKeysWith: { first, _ in first })
    #expect(checks[.missingColumn] == "gone")
    #expect(checks[.newColumn] == "fresh")
    #expect(checks[.typeChanged] == "b")
    #expect(try column(report, "b").drifted == nil)
    #expect(try column(report, "b").reason == "integer in reference but text in current")
    #expect(report.checkedColumns == 1)
  }

  @Test func `A column named that cannot be compared is an error`() throws {
    let r = try folder.write("r.csv", "age\n1\n2\n")
    let c = try folder.write("c.csv", "age\nold\nyoung\n")
    #expect(
      throws: MonitoringError.notComparable(
        column: "age", referenceType: "integer", currentType: "text")
    ) {
      try report(r, c) { $0.schema.columns = ["age"] }
    }
    let named = try report(r, c) { $0.schema.categorical = ["age"] }
    #expect(try column(named, "age").type == .categorical)
  }

  @Test func `A misspelt column is met with the one that was meant`() throws {
    let r = try folder.write("r.csv", "temperature\n1\n")
    do {
      _ = try report(r, r) { $0.schema.target = "temprature" }
      Issue.record("it was taken")
    } catch let error as MonitoringError {
      #expect(error.mend == "did you mean `temperature`?")
      #expect(error.what.contains("--target"))
    }
  }

  @Test func `Names that look like SQL are names`() throws {
    let name = "a\"; DROP TABLE x; --"
    let r = try folder.write("r.csv", "\"a\"\"; DROP TABLE x; --\",b'c\n1,2\n2,3\n3,4\n")
    let report = try report(r, r)
    #expect(try column(report, name).drifted == false)
    #expect(try column(report, "b'c").drifted == false)
  }

  @Test func `Whole numbers that became floats are the same categories`() throws {
    let r = try folder.write("r.parquet", rowsOf: "SELECT range % 3 AS k FROM range(90)")
    let c = try folder.write("c.parquet", rowsOf: "SELECT (range % 3)::DOUBLE AS k FROM range(90)")
    let report = try report(r, c) { $0.schema.categorical = ["k"] }
    #expect(try column(report, "k").drifted == false)
  }

  @Test func `Empty sides are unknown, never healthy`() throws {
    let r = try folder.write("r.parquet", rowsOf: "SELECT 1.5 AS x, 'a' AS k")
    let c = try folder.write("c.parquet", rowsOf: "SELECT 1.5 AS x, 'a' AS k LIMIT 0")
    let report = try report(r, c)
    #expect(report.status == .unknown)
    #expect(report.driftShare == nil)
    #expect(report.reason == "current has no rows")
  }

  @Test func `A column of NaN, of nulls or of one value has a reason or no drift`() throws {
    let r = try folder.write(
      "r.parquet",
      rowsOf: "SELECT 'nan'::DOUBLE AS nan, NULL::DOUBLE AS void, 7 AS seven, NULL AS untyped, "
        + "range AS x FROM range(50)")
    let report = try report(r, r)
    #expect(try column(report, "nan").reason == "reference has no values")
    #expect(try column(report, "nan").currentMissing == 50)
    #expect(try column(report, "void").drifted == nil)
    #expect(try column(report, "seven").drifted == false)
    #expect(report.quality.contains { $0.check == .constant && $0.column == "seven" })
    let text = try JSONEncoder().encode(report)
    #expect(!String(decoding: text, as: UTF8.self).contains("nan\":nan"))
  }

  @Test(arguments: SummaryChoice.allCases)
  func `Numbers at both ends of their range stay numbers in every format`(
    _ summaries: SummaryChoice
  ) throws {
    let wild = "1.79e308 * (-1) ** range AS huge, 5e-324 * (range % 3) AS tiny"
    let near = "CAST(4611686018427387904 AS BIGINT) + range AS near, 0.5 AS steady"
    let r = try folder.write("r.parquet", rowsOf: "SELECT \(wild), \(near) FROM range(2000)")
    let c = try folder.write("c.parquet", rowsOf: "SELECT \(wild), \(near) FROM range(500, 1700)")
    for method in ["auto"] + DriftMethod.all.map(\.id) {
      let isExactOnly = (try? DriftMethod.named(method)).map { $0.needsEveryValue } ?? false
      if summaries == .binned, isExactOnly { continue }
      let report = try report(r, c) {
        $0.method = method
        $0.summaries = summaries
        $0.chunk = .rows(300)
      }
      for column in report.columns where column.statistic == nil {
        #expect(column.reason?.isEmpty == false)
      }
      // Encoding throws at a number that is none.
      #expect(try JSONEncoder().encode(report).isEmpty == false)
    }
  }

  @Test func `Zero is zero with either sign, and large integers are not rounded quietly`() throws {
    let plus = try folder.write(
      "p.parquet",
      rowsOf: "SELECT 0.0::DOUBLE AS zero, 4611686018427387904 + range AS large FROM range(40)")
    let minus = try folder.write(
      "m.parquet",
      rowsOf: "SELECT -0.0::DOUBLE AS zero, 4611686018427387904 + range AS large FROM range(40)")
    let report = try report(plus, minus) {
      $0.schema.categorical = ["zero"]
      $0.schema.numerical = ["large"]
    }
    #expect(try column(report, "zero").drifted == false)
    #expect(report.notes.contains { $0.contains("`large` beyond 2⁵³") })
  }

  @Test func `Duplicates are the same however rows come`() throws {
    let path = try folder.write(
      "d.parquet",
      rowsOf: "SELECT range % 1000 AS a, 'k' || range % 1000 AS s, DATE '2024-01-01' AS d "
        + "FROM range(3000)")
    let sources = SourceOpener()
    let query = "SELECT * FROM (SELECT * FROM source UNION ALL SELECT * FROM source) ORDER BY d"
    for chunk in [nil, ChunkRule.rows(700)] {
      var options = DriftOptions()
      options.chunk = chunk
      options.schema.timestamp = "d"
      let plain = try DriftCheck(
        reference: sources.open(path), current: sources.open(path), options: options
      ).run()
      let doubled = try DriftCheck(
        reference: sources.open(path, sql: query), current: sources.open(path, sql: query),
        options: options
      ).run()
      for (report, count) in [(plain, 2_000), (doubled, 5_000)] {
        let finding = try #require(report.quality.first { $0.check == .duplicateRows })
        #expect(finding.message.contains("\(count)"), "\(finding.message)")
        #expect(finding.severity == .info)
      }
      #expect(plain.chunks.count == (chunk == nil ? 0 : 5))
    }
  }

  @Test func `Names that look the same are met with a clear error`() throws {
    let both = try folder.write(
      "b.parquet", rowsOf: "SELECT range AS \"\u{e9}\", range AS \"e\u{301}\" FROM range(9)")
    let one = try folder.write("o.parquet", rowsOf: "SELECT range AS \"\u{e9}\" FROM range(9)")
    let other = try folder.write("a.parquet", rowsOf: "SELECT range AS \"e\u{301}\" FROM range(9)")
    for (r, c) in [(both, both), (one, other)] {
      let error = try #require(throws: MonitoringError.self) { try report(r, c) }
      #expect(error.code == "lookalike_columns")
    }
  }

  @Test(arguments: [ChunkRule.day, .week, .month, .rows(2)])
  func `Times at the ends of their range are times`(_ rule: ChunkRule) throws {
    let path = try folder.write(
      "t.parquet",
      rowsOf: "SELECT make_timestamp(t) AS ts, x FROM (VALUES (9223372036854775805, 1), "
        + "(-9223372022400000000, 2), (0, 3)) AS v(t, x)")
    let report = try report(path, path) {
      $0.schema.timestamp = "ts"
      $0.chunk = rule
    }
    #expect(report.chunks.reduce(0) { $0 + $1.rows } == 3)
  }

  @Test func `Months that drift each are told where all together do not`() throws {
    // Months are far apart, and together much like the reference.
    func table(_ name: String, month: String) throws -> String {
      try folder.write(
        name,
        rowsOf: """
          SELECT TIMESTAMP '2024-01-01' + INTERVAL 1 MONTH * (range % 3) AS t,
            range % 300 + 100 * (\(month)) AS x FROM range(3000)
          """)
    }
    let report = try report(
      table("r.parquet", month: "(range // 3) % 3"), table("c.parquet", month: "range % 3")
    ) {
      $0.schema.timestamp = "t"
      $0.chunk = .month
    }
    #expect(report.status == .healthy && report.chunk == "month")
    let sentence = try #require(report.chunkVerdicts.sentence)
    #expect(sentence.contains(" of 3 months ") && sentence.contains("critical"), "\(sentence)")
    let told = report.chunkVerdicts.drifted.map { "“\($0.label)”" }.joined(separator: ", ")
    #expect(
      report.recommendations.first
        == "Look at \(told): \(sentence), which all of current together hides.")
    #expect(report.nextSteps.first == "Compare model performance over the same months.")
  }

  @Test func `Duplicate rows are counted over all columns`() throws {
    let r = try folder.write("r.csv", "a,b,t\n1,x,2024-01-01\n1,x,2024-01-02\n2,y,2024-01-01\n")
    let c = try folder.write("c.csv", "a,b,t\n1,x,2024-01-01\n1,x,2024-01-01\n1,x,2024-01-01\n")
    let report = try report(r, c)
    let finding = try #require(report.quality.first { $0.check == .duplicateRows })
    #expect(finding.reference == 0)
    #expect(finding.current == 2.0 / 3)
  }

  @Test func `Counting in cells comes to the same verdicts, within its bounds`() throws {
    let r = try table("r.parquet", rows: 40_000, seed: 0.4, drift: false)
    let c = try table("c.parquet", rows: 30_000, seed: 0.5, drift: true)
    for method in ["ks_test", "wasserstein", "psi", "js_divergence", "chi_square", "welch_t"] {
      let exact = try report(r, c) {
        $0.method = method
        $0.summaries = .exact
      }
      let binned = try report(r, c) {
        $0.method = method
        $0.summaries = .binned
      }
      #expect(binned.summaries == .binned)
      for name in ["moved", "still"] {
        let (a, b) = try (column(exact, name), column(binned, name))
        #expect(a.drifted == b.drifted, "\(method) \(name)")
        guard case .number(let low)? = b.details["lower_bound"],
          case .number(let high)? = b.details["upper_bound"]
        else { continue }
        let figure = try #require(a.statistic)
        #expect(low - 1e-9 <= figure && figure <= high + 1e-9, "\(method) \(name)")
        // The outermost cells reach to the extremes, and W1 is known there least.
        #expect(high - low < 0.05)
      }
    }
    #expect(throws: MonitoringError.needsExact(method: "mann_whitney")) {
      try report(r, c) {
        $0.method = "mann_whitney"
        $0.summaries = .binned
      }
    }
  }

  @Test func `All columns together are compared on request`() throws {
    let r = try table("r.parquet", rows: 500, seed: 0.6, drift: false)
    let c = try table("c.parquet", rows: 500, seed: 0.7, drift: true)
    let report = try report(r, c) { $0.multivariate = [.mmd] }
    let found = try #require(report.multivariate.first)
    #expect(found.drifted == true)
    #expect(found.details["permutations"] == .number(200))
    let same = try self.report(r, r) { $0.multivariate = [.mmd] }
    #expect(same.multivariate.first?.drifted == false)
  }

  @Test func `The same input gives the same bytes`() throws {
    let r = try table("r.parquet", rows: 5_000, seed: 0.8, drift: false)
    let c = try table("c.parquet", rows: 5_000, seed: 0.9, drift: true)
    let first = try report(r, c) { $0.multivariate = [.mmd] }
    let second = try report(r, c) {
      $0.multivariate = [.mmd]
      $0.workers = 1
    }
    #expect(first == second)
  }
}
