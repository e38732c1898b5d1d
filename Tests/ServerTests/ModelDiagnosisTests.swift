import DataSources
import Foundation
import Hummingbird
import NIOCore
import Store
import Support
import Testing

@testable import Events
@testable import Monitoring
@testable import PlumblineServer

/// What a diagnosis of the service reads.
struct ModelDiagnosisTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Hourly rows of a year, the same in every source.
  private static let rows = """
    SELECT 'p' || range AS id, TIMESTAMP '2026-01-01' + INTERVAL 1 HOUR * range AS t,
      range % 97 AS x, (range % 10) / 10 AS p, range % 2 AS guess
    FROM range(8000)
    """
  private static let labels = "SELECT 'p' || range AS id, range % 3 // 2 AS y FROM range(8000)"

  private func diagnosis(
    _ log: EventLog, _ sources: String = "",
    _ query: String = "since=2026-06-01&reference_window=100d"
  ) throws -> ModelDiagnosis {
    let configuration = try ConfigurationReader.read(
      """
      models:
        - name: late
          type: classification
          positive_label: "1"
          schema: {id: id, timestamp: t, target: y, prediction: guess, probabilities: [p]}
          \(sources)
      """, path: "plumbline.yaml", environment: [:])
    let model = try #require(configuration.models.first)
    let request = Request(
      head: HTTPRequest(
        method: .get, scheme: "http", authority: "h", path: "/?" + query),
      body: RequestBody(buffer: .init()))
    return ModelDiagnosis(
      log: log, history: try History(path: folder.path + "/history.db"),
      sources: SourceOpener(threads: 1), model: model, configuration: configuration.diagnosis,
      question: try DiagnosisQuestion(request, of: model, at: log.clock()))
  }

  private func openLog() throws -> EventLog {
    let now = try #require(Instant("2026-09-01"))
    return try EventLog(folder: folder.path + "/data") { now }
  }

  private func gather(
    _ sources: String, _ query: String = "since=2026-06-01&reference_window=100d", most: Int
  ) throws -> (evidence: DiagnosisEvidence, missing: [String]) {
    let log = try openLog()
    var diagnosis = try diagnosis(log, sources, query)
    diagnosis.mostRows = most
    var evidence = DiagnosisEvidence()
    var missing: [String] = []
    try diagnosis.gatherRows(&evidence, &missing)
    log.close()
    return (evidence, missing)
  }

  @Test func `A table of any size is thinned by its ids, and so are its labels`() throws {
    let rows = try folder.write("rows.parquet", rowsOf: Self.rows)
    let labels = try folder.write("labels.parquet", rowsOf: Self.labels)
    let sources = "production: \(rows)\n    labels: \(labels)"
    let whole = try gather(sources, most: 10_000)
    let (before, now) = (2_400, 2_208)
    #expect(whole.evidence.tables?.reference.rows == before && whole.missing.isEmpty)
    #expect(whole.evidence.tables?.current.rows == now)
    let thin = try gather(sources, most: 600)
    #expect(thin.missing.count == 2, "\(thin.missing)")
    #expect(thin.missing.allSatisfy { $0.contains("one in 4") }, "\(thin.missing)")
    let tables = try #require(thin.evidence.tables)
    // A quarter of each, and of those all labels.
    #expect((400...800).contains(tables.reference.rows), "\(tables.reference.rows)")
    #expect((400...800).contains(tables.current.rows), "\(tables.current.rows)")
    for side in [tables.reference, tables.current] {
      #expect(side.losses.count == side.rows && side.losses.allSatisfy { !$0.isNaN })
    }
  }

  @Test(arguments: [false, true])
  func `A feature called like a member of events is compared with the reference's`(
    hasOwn: Bool
  ) async throws {
    let log = try openLog()
    let own = hasOwn ? ", \"status\": \"success\"" : ""
    let lines = (0..<100).map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"2026-08-01T00:00:00Z\", \"prediction\": 1\(own), "
        + "\"features\": {\"status\": \"\($0 % 2 == 0 ? "a" : "b")\", \"feature_1\": \($0)}}"
    }
    _ = try await log.append(
      Array(lines.joined(separator: "\n").utf8), .lines, to: "late", .predictions)
    log.close()
    let reference = try folder.write(
      "reference.parquet",
      rowsOf:
        "SELECT ['a', 'b'][range % 2 + 1] AS status, range AS feature_1, 1 AS prediction FROM range(100)"
    )
    let found = try gather("reference: \(reference)", "since=2026-07-01", most: 1_000)
    let tables = try #require(found.evidence.tables, "\(found.missing)")
    #expect(Set(tables.features.map(\.name)) == ["status", "feature_1"])
    #expect(!tables.findings.contains { $0.check == .missingColumn || $0.check == .newColumn })
  }

  @Test func `What the data folder cannot give is told without where that is`() async throws {
    let log = try openLog()
    let event = #"{"prediction_id": "a", "timestamp": "2026-08-01T00:00:00Z", "prediction": 1}"#
    _ = try await log.append(Array(event.utf8), .lines, to: "late", .predictions)
    // It cannot be sealed: a file is where files of events are to be.
    _ = try folder.write("data/events", "")
    let missing = try diagnosis(log).report().missing
    #expect(
      missing.contains { $0.hasPrefix("rows: the service's data folder cannot be used; check") },
      "\(missing)")
    #expect(!missing.contains { $0.contains(folder.path) }, "\(missing)")
  }

  @Test func `Without ids rows are told by all they have, else the first are read`() throws {
    let plain = Self.rows.replacing("'p' || range AS id,", with: "range % 3 // 2 AS y,")
    let rows = try folder.write("rows.parquet", rowsOf: plain)
    let hashed = try gather("production: \(rows)", most: 600)
    #expect(hashed.missing.allSatisfy { $0.contains("one in 4") }, "\(hashed.missing)")
    #expect((400...800).contains(hashed.evidence.tables?.current.rows ?? 0))
    let path = folder.path + "/rows.db"
    let database = try Database(driver: "sqlite", options: [("uri", path)], name: "rows")
    let connection = try database.connect()
    try connection.execute(
      """
      CREATE TABLE t AS WITH RECURSIVE n(i) AS
        (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7999)
      SELECT i % 3 / 2 AS y, datetime('2026-01-01', '+' || i || ' hours') AS t, i % 97 AS x,
        (i % 10) / 10.0 AS p, i % 2 AS guess FROM n
      """)
    let first = try gather(
      "production: {source: 'sqlite://\(path)', sql: SELECT * FROM t}", most: 600)
    #expect(first.missing.count == 2, "\(first.missing)")
    #expect(first.missing.allSatisfy { $0.contains("the first 600 of 2") }, "\(first.missing)")
    #expect(first.evidence.tables?.reference.rows == 600)
    // Of a side that has no more than may be all are read, whatever the other has.
    try connection.execute("DELETE FROM t WHERE t >= datetime('2026-01-01', '+4000 hours')")
    let few = try gather(
      "production: {source: 'sqlite://\(path)', sql: SELECT * FROM t}", most: 600)
    #expect(few.missing.allSatisfy { $0.contains("of the reference were read") }, "\(few.missing)")
  }

  @Test func `A large reference beside few rows is thinned, and they are not`() throws {
    let rows = try folder.write("rows.parquet", rowsOf: Self.rows)
    let labels = try folder.write("labels.parquet", rowsOf: Self.labels)
    let reference = try folder.write(
      "reference.parquet",
      rowsOf: """
        SELECT 'r' || range AS id, range % 97 AS x, (range % 10) / 10 AS p, range % 2 AS guess,
          range % 3 // 2 AS y
        FROM range(60000)
        """)
    let asked = try gather(
      "reference: \(reference)\n    production: \(rows)\n    labels: \(labels)",
      "since=2026-06-01", most: 3_000)
    let tables = try #require(asked.evidence.tables)
    #expect((2_500...3_500).contains(tables.reference.rows), "\(tables.reference.rows)")
    // Of these there are fewer than may be read.
    #expect(tables.current.rows == 2_208)
    #expect(tables.current.losses.count == 2_208)
    #expect(tables.current.losses.allSatisfy { !$0.isNaN })
  }
}
