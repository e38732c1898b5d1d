import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// What a configuration names is looked for on the machine, all of it at once.
struct ConfigurationInspectionTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func inspect(_ text: String) -> ConfigurationInspection {
    ConfigurationInspection(of: text, path: "c.yaml", environment: [:])
  }

  @Test func `Everything that is not there is named with its line and what mends it`() throws {
    let key = try folder.write("key.pem", "-----BEGIN PRIVATE KEY-----\n")
    let inspection = inspect(
      """
      service:
        tls: {certificate: \(key), key: \(folder.path)/none.pem}
        stop_seconds: 0
      connections:
        warehouse: {driver: nosuch, uri: "nosuch://h/d"}
        lake: {driver: postgresq, uri: "postgresql://h/d"}
      models:
        - name: a
          reference: \(folder.path)/none.parquet
          production: nosuch://host/db
          labels: {source: warehouse}
        - name: b
          reference: \(folder.path)/*.parquet
          production: warehous
          labels: \(key)
      """)
    let expected: [(line: Int, text: String)] = [
      (2, "holds no certificate in PEM"), (2, "none.pem` cannot be read"), (3, "`0` is not"),
      (5, "no ADBC driver named `nosuch`: installed are "), (6, "did you mean `postgresql`?"),
      (9, "reference: there is no file or folder"), (10, "no ADBC driver named `nosuch`"),
      (11, "labels: warehouse is a database and does not say which rows"),
      (13, "reference: no file matches"), (14, "did you mean connection `warehouse`?"),
      (15, "labels: "),
    ]
    #expect(inspection.all.map(\.line) == expected.map(\.line), "\(inspection.all)")
    for (mistake, expected) in zip(inspection.all, expected) {
      #expect(mistake.text.contains(expected.text), "\(mistake)")
    }
    #expect(inspection.mistakes.map(\.line) == [3])
    let error = #expect(throws: ConfigurationError.self) { try inspection.flawless() }
    #expect(error?.mistakes == inspection.all)
    #expect(inspection.all[3].text.contains("duckdb, "), "\(inspection.all[3])")
    #expect(inspection.all[3].text.contains("dbc install nosuch"))
  }

  @Test func `What mends a mistake is there by itself too`() throws {
    let inspection = inspect(
      """
      service:
        tokns: []
        stop_seconds: 0
        log: {level: loud}
        tokens: [{name: a, scopes: [read], file: \(folder.path)/none}]
      connections: {w: {driver: postgresql, uri: "postgresql://h/d"}}
      models:
        - {name: a, production: w}
        - {name: b, reference: "-"}
      """)
    let mends = inspection.all.map { $0.mend ?? "" }
    #expect(
      mends == [
        "did you mean `tokens`?", "write a whole number from 1 to 3600",
        "write one of trace, debug, info, notice, warning, error, critical",
        "check the path, and that the service's user may read it",
        "write {source: w, sql: \"SELECT …\"}", "name a file or a connection",
      ], "\(inspection.all)")
    let query = try #require(inspection.all.first { $0.line == 8 })
    #expect(
      query.text == "production: w is a database and does not say which rows; "
        + "write {source: w, sql: \"SELECT …\"}")
    #expect(
      inspection.all.last?.text.hasPrefix("reference: a service has no standard input") == true)
  }

  @Test(arguments: [("", true), ("# nothing\n", true), ("service: {}", false), ("a: [", false)])
  func `A file without a word is known to be empty`(text: String, isEmpty: Bool) {
    #expect(inspect(text).isEmpty == isEmpty)
  }

  @Test func `Production that has no files yet is worth a note and no mistake`() throws {
    _ = try folder.write("r.parquet", rowsOf: "SELECT 1 AS x")
    let inspection = inspect(
      """
      models:
        - {name: a, reference: \(folder.path)/r.parquet, production: "\(folder.path)/log/*.parquet"}
        - {name: b, reference: "\(folder.path)/*.parquet", production: \(folder.path)/none.parquet}
      """)
    #expect(inspection.notes.map(\.line) == [2])
    #expect(inspection.notes.first?.text.hasPrefix("production: no file matches") == true)
    // A file that is named by itself is another thing.
    #expect(inspection.all.map(\.line) == [3])
  }

  @Test func `What is there is no mistake, and no database is asked`() throws {
    _ = try folder.write("r.parquet", rowsOf: "SELECT 1 AS x")
    let inspection = inspect(
      """
      connections: {w: {driver: postgresql, uri: "postgresql://127.0.0.1:1/none"}}
      models:
        - name: a
          reference: {source: w, sql: SELECT 1}
          production: {source: "postgresql://127.0.0.1:1/none", sql: SELECT 1}
          labels: \(folder.path)
      """)
    #expect(inspection.all == [] && inspection.notes == [])
    #expect(throws: Never.self) { try inspection.flawless() }
  }

  @Test func `Settings of another type of check are a mistake`() {
    let inspection = inspect(
      """
      models:
        - name: a
          checks:
            - {type: quality, schedule: "@daily", window: 1d, drift: {seed: 1}}
            - {type: quality, schedule: "@daily", window: 1d, quality: {checks: [nonsense]}}
            - {type: quality, name: c, schedule: "@daily", window: 1d, quality: {checks: []}}
            - {type: quality, name: d, schedule: "@daily", window: 1d, quality: {freshness: 1y}}
        - name: b
          production: w.parquet
          checks: [{type: quality, schedule: "@daily", window: 1d, quality: {freshness: 1d}}]
      """)
    #expect(inspection.mistakes.map(\.line) == [4, 5, 6, 7, 10], "\(inspection.mistakes)")
    #expect(inspection.mistakes.first?.text.contains("`drift` is of checks of type drift") == true)
    #expect(inspection.mistakes.last?.text.contains("timestamp") == true)
  }
}
