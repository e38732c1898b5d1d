import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// Tables and names that are strange.
extension DriftCheckTests {
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
}
