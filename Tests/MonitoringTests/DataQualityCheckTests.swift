import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// What is wrong with data, without a word of drift.
struct DataQualityCheckTests {
  let folder: TemporaryFolder
  let sources = SourceOpener(threads: 1)

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let reference = """
    SELECT range::DOUBLE AS amount, ['a', 'b'][range % 2 + 1] AS plan, range % 7 AS score,
      range AS old, TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * range AS t
    FROM range(400)
    """

  private func report(
    _ current: String, reference: String = DataQualityCheckTests.reference,
    _ change: (inout DataQualityOptions) -> Void = { _ in }
  ) throws -> DataQualityReport {
    var options = DataQualityOptions()
    change(&options)
    return try DataQualityCheck(
      reference: sources.open(folder.write("r.parquet", rowsOf: reference)),
      current: sources.open(folder.write("c.parquet", rowsOf: current)), options: options
    ).run()
  }

  private static let broken = """
    SELECT CASE WHEN range % 4 > 0 THEN range::DOUBLE END AS amount,
      ['a', 'c'][range % 2 + 1] AS plan, 3 AS score, 'x' AS new,
      TIMESTAMP '2026-02-01' + INTERVAL 1 MINUTE * range AS t
    FROM range(400)
    """

  @Test func `Every kind of finding comes from the same data a drift check reads`() throws {
    let report = try report(Self.broken)
    let found = Set(report.findings.filter { $0.severity != .info }.map(\.check))
    #expect(
      found == [
        .missingValues, .newCategories, .vanishedCategories, .constant, .missingColumn, .newColumn,
      ]
    )
    #expect(report.status == .critical && report.affectedColumns == 5, "\(report.headline)")
    #expect(
      report.findings.map(\.severity) == report.findings.map(\.severity).sorted(by: worstFirst))
    let drift = try DriftCheck(
      reference: sources.open(folder.path + "/r.parquet"),
      current: sources.open(folder.path + "/c.parquet")
    ).run()
    #expect(report.findings == drift.quality)
    #expect(report.recommendations.contains { $0.contains("only one value arrives") })
    #expect(!report.recommendations.contains { $0.contains("drift") })
  }

  private func worstFirst(_ one: FindingSeverity, _ other: FindingSeverity) -> Bool {
    let order: [FindingSeverity] = [.critical, .warning, .info]
    return (order.firstIndex(of: one) ?? 0) < (order.firstIndex(of: other) ?? 0)
  }

  @Test func `Data as it was is healthy, whatever its distribution`() throws {
    let report = try report(
      Self.reference.replacing(
        "FROM range(400)", with: "FROM range(400) WHERE range > 200 OR range % 9 = 0")
    )
    #expect(report.status == .healthy && report.critical + report.warnings == 0, "\(report)")
    #expect(report.nextSteps == ["Continue monitoring."])
  }

  @Test func `Only the findings that were asked for count`() throws {
    let report = try report(Self.broken) { $0.checks = [.newCategories, .outOfRange] }
    #expect(Set(report.findings.map(\.check)) == [.newCategories])
    #expect(report.status == .degraded && report.affectedColumns == 1)
  }

  @Test(arguments: [
    // The newest row is of 06:39.
    ("2026-01-01T08:39:00Z", "2h", nil), ("2026-01-01T08:39:01Z", "2h", "2 hours old"),
    ("2026-01-03T06:39:00Z", "1d", "48 hours old"), ("2026-01-01T00:10:00Z", "1d", nil),
    ("2025-12-31T00:00:00Z", "1d", "no row has a time"),
  ])
  func `Rows that have stopped coming are a finding`(
    now: String, limit: String, part: String?
  ) throws {
    let report = try report(Self.reference) {
      $0.freshness = TimeSpan(limit)
      $0.asOf = Instant(now)
      $0.timestamp = "t"
    }
    let stale = report.findings.first { $0.check == .freshness }
    #expect((stale == nil) == (part == nil), "\(report.findings)")
    if let part { #expect(stale?.message.contains(part) == true, "\(stale?.message ?? "")") }
    #expect((report.status == .healthy) == (part == nil))
  }

  @Test func `Freshness without a column of times cannot be told`() throws {
    #expect(throws: MonitoringError.self) {
      try report(Self.reference) {
        $0.freshness = TimeSpan("1d")
        $0.asOf = Instant("2026-01-01")
      }
    }
  }

  @Test func `A side without rows is critical or unknown, never healthy`() throws {
    let none = Self.reference + " WHERE false"
    #expect(try report(none).status == .critical)
    let unknown = try report(Self.reference, reference: none)
    #expect(unknown.status == .unknown && unknown.reason == "reference has no rows")
  }

  @Test func `The report is of the shape that is promised, and reads back`() throws {
    for (current, checks) in [
      (Self.broken, nil), (Self.reference, [.freshness, .missingValues] as Set<QualityCheck>),
    ] {
      let report = try report(current) {
        $0.checks = checks
        $0.freshness = TimeSpan("1d")
        $0.asOf = Instant("2026-03-01")
        $0.timestamp = "t"
      }
      let data = try JSONEncoder().encode(report)
      #expect(try JSONDecoder().decode(DataQualityReport.self, from: data) == report)
      let document = try folder.write("report.json", String(decoding: data, as: UTF8.self))
      let checked = try ToolRun.schema("quality-report", of: document)
      #expect(checked.code == 0, "\(checked.all)")
    }
  }

  @Test func `Rules see how many findings there are, and the share of new categories`() throws {
    let at = try #require(Instant("2026-02-02"))
    let samples = MetricSample.samples(
      of: try report(Self.broken), labels: ["model_name": "m"], at: at)
    let findings = samples.first { $0.metric == "data_quality_findings" }
    #expect(findings?.value == 6 && findings?.labels == ["model_name": "m"], "\(samples)")
    let fresh = samples.first {
      $0.metric == "new_category_detected" && $0.labels["feature"] == "plan"
    }
    #expect(fresh?.value == 0.5)
  }

  @Test func `New categories that nobody looked for are not none`() throws {
    let at = try #require(Instant("2026-02-02"))
    for (checks, expected) in [
      ([.missingValues], []), ([.newCategories], [0.5]),
    ] as [(Set<QualityCheck>, [Double])] {
      let samples = MetricSample.samples(
        of: try report(Self.broken) { $0.checks = checks }, labels: ["model_name": "m"], at: at)
      let fresh = samples.filter {
        $0.metric == "new_category_detected" && $0.labels["feature"] == "plan"
      }
      #expect(fresh.map(\.value) == expected, "\(samples)")
      #expect(samples.contains { $0.metric == "data_quality_findings" })
    }
  }
}
