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
  func table(_ name: String, rows: Int, seed: Double, drift: Bool) throws -> String {
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

  func report(
    _ reference: String, _ current: String, _ change: (inout DriftOptions) -> Void = { _ in }
  ) throws -> DriftReport {
    var options = DriftOptions()
    change(&options)
    let sources = SourceOpener()
    return try DriftCheck(
      reference: sources.open(reference), current: sources.open(current), options: options
    ).run()
  }

  func column(_ report: DriftReport, _ name: String) throws -> ColumnDrift {
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
