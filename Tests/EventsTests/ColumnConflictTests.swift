import Columns
import DataSources
import Foundation
import Monitoring
import Support
import Testing

@testable import Events

/// Columns that events which come cannot be kept beside are not taken in, and hold nobody up for ever.
struct ColumnConflictTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func orphans() -> [String] {
    let all = FileManager.default.enumerator(atPath: folder.path + "/data/orphans")
    var found: [String] = []
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet") { found.append("orphans/" + file) }
    }
    return found.sorted()
  }

  /// An event that has every column of its kind.
  private func event(_ kind: EventKind) -> [UInt8] {
    let event =
      switch kind {
      case .predictions:
        #"{"prediction_id": "p", "prediction": 1, "latency_seconds": 0.1, "status": "success", "#
          + #""model_version": "1", "segment": "a", "features": {"x": 1}, "probabilities": {"1": 1}}"#
      case .labels: #"{"prediction_id": "p", "label": 1}"#
      case .observations:
        #"{"observation_id": "o", "user_id": "u", "variant": "a", "metrics": {"x": 1}}"#
      }
    return Array(event.utf8)
  }

  @Test(arguments: [
    (EventKind.predictions, "1.5::DOUBLE AS model_version"), (.predictions, "'a' AS probability_1"),
    (.predictions, "'a' AS latency_seconds"), (.predictions, "true AS status"),
    (.predictions, "now()::TIMESTAMP AS x"), (.predictions, "now()::TIMESTAMP AS prediction"),
    (.predictions, "'a' AS received_at"), (.predictions, "now()::TIMESTAMP AS Received_At"),
    (.predictions, "'a' AS date"), (.labels, "now()::TIMESTAMP AS label"),
    (.observations, "'a' AS x"), (.observations, "1.5::DOUBLE AS user_id"),
    (.observations, "true AS variant"),
  ])
  func `A file with a column as events cannot have it is set aside`(
    _ kind: EventKind, _ column: String
  ) async throws {
    _ = try folder.write(
      "data/events/m/\(kind.rawValue)/date=2024-05-01/odd.parquet",
      rowsOf: "SELECT 'a' AS \(kind.idColumn), TIMESTAMP '2024-05-01' AS timestamp, \(column)")
    let log = try folder.openLog()
    #expect(log.recovery.adopted.isEmpty && log.recovery.unknown == orphans())
    #expect(orphans().count == 1)
    let taken = try await log.append(event(kind), .lines, to: "m", kind)
    #expect(taken.appended.accepted == 1 && taken.read.rejected.isEmpty)
  }

  @Test func `What the log writes itself it can take in again`() async throws {
    let log = try folder.openLog()
    for kind in EventKind.allCases { _ = try await log.append(event(kind), .lines, to: "m", kind) }
    for kind in EventKind.allCases {
      #expect(log.types(of: "m", kind).allSatisfy { kind.canHave($0, as: $1) })
    }
  }

  @Test func `Of files whose columns differ in the case of letters the first is taken in`() throws {
    let day = "data/events/m/predictions/date=2024-05-01/"
    for (name, column) in [("a", "1.5::DOUBLE AS X"), ("b", "'a' AS x"), ("c", "2.5::DOUBLE AS X")]
    {
      _ = try folder.write(
        day + name + ".parquet",
        rowsOf: "SELECT '\(name)' AS prediction_id, TIMESTAMP '2024-05-01' AS timestamp, \(column)")
    }
    let log = try folder.openLog()
    #expect(log.recovery.adopted.count == 2)
    #expect(orphans() == ["orphans/m/predictions/date=2024-05-01/b.parquet"])
    #expect(log.types(of: "m", .predictions)["X"] == .number)
  }

  @Test func `A batch that a column of the folder leaves no place is refused, and no other`()
    async throws
  {
    let log = try folder.openLog()
    try log.journal.replace(
      batchesOf: "", .predictions, upTo: nil, by: [],
      newColumns: [("m", .predictions, "model_version", .number)])
    log.close()
    let again = try folder.openLog()
    let reason = "the data folder has the column `model_version` of m as events cannot have it"
    await #expect(throws: EventError.notKept(reason: reason)) {
      try await again.append(event(.predictions), .lines, to: "m", .predictions)
    }
    let other = try await again.append(
      Array(#"{"prediction_id": "p", "prediction": 1}"#.utf8), .lines, to: "m", .predictions)
    #expect(other.appended.accepted == 1)
  }

  // MARK: Limits, for batches that come at once

  @Test func `There are no more models than may be, however many come at once`() async throws {
    let log = try folder.openLog { $0.models = 3 }
    let taken = await withTaskGroup(of: Bool.self) { group in
      for model in 0..<40 {
        group.addTask {
          do {
            _ = try await log.append(event(.labels), .lines, to: "m\(model)", .labels)
            return true
          } catch {
            #expect(error as? EventError == .tooManyModels(limit: 3))
            return false
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken == 3 && log.models.count == 3)
  }

  @Test func `A model has no more columns than it can, however many come at once`() async throws {
    let log = try folder.openLog()
    let taken = try await withThrowingTaskGroup(of: Int.self) { group in
      for batch in 0..<4 {
        group.addTask {
          let features = (0..<6_000).map { "\"x\(batch)_\($0)\": 1" }.joined(separator: ", ")
          let text = "{\"prediction_id\": \"\(batch)\", \"features\": {\(features)}}"
          let kept = try await log.append(Array(text.utf8), .lines, to: "m", .predictions)
          return kept.appended.accepted
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(taken == 1)
    #expect(log.types(of: "m", .predictions).count < EventReader.columnLimit)
  }
}
