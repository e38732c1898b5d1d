import Columns
import DataSources
import Foundation
import Monitoring
import Support
import Testing

@testable import Events

/// How features are called in files, and what they are called by again.
struct FeatureNamesTests {
  @Test(arguments: [
    ("amount", "amount"), ("feature_1", "feature_1"), ("Feature_1", "Feature_1"),
    ("status", "feature_status"), ("Date", "feature_Date"),
    ("probability_a", "feature_probability_a"),
    ("feature_status", "feature_feature_status"),
    ("feature_probability_a", "feature_feature_probability_a"),
    ("feature_feature_1", "feature_feature_feature_1"),
    ("feature_feature_status", "feature_feature_feature_status"),
    ("feature_", "feature_"), ("feature", "feature"),
  ])
  func `A feature has a column of its own, which says what it is called`(
    name: String, column: String
  ) {
    #expect(EventColumnName.feature(name) == column)
    #expect(EventColumnName.featureName(of: column) == name)
  }

  @Test func `No two features have one column, and none has one of the rule before`() {
    let words = ["1", "status", "label", "probability_x", "amount", "feature", ""]
    let names = words.flatMap { word in
      (0..<5).map { String(repeating: "feature_", count: $0) + word }
    }.filter { !$0.isEmpty }
    let columns = names.map(EventColumnName.feature)
    #expect(Set(columns).count == names.count)
    #expect(columns.map(EventColumnName.featureName) == names)
    // `feature_1` was kept so once.
    #expect(!columns.contains("feature_feature_1"))
    #expect(EventColumnName.featureName(of: "feature_feature_1") == "feature_1")
  }

  @Test func `Every way to send events gives a feature the same column`() async throws {
    let names = ["feature_1", "status", "feature_status", "feature_feature_2", "date"]
    let folder = try TemporaryFolder()
    let log = try folder.openLog()
    let members = names.map { "\"\($0)\": 1" }.joined(separator: ", ")
    let json = "[{\"prediction_id\": \"a\", \"features\": {\(members)}}]"
    _ = try await log.append(Array(json.utf8), .array, to: "json", .predictions)
    let fields = names.map { "'\($0)': 1" }.joined(separator: ", ")
    let nested = try folder.write(
      "nested.parquet", rowsOf: "SELECT 'a' AS prediction_id, {\(fields)} AS features")
    _ = try await log.append(parquet: nested, to: "struct", .predictions)
    // A frame of the columns files of the log have.
    let columns = names.map { "1 AS \"\(EventColumnName.feature($0))\"" }.joined(separator: ", ")
    let flat = try folder.write(
      "flat.parquet", rowsOf: "SELECT 'a' AS prediction_id, \(columns)")
    _ = try await log.append(parquet: flat, to: "flat", .predictions)
    let known = log.types(of: "json", .predictions)
    #expect(known.keys.filter { EventColumnName.feature($0) == $0 }.contains("feature_1"))
    #expect(Set(names.map(EventColumnName.feature)).isSubset(of: known.keys))
    #expect(log.types(of: "struct", .predictions) == known)
    #expect(log.types(of: "flat", .predictions) == known)
  }

  @Test func `A model whose files have a feature by its former name goes on with that`() throws {
    let text = #"[{"prediction_id": "a", "features": {"feature_1": 1, "feature_2": 2}}]"#
    let events = try EventReader(
      kind: .predictions, types: ["feature_feature_1": .number], now: Instant(microseconds: 7)
    ).read(Array(text.utf8), .array)
    #expect(events.batch.column("feature_feature_1")?.values == .numbers([1]))
    #expect(events.batch.column("feature_1") == nil)
    #expect(events.batch.column("feature_2")?.values == .numbers([2]))
    // Its type is the column's still.
    let other = try EventReader(
      kind: .predictions, types: ["feature_feature_1": .text], now: Instant(microseconds: 7)
    ).read(Array(text.utf8), .array)
    #expect(other.rejected.first?.reason.contains("is a text in this model") == true)
  }

  @Test func `The index of a frame is no feature`() async throws {
    let folder = try TemporaryFolder()
    let log = try folder.openLog()
    let path = try folder.write(
      "frame.parquet",
      rowsOf: "SELECT 'a' AS prediction_id, 3 AS x, 7 AS __index_level_0__, 8 AS __index_level__")
    let taken = try await log.append(parquet: path, to: "m", .predictions)
    #expect(taken.appended.accepted == 1 && taken.ignored == ["__index_level_0__"])
    let types = log.types(of: "m", .predictions)
    #expect(types["__index_level_0__"] == nil)
    #expect(types["x"] == .number && types["__index_level__"] == .number)
    let measured = try folder.write(
      "measured.parquet", rowsOf: "SELECT 'u' AS user_id, 3 AS x, 7 AS __index_level_0__")
    let observed = try await log.append(parquet: measured, to: "e", .observations)
    #expect(observed.appended.accepted == 1 && observed.ignored == ["__index_level_0__"])
  }
}
