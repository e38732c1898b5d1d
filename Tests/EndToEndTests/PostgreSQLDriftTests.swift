import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// A comparison whose rows come from a real server.
@Suite(.enabled(if: TestServers.postgreSQL != nil, "run Scripts/test, which starts a server"))
struct PostgreSQLDriftTests {
  private let rows = """
    SELECT i AS number, (i * 0.618)::numeric % 1 AS exact, 'k' || i % 3 AS kind, i % 2 = 0 AS flag,
      timestamptz '2024-01-01 00:00Z' + i * interval '1 hour' AS at
    FROM generate_series(1, 1000) AS i
    """

  @Test func `Both sides can be queries of a database`() throws {
    let address = try #require(TestServers.postgreSQL)
    let sources = SourceOpener()
    var options = DriftOptions()
    options.schema.timestamp = "at"
    options.chunk = .week
    let report = try DriftCheck(
      reference: sources.open(address, sql: rows),
      current: sources.open(
        address,
        sql: "SELECT number + 500 AS number, exact, kind, flag, at FROM (\(rows)) AS t"),
      options: options
    ).run()
    let drifted = report.columns.filter { $0.drifted == true }.map(\.column)
    #expect(drifted == ["number"])
    #expect(report.checkedColumns == 4)
    #expect(report.chunks.map(\.rows).reduce(0, +) == 1000)
    #expect(report.quality.contains { $0.check == .rowCount })
    #expect(!report.notes.contains { $0.contains("could not be counted") }, "\(report.notes)")
  }

  @Test func `A file can be compared with a database`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "r.parquet",
      rowsOf: "SELECT range + 1 AS number, 'k' || (range + 1) % 3 AS kind FROM range(1000)")
    let sources = SourceOpener()
    let report = try DriftCheck(
      reference: sources.open(file),
      current: sources.open(
        try #require(TestServers.postgreSQL), sql: "SELECT number, kind FROM (\(rows)) AS t")
    ).run()
    #expect(report.status == .healthy)
    #expect(report.checkedColumns == 2)
  }

  @Test func `Windows are cut in the database`() throws {
    var options = DriftOptions()
    options.schema.timestamp = "at"
    options.referenceWindow = TimeSpan("10d")
    options.currentWindow = TimeSpan("2d")
    let report = try DriftCheck(
      reference: SourceOpener().open(try #require(TestServers.postgreSQL), sql: rows), current: nil,
      options: options
    ).run()
    #expect(report.current.rows == 48)
    #expect(report.reference.rows == 240)
  }
}
