import Columns
import DataSources
import Events
import Foundation
import Monitoring
import Support
import Synchronization
import Testing

/// Events that are kept once, and stay.
struct EventLogTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func lines(_ ids: some Sequence<Int>, day: Int = 1, extra: String = "") -> [UInt8] {
    Array(
      ids.map {
        "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"2024-05-0\(day)T00:00:00Z\", "
          + "\"prediction\": \($0 % 2), \"features\": {\"x\": \($0)\(extra)}}"
      }.joined(separator: "\n").utf8)
  }

  private func query(_ log: EventLog, _ expression: String) throws -> [Int64?] {
    try log.withEvents(of: "m", .predictions) { relation in
      try relation.integers([expression], over: relation.database.connect()).compactMap(\.first)
    } ?? []
  }

  @Test func `What was appended can be queried, once`() async throws {
    let log = try folder.openLog()
    let first = try await log.append(lines(0..<100), .lines, to: "m", .predictions)
    #expect(first.appended == .init(accepted: 100, duplicates: 0))
    let again = try await log.append(lines(50..<150), .lines, to: "m", .predictions)
    #expect(again.appended == .init(accepted: 50, duplicates: 50))
    let within = try await log.append(
      lines([200, 200, 201]), .lines, to: "m", .predictions)
    #expect(within.appended == .init(accepted: 2, duplicates: 1))
    #expect(try query(log, "count(*)") == [152])
    // Sealed by now, and still known.
    let sealed = try await log.append(lines([0, 300]), .lines, to: "m", .predictions)
    #expect(sealed.appended == .init(accepted: 1, duplicates: 1))
    #expect(try query(log, "count(DISTINCT prediction_id)") == [153])
    #expect(try query(log, "CAST(sum(x) AS bigint)") == [Int64((0..<150).reduce(0, +) + 701)])
    #expect(try log.withEvents(of: "other", .predictions) { _ in 1 } == nil)
  }

  @Test func `Many small batches are kept as whole as large ones`() async throws {
    let log = try folder.openLog { $0.sealRows = 150 }
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for id in 0..<400 {
        group.addTask {
          let extra = id % 3 == 0 ? "" : ", \"country\": \"no\""
          let batch = try await log.append(
            self.lines([id, id / 2], extra: extra), .lines, to: "m", .predictions)
          return batch.appended.accepted
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(accepted == 400)
    #expect(try query(log, "count(*)") == [400])
    #expect(try query(log, "count(DISTINCT prediction_id)") == [400])
    #expect(try query(log, "CAST(sum(x) AS bigint)") == [Int64((0..<400).reduce(0, +))])
    let (sealed, _, waiting) = try log.figures()
    #expect(sealed == 400 && waiting == 0)
  }

  @Test func `Events are exported by day, whole or not at all`() async throws {
    let log = try folder.openLog()
    _ = try await log.append(lines(0..<100), .lines, to: "m", .predictions)
    _ = try await log.append(lines(100..<150, day: 2), .lines, to: "m", .predictions)
    let target = folder.path + "/export"
    #expect(try log.export(.predictions, of: "m", to: target) == 150)
    let days = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
    #expect(days == ["date=2024-05-01", "date=2024-05-02"])
    // Another log takes them as they are.
    let other = try EventLog(folder: folder.path + "/other") {
      Instant(microseconds: 1_714_557_600_000_000)
    }
    for day in days {
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(target)/\(day)") {
        _ = try await other.append(parquet: "\(target)/\(day)/\(file)", to: "m", .predictions)
      }
    }
    #expect(try query(other, "count(DISTINCT prediction_id)") == [150])
    #expect(other.types(of: "m", .predictions) == log.types(of: "m", .predictions))
    #expect(throws: ExportError.exists(folder: target)) {
      try log.export(.predictions, of: "m", to: target)
    }
    let later = folder.path + "/later"
    #expect(throws: ExportError.noEvents(model: "m", kind: .predictions)) {
      try log.export(.predictions, of: "m", from: Instant("2025-01-01"), to: later)
    }
    let some = try log.export(.predictions, of: "m", from: Instant("2024-05-02"), to: later)
    #expect(some == 50)
    #expect(
      try !FileManager.default.contentsOfDirectory(atPath: folder.path)
        .contains { $0.contains("partial") })
  }

  @Test func `What the folder and the disk say against it is told in words`() async throws {
    let log = try folder.openLog()
    _ = try await log.append(lines(0..<10), .lines, to: "m", .predictions)
    let error = try #require(throws: ExportError.self) {
      try log.export(.predictions, of: "m", to: "/proc/nowhere")
    }
    guard case .notWritten("/proc/nowhere", let reason) = error else { throw error }
    #expect(!reason.contains("partial") && !reason.contains("event log"), "\(reason)")
    let broken = try TemporaryFolder()
    _ = try broken.write("data/events.db", String(repeating: "no database ", count: 200))
    #expect(
      throws: EventError.unusable(folder: broken.path + "/data", reason: "it is no SQLite file")
    ) { try broken.openLog() }
  }

  @Test func `Times too far from now are refused, and many days are sealed`() async throws {
    let log = try folder.openLog { $0.futureDays = 1 }
    let times = [
      "2024-05-02T10:00:00Z", "2024-05-02T10:00:01Z", "1714-05-02T00:00:00Z",
      "2014-05-03T00:00:00Z",
    ]
    let text = times.enumerated().map {
      "{\"prediction_id\": \"\($0)\", \"timestamp\": \"\($1)\"}"
    }
    let taken = try await log.append(
      Array(text.joined(separator: "\n").utf8), .lines, to: "m", .predictions)
    #expect(taken.read.rejected.map(\.index) == [1, 2])
    #expect(taken.read.rejected.first?.reason == "timestamp is in the future")
    #expect(taken.read.rejected.last?.reason == "timestamp is more than 3653 days ago")
    #expect(taken.appended.accepted == 2)
    #expect(try query(log, "count(DISTINCT timestamp)") == [2])
  }

  @Test func `Times for which events are not kept are refused, whatever the clock says`()
    async throws
  {
    let now = Mutex(Instant(microseconds: 1_714_557_600_000_000))
    let log = try EventLog(folder: folder.path + "/data") { now.withLock { $0 } }
    func refused(_ times: String...) async throws -> [String] {
      let text = times.enumerated().map {
        "{\"prediction_id\": \"\($0)\($1)\", \"timestamp\": \"\($1)\"}"
      }
      return try await log.append(
        Array(text.joined(separator: "\n").utf8), .lines, to: "m", .predictions
      ).read.rejected.map(\.reason)
    }
    log.setRetention(days: 10)
    let reason = "timestamp is older than the 10 days events are kept"
    #expect(
      try await refused("2024-04-21T09:59:59Z", "2024-04-21T10:00:00Z", "2014-06-01T00:00:00Z")
        == [reason, reason])
    // Longer than where events stay for good.
    log.setRetention(days: 7_305)
    #expect(try await refused("2005-01-01T00:00:00Z", "1999-01-01T00:00:00Z").count == 1)
    log.setRetention(days: nil)
    #expect(try await refused("2014-06-01T00:00:00Z", "2024-05-01T00:00:00Z").isEmpty)
    log.setRetention(days: 10)
    try log.seal()
    // A clock that jumped ahead makes nothing old: what is kept may still come.
    now.withLock { $0 = Instant("2030-01-01T00:00:00Z") ?? $0 }
    #expect(try await refused("2024-04-22T00:00:00Z", "2024-04-20T00:00:00Z") == [reason])
  }

  @Test func `What cannot be sealed in time when the log is closed stays`() async throws {
    let log = try folder.openLog { $0.closingSeconds = 0 }
    _ = try await log.append(lines(0..<10), .lines, to: "m", .predictions)
    log.close()
    let again = try folder.openLog()
    #expect(try again.figures().waiting == 10)
    #expect(try query(again, "count(*)") == [10])
  }

  @Test func `What closing has no time for is not begun with: the engine does not end in it`()
    async throws
  {
    let log = try folder.openLog { $0.closingSeconds = 2 }
    func send(_ columns: Int, to model: String) async throws {
      let features = (0..<columns).map { "\"f\($0)\": \($0)" }.joined(separator: ", ")
      let event = "{\"prediction_id\": \"a\", \"features\": {\(features)}}"
      let taken = try await log.append(Array(event.utf8), .lines, to: model, .predictions)
      #expect(taken.appended.accepted == 1)
    }
    try await send(5_000, to: "wide")
    try await send(5, to: "narrow")
    log.close()
    let again = try folder.openLog()
    let figures = try again.figures()
    #expect(figures.waiting == 1 && figures.rows == 1, "\(figures)")
    let sealed = FileManager.default.fileExists(atPath: folder.path + "/data/events/narrow")
    #expect(sealed)
  }

  @Test func `What the engine is at when the log is closed ends in time too`() async throws {
    let log = try folder.openLog { $0.closingSeconds = 0 }
    for round in 0..<2 {
      _ = try await log.append(lines([round]), .lines, to: "m", .predictions)
      try log.seal()
    }
    log.prepareClosing()
    // Neither of the two asks on its way whether it is time to end.
    #expect(throws: EventError.self) { try log.compact(whereAtLeast: 2) }
    // Who sends is served until the end.
    let last = try await log.append(lines([2]), .lines, to: "m", .predictions)
    #expect(last.appended.accepted == 1)
    log.close()
    let again = try folder.openLog()
    #expect(try again.figures().waiting == 1)
    #expect(try query(again, "count(*)") == [3])
  }

  @Test func `There are no more models than may be`() async throws {
    let log = try folder.openLog { $0.models = 2 }
    for model in ["a", "b", "a"] {
      _ = try await log.append(lines([1]), .lines, to: model, .predictions)
    }
    await #expect(throws: EventError.tooManyModels(limit: 2)) {
      try await log.append(lines([1]), .lines, to: "c", .labels)
    }
    #expect(log.models == ["a", "b"])
  }

  @Test func `A batch that is larger than can be kept is refused for good`() async throws {
    let log = try folder.openLog { $0.batchBytes = 1_000 }
    await #expect(throws: EventError.tooLarge(bytes: 1_000)) {
      try await log.append(lines(0..<100), .lines, to: "m", .predictions)
    }
    let small = try await log.append(lines([1]), .lines, to: "m", .predictions)
    #expect(small.appended.accepted == 1)
  }

  @Test func `Events survive a restart, those that are known too`() async throws {
    for round in 0..<3 {
      let log = try folder.openLog()
      let batch = try await log.append(lines(0..<(10 * (round + 1))), .lines, to: "m", .predictions)
      #expect(batch.appended == .init(accepted: 10, duplicates: 10 * round))
      #expect(throws: EventError.locked(folder: folder.path + "/data")) { try folder.openLog() }
      log.close()
      await #expect(throws: EventError.stopped) {
        try await log.append(lines([1]), .lines, to: "m", .predictions)
      }
    }
    #expect(try query(folder.openLog(), "count(*)") == [30])
  }

  @Test func `Columns come and go, and keep their types`() async throws {
    let log = try folder.openLog()
    _ = try await log.append(lines([1]), .lines, to: "m", .predictions)
    try log.seal()
    _ = try await log.append(
      lines([2], extra: ", \"city\": \"Oslo\""), .lines, to: "m", .predictions)
    let wrong = try await log.append(
      lines([3], extra: ", \"city\": 4"), .lines, to: "m", .predictions)
    #expect(wrong.read.rejected.map(\.index) == [0] && wrong.appended.accepted == 0)
    _ = try await log.append(lines([4]), .lines, to: "m", .predictions)
    #expect(try query(log, "count(city)") == [1])
    #expect(try query(log, "count(*)") == [3])
    #expect(log.types(of: "m", .predictions)["city"] == .text)
  }

  @Test func `Batches that race for a new column's type do not break it`() async throws {
    let log = try folder.openLog()
    let accepted = await withTaskGroup(of: Int.self) { group in
      for task in 0..<40 {
        let value = task % 2 == 0 ? "1" : "\"one\""
        group.addTask {
          let text = self.lines([task], extra: ", \"y\": \(value)")
          return (try? await log.append(text, .lines, to: "m", .predictions))?.appended.accepted
            ?? -9
        }
      }
      return await group.reduce(0, +)
    }
    #expect(accepted == 20)
    #expect(try query(log, "count(y)") == [20])
  }

  @Test func `A column that only a known event brought is not lost when it comes anew`()
    async throws
  {
    let log = try folder.openLog()
    _ = try await log.append(lines([1]), .lines, to: "m", .predictions)
    let known = lines([1], extra: ", \"late\": 1")
    #expect(try await log.append(known, .lines, to: "m", .predictions).appended.accepted == 0)
    _ = try await log.append(lines([2], extra: ", \"late\": 2"), .lines, to: "m", .predictions)
    log.close()
    let again = try folder.openLog()
    _ = try await again.append(lines([3], extra: ", \"late\": 3"), .lines, to: "m", .predictions)
    #expect(try query(again, "CAST(sum(late) AS bigint)") == [5])
  }

  @Test func `Labels count once for each thing they say`() async throws {
    let log = try folder.openLog()
    let text =
      #"[{"prediction_id": "a", "label": 1}, {"prediction_id": "a", "label": 1}, {"prediction_id": "a", "label": 0}]"#
    let answer = try await log.append(Array(text.utf8), .array, to: "m", .labels)
    #expect(answer.appended == .init(accepted: 2, duplicates: 1))
    try log.seal()
    let again = try await log.append(Array(text.utf8), .array, to: "m", .labels)
    #expect(again.appended == .init(accepted: 0, duplicates: 3))
  }

  @Test func `Old and too many segments are dropped, small ones joined`() async throws {
    let log = try folder.openLog()
    for day in 1...5 {
      for part in 0..<3 {
        let ids = (day * 100 + part * 10)..<(day * 100 + part * 10 + 10)
        _ = try await log.append(lines(ids, day: day), .lines, to: "m", .predictions)
        try log.seal()
      }
    }
    try log.compact(whereAtLeast: 3)
    #expect(try files().count == 5)
    #expect(try query(log, "count(*)") == [150])
    let time = try #require(Instant("2024-05-03"))
    #expect(try log.drop(endedBefore: time, beyondBytes: nil) == 60)
    #expect(try query(log, "count(*)") == [90])
    let size = try log.figures().bytes
    #expect(try log.drop(endedBefore: nil, beyondBytes: size - 1) == 30)
    #expect(try query(log, "CAST(min(x) AS bigint)") == [400])
    #expect(try files().count == 2)
    let bounded = try log.withEvents(of: "m", .predictions, from: Instant("2024-05-05")) {
      try $0.rowCount(over: $0.database.connect())
    }
    #expect(bounded == 30)
  }

  @Test func `Who reads keeps the files`() async throws {
    let log = try folder.openLog()
    _ = try await log.append(lines(0..<10), .lines, to: "m", .predictions)
    let rows = try log.withEvents(of: "m", .predictions) { relation in
      try log.drop(endedBefore: Instant("2030-01-01"), beyondBytes: nil)
      return try relation.rowCount(over: relation.database.connect())
    }
    #expect(rows == 10)
    #expect(try files().isEmpty)
  }

  @Test func `More than may wait is refused`() async throws {
    let log = try folder.openLog { $0.pendingBytes = 1 }
    let refused = await withTaskGroup(of: Bool.self) { group in
      for task in 0..<200 {
        group.addTask {
          do {
            _ = try await log.append(self.lines([task]), .lines, to: "m", .predictions)
            return false
          } catch {
            return error as? EventError == .overloaded
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(refused > 0)
    #expect(try query(log, "count(*)") == [Int64(200 - refused)])
  }

  @Test(arguments: ["", ".", "..", "a/b", "é", "-x", "a b", String(repeating: "a", count: 129)])
  func `Names that are no folder's are no model's`(_ name: String) async throws {
    let log = try folder.openLog()
    await #expect(throws: EventError.invalidModel(name: name)) {
      try await log.append(lines([1]), .lines, to: name, .predictions)
    }
  }

  /// Paths of all segments.
  private func files() throws -> [String] {
    let base = folder.path + "/data/events"
    let all = FileManager.default.enumerator(atPath: base)
    var found: [String] = []
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet") { found.append("\(base)/\(file)") }
    }
    return found.sorted()
  }
}
