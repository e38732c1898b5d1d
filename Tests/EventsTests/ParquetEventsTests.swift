import Columns
import DataSources
import Events
import Foundation
import Monitoring
import Support
import Testing

/// Events that come as Parquet files.
struct ParquetEventsTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func open() throws -> EventLog {
    try EventLog(folder: folder.path + "/data") { Instant(microseconds: 1_714_557_600_000_000) }
  }

  private func query(_ log: EventLog, _ expression: String, _ kind: EventKind = .predictions) throws
    -> [Int64?]
  {
    try log.withEvents(of: "m", kind) { relation in
      try relation.integers([expression], over: relation.database.connect()).compactMap(\.first)
    } ?? []
  }

  @Test func `Flat columns and structs are the events JSON would be`() async throws {
    let flat = try folder.write(
      "flat.parquet",
      rowsOf: """
        SELECT range AS prediction_id, TIMESTAMP '2024-05-01 10:00:00' + INTERVAL 1 SECOND * range
            AS timestamp, range::INTEGER AS age, 'c' || (range % 3) AS city, range % 2 = 0 AS vip,
          1.5::DECIMAL(4, 1) AS price, DATE '2024-01-01' AS joined, NULL AS nothing,
          (range % 2)::TINYINT AS prediction, 0.25::FLOAT AS probability_1, range AS label
        FROM range(50000)
        """)
    let nested = try folder.write(
      "nested.parquet",
      rowsOf: """
        SELECT 'p' || range AS prediction_id, {'age': range, 'city': 'x', 'label': 7} AS features,
          {'1': 0.5, '0': 0.5} AS probabilities
        FROM range(10)
        """)
    let log = try open()
    var portions = 0
    let first = try await log.append(parquet: flat, to: "m", .predictions) { _ in portions += 1 }
    #expect(first.appended == .init(accepted: 50_000, duplicates: 0))
    #expect(first.rejectedRows == 0 && first.ignored.isEmpty && portions > 1)
    let again = try await log.append(parquet: flat, to: "m", .predictions)
    #expect(again.appended == .init(accepted: 0, duplicates: 50_000))
    let second = try await log.append(parquet: nested, to: "m", .predictions)
    #expect(second.appended.accepted == 10)
    let types = log.types(of: "m", .predictions)
    #expect(types["age"] == .number && types["city"] == .text && types["vip"] == .boolean)
    #expect(types["price"] == .number && types["joined"] == .text && types["nothing"] == nil)
    #expect(types["feature_label"] == .number && types["label"] == nil)
    #expect(types["probability_0"] == .number && types["prediction"] == .number)
    #expect(try query(log, "count(*)") == [50_010])
    #expect(try query(log, "sum(age)::BIGINT") == [Int64(50_000 / 2 * 49_999 + 45)])
    #expect(try query(log, "count(*) FILTER (prediction_id = '49999' AND city = 'c1')") == [1])
    #expect(
      try query(log, "epoch_us(max(timestamp))") == [1_714_557_600_000_000 + 49_999_000_000])
  }

  @Test func `Bad rows are refused by their place in the file`() async throws {
    let path = try folder.write(
      "bad.parquet",
      rowsOf: """
        SELECT CASE WHEN range = 40000 THEN NULL ELSE 'p' || range END AS prediction_id,
          CASE WHEN range = 123 THEN 2.0 ELSE 0.5 END AS probability_1,
          CASE WHEN range = 30001 THEN repeat('é', 40000) ELSE 'short' END AS note
        FROM range(50000)
        """)
    let log = try open()
    let taken = try await log.append(parquet: path, to: "m", .predictions)
    #expect(taken.appended.accepted == 49_997 && taken.rejectedRows == 3)
    #expect(taken.rejected.map(\.index) == [123, 30_001, 40_000])
    for (row, reason) in zip(taken.rejected, ["between 0 and 1", "longer than", "prediction_id"]) {
      #expect(row.reason.contains(reason), "\(row)")
    }
    // More rows are refused than an answer lists.
    let worse = try folder.write(
      "worse.parquet", rowsOf: "SELECT NULL::VARCHAR AS prediction_id FROM range(30000)")
    let none = try await log.append(parquet: worse, to: "m", .predictions)
    #expect(none.rejectedRows == 30_000 && none.rejected.count == RejectedEvent.listed)
    #expect(none.rejected.last?.index == RejectedEvent.listed - 1)
  }

  @Test func `A small file of long texts is kept some bytes at a time`() async throws {
    let path = try folder.write(
      "bomb.parquet",
      rowsOf: """
        SELECT 'p' || range AS prediction_id, repeat('x', 60000) AS a, repeat('y', 60000) AS b,
          CASE WHEN range = 1500 THEN repeat('z', 60000) END AS c,
          CASE WHEN range = 1500 THEN repeat('z', 60000) END AS d,
          CASE WHEN range = 1500 THEN repeat('z', 60000) END AS e
        FROM range(2000)
        """)
    let log = try open()
    var portions: [Int] = []
    let taken = try await log.append(
      parquet: path, to: "m", .predictions, each: { portions.append($0.kept.rows) })
    #expect(taken.appended.accepted == 1_999 && taken.rejected.map(\.index) == [1_500])
    #expect(taken.rejected.first?.reason.contains("together") == true)
    // About 140 rows are 16 MiB.
    #expect(portions.allSatisfy { $0 < 400 }, "\(portions)")
    #expect(try query(log, "sum(strlen(a) + strlen(b))::BIGINT") == [1_999 * 120_000])
  }

  @Test func `Times of every resolution, with a zone and without, are the same times`() async throws
  {
    let log = try open()
    let types = [
      "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMPTZ", "TIMESTAMPTZ_NS",
    ]
    for (index, type) in types.enumerated() {
      let path = try folder.write(
        "\(type).parquet",
        rowsOf:
          "SELECT \(index) AS prediction_id, CAST('2024-05-01 10:00:00' AS \(type)) AS timestamp")
      let taken = try await log.append(parquet: path, to: "m", .predictions)
      #expect(taken.appended.accepted == 1, "\(type): \(taken.rejected)")
    }
    #expect(
      try query(log, "count(*) FILTER (epoch_us(timestamp) = 1714557600000000)")
        == [Int64(types.count)])
  }

  @Test(arguments: [("DOUBLE", 0), ("BIGINT", 2), ("UBIGINT", 2)])
  func `Ids at 2^53 are taken where they are exact`(type: String, accepted: Int) async throws {
    let path = try folder.write(
      "ids.parquet",
      rowsOf: "SELECT (9007199254740992 + range)::\(type) AS prediction_id FROM range(2)")
    let taken = try await open().append(parquet: path, to: "m", .predictions)
    #expect(taken.appended == .init(accepted: accepted, duplicates: 0))
    #expect(taken.rejected.allSatisfy { $0.reason.contains("not exact") }, "\(taken.rejected)")
  }

  @Test func `Times without end are refused rather than taken for now`() async throws {
    let path = try folder.write(
      "infinite.parquet",
      rowsOf: """
        SELECT range AS prediction_id, CASE range WHEN 0 THEN TIMESTAMP 'infinity'
          WHEN 1 THEN TIMESTAMP '-infinity' WHEN 2 THEN NULL ELSE TIMESTAMP '2024-05-01' END
          AS timestamp
        FROM range(4)
        """)
    let taken = try await open().append(parquet: path, to: "m", .predictions)
    #expect(taken.rejected.map(\.index) == [0, 1])
    #expect(taken.rejected.allSatisfy { $0.reason == "timestamp is not finite" })
  }

  @Test func `A column may be called as the engine calls the rows' places`() async throws {
    let path = try folder.write(
      "places.parquet",
      rowsOf: """
        SELECT 'p' || range AS prediction_id, range % 7 AS file_row_number, 'f' AS filename,
          CASE WHEN range % 100000 = 7 THEN 2.0 ELSE 0.5 END AS probability_1
        FROM range(300000)
        """)
    let log = try open()
    let taken = try await log.append(parquet: path, to: "m", .predictions)
    #expect(taken.appended.accepted == 299_997)
    // Their places are those in the file nevertheless.
    #expect(taken.rejected.map(\.index) == [7, 100_007, 200_007])
    #expect(try query(log, "sum(file_row_number)::BIGINT") == [899_989])
    #expect(log.types(of: "m", .predictions)["filename"] == .text)
  }

  @Test func `There may be many columns of texts`() async throws {
    let columns = (0..<1_200).map { "'t\($0)' AS c\($0)" }.joined(separator: ", ")
    let path = try folder.write(
      "wide.parquet", rowsOf: "SELECT range AS prediction_id, \(columns) FROM range(3)")
    let taken = try await open().append(parquet: path, to: "m", .predictions)
    #expect(taken.appended.accepted == 3)
  }

  @Test(arguments: [
    ("1 AS x, 2 AS y", "y", "X", "the column `X` differs from `x` in the case of letters alone"),
    ("1 AS x, 2 AS y", "y", "x", "the column `x` comes twice"),
    (
      "{'x': 1, 'y': 2} AS features", "y", "X",
      "the field of `features` `X` differs from `x` in the case of letters alone"
    ),
    ("1 AS x, {'x': 1} AS features", "", "", "`x` comes twice, as a column and as a field"),
  ])
  func `Columns that the engine could not tell apart are refused`(
    columns: String, old: String, new: String, reason: String
  ) async throws {
    let path = try folder.write(
      "same.parquet", rowsOf: "SELECT range AS prediction_id, \(columns) FROM range(3)")
    // The engine writes no such file; a name in the description at its end is another of its length.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let size = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = bytes.count - 8 - size
    for place in start..<bytes.count - 8
    where !old.isEmpty && bytes[place] == 1 && bytes[place + 1] == old.utf8.first {
      bytes.replaceSubrange(place + 1..<place + 2, with: new.utf8)
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    let log = try open()
    let error = await #expect(throws: EventError.self) {
      try await log.append(parquet: path, to: "m", .predictions)
    }
    #expect(error?.what.contains(reason) == true, "\(error?.what ?? "")")
    #expect(log.models.isEmpty)
  }

  @Test(arguments: [
    // Cells, texts of one dictionary, and columns.
    "SELECT 'p' AS prediction_id, WIDE FROM range(200000)",
    "SELECT range AS prediction_id, repeat('x', 60000) AS a FROM range(20000)",
    "SELECT range AS prediction_id, repeat('x', 600000) AS a FROM range(20000)",
  ])
  func `A small file that is a large table is refused before any of it is kept`(
    _ query: String
  ) async throws {
    let wide = (0..<200).map { "1 AS c\($0)" }.joined(separator: ", ")
    let path = try folder.write("bomb.parquet", rowsOf: query.replacing("WIDE", with: wide))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(try #require(attributes[.size] as? Int) < 2_000_000)
    let log = try open()
    await #expect(throws: EventError.tooLarge(bytes: 256 << 20)) {
      try await log.append(parquet: path, to: "m", .predictions)
    }
    #expect(log.models.isEmpty)
  }

  @Test func `Labels come so too`() async throws {
    let path = try folder.write(
      "labels.parquet",
      rowsOf: "SELECT range AS prediction_id, range % 2 AS label, 1 AS extra FROM range(100)")
    let log = try open()
    let taken = try await log.append(parquet: path, to: "m", .labels)
    #expect(taken.appended.accepted == 100 && taken.ignored == ["extra"])
    #expect(try query(log, "sum(label)::BIGINT", .labels) == [50])
  }

  @Test func `What is no Parquet file of events is refused with its reason`() async throws {
    let log = try open()
    let text = try folder.write("text.parquet", "PAR1 this is none PAR1")
    let list = try folder.write(
      "list.parquet", rowsOf: "SELECT 'a' AS prediction_id, [1, 2] AS embedding FROM range(3)")
    for (path, reason) in [(text, "the body"), (list, "`embedding`")] {
      let error = await #expect(throws: EventError.self) {
        try await log.append(parquet: path, to: "m", .predictions)
      }
      guard case .unreadableFile(let told) = error else { throw try #require(error) }
      // Who sent a file has no use for what is said of JSON.
      #expect(error?.mend.contains("Parquet") == true && error?.mend.contains("JSON") == false)
      #expect(told.contains(reason) && !told.contains(folder.path), "\(told)")
    }
    let good = try folder.write("good.parquet", rowsOf: "SELECT 1 AS prediction_id")
    // Cut short, and with its middle overwritten: never a crash.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: good))
    for length in stride(from: 0, to: bytes.count, by: 7) {
      let cut = folder.path + "/cut.parquet"
      try bytes.prefix(length).write(to: URL(fileURLWithPath: cut))
      await #expect(throws: EventError.self) {
        try await log.append(parquet: cut, to: "m", .predictions)
      }
    }
    #expect(log.models.isEmpty)
  }
}
