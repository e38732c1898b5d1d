import Columns
import DataSources
import Dispatch
import Foundation
import Monitoring
import Support
import Synchronization
import Testing

@testable import Events

/// An id counts once for as long as its event is kept.
struct RepeatedEventsTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Appends predictions with some ids and says how many were new.
  @discardableResult
  private func add(
    _ ids: some Sequence<Int>, day: Int = 1, to model: String = "m", _ log: EventLog
  ) async throws -> Int {
    let lines = ids.map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"2024-05-0\(day)T00:00:00Z\", "
        + "\"features\": {\"x\": \($0)}}"
    }
    let text = Array(lines.joined(separator: "\n").utf8)
    return try await log.append(text, .lines, to: model, .predictions).appended.accepted
  }

  private func count(_ log: EventLog, _ expression: String = "count(*)") throws -> Int64? {
    try log.withEvents(of: "m", .predictions) { relation in
      try relation.integers([expression], over: relation.database.connect()).first?.first ?? nil
    } ?? nil
  }

  private var indexFiles: [String] {
    get throws {
      let index = folder.path + "/data/index"
      return try FileManager.default.contentsOfDirectory(atPath: index).sorted()
        .map { "\(index)/\($0)" }
    }
  }

  @Test func `An event counts once however many came since, and with whatever time it comes`()
    async throws
  {
    let log = try folder.openLog()
    // Nothing that is sealed is remembered: as many as there are make no difference.
    for start in stride(from: 0, to: 400, by: 20) {
      #expect(try await add(start..<start + 20, log) == 20)
      try log.seal()
    }
    #expect(try await add(0..<20, log) == 0)
    #expect(try await add(15..<25, day: 3, log) == 0)
    // New ones among them are kept.
    #expect(try await add([3, 1_000, 399, 1_001, 1_000], day: 2, log) == 2)
    // So are those of another model.
    #expect(try await add(0..<20, to: "other", log) == 20)
    #expect(try count(log) == 402)
    #expect(try count(log, "count(DISTINCT prediction_id)") == 402)
  }

  @Test func `It does after a restart, a compaction, and without the index`() async throws {
    for round in 0..<5 {
      let log = try folder.openLog()
      let first = round * 50
      #expect(try await add(max(0, first - 50)..<first + 50, day: 1 + round % 2, log) == 50)
      if round == 2 { try log.compact(whereAtLeast: 2) }
      #expect(try await add(0..<first + 50, day: 3, log) == 0)
      log.close()
      if round == 3 {
        try FileManager.default.removeItem(atPath: folder.path + "/data/index")
      }
    }
    #expect(try count(folder.openLog()) == 250)
  }

  @Test(arguments: ["cut", "empty", "filter", "entries", "list", "header", "other"])
  func `A damaged index is made anew`(_ damage: String) async throws {
    let log = try folder.openLog()
    try await add(0..<300, log)
    try log.seal()
    try await add(300..<400, day: 2, log)
    log.close()
    let files = try indexFiles
    #expect(files.count == 2)
    for file in files {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
      switch damage {
      case "cut": bytes = bytes.prefix(bytes.count - 1)
      case "empty": bytes = Data()
      case "filter": bytes[KeyRun.headerBytes + 7] ^= 1
      case "entries": bytes[bytes.count / 2] ^= 1
      case "list": bytes[bytes.count - 2] ^= 1
      case "header": bytes[9] ^= 1
      default: bytes = Data("something else".utf8)
      }
      try bytes.write(to: URL(fileURLWithPath: file))
    }
    let again = try folder.openLog()
    #expect(try await add(0..<410, day: 3, again) == 10)
    #expect(try indexFiles.allSatisfy { !files.contains($0) })
  }

  @Test func `A file that cannot be read keeps neither a log from opening nor events out`()
    async throws
  {
    let first = try folder.openLog()
    for day in 1...3 {
      try await add(day * 10..<day * 10 + 10, day: day, first)
      try first.seal()
    }
    let files = try first.journal.segments().map(\.path)
    try damage(files[0])
    // While it runs: those of other files are known still.
    #expect(try await add(10..<40, day: 4, first) == 10)
    #expect(Set(first.indexState.unread.keys) == [files[0]])
    #expect(first.indexState.unread[files[0]]?.isEmpty == false)
    first.close()
    try FileManager.default.removeItem(atPath: folder.path + "/data/index")
    try damage(files[1])
    let second = try folder.openLog()
    #expect(Set(second.indexState.unread.keys) == Set(files[..<2]))
    #expect(second.indexState.rebuilt == 2)
    // Those of the first file have come again before, and were kept with the fourth day.
    #expect(try await add(10..<40, day: 5, second) == 10)
    // What is gone is nobody's to read any more.
    try second.drop(endedBefore: Instant("2024-05-03"), beyondBytes: nil)
    #expect(second.indexState.unread.isEmpty)
  }

  @Test func `What reads events running short is no fault of their files`() async throws {
    let first = try folder.openLog()
    try await add(0..<100_000, first)
    try first.seal()
    let file = try #require(try first.journal.segments().first)
    first.close()
    // Refused, to be sent again: with so little memory it is not known what has come before.
    let second = try folder.openLog { $0.engineMemory = 2 }
    let refused = await #expect(throws: EventError.self) {
      _ = try await add(0..<100_000, day: 2, second)
    }
    #expect(refused?.code == "not_kept", "\(refused as Any)")
    #expect(second.indexState.unread.isEmpty)
    second.close()
    #expect(try await add(0..<100_001, day: 2, folder.openLog()) == 1)
    for reason in [
      "IO Error: Could not read from file: Input/output error", "Out of Memory Error: failed",
      "IO Error: Cannot open file: Too many open files", "INTERRUPT Error: Interrupted!",
      "no reason was given", "Cannot open \(folder.path)/data/\(file.path): Interrupted",
    ] {
      let error = DataSourceError.unreadable(source: "x", reason: reason)
      #expect(!file.isDamaged(in: folder.path + "/data", for: error), "\(reason)")
    }
    for reason in [
      "Invalid Input Error: Snappy decompression failure", "TProtocolException: Invalid data",
      "IO Error: Could not read enough bytes from file",
    ] {
      let error = DataSourceError.unreadable(source: "x", reason: reason)
      #expect(file.isDamaged(in: folder.path + "/data", for: error), "\(reason)")
    }
    try damage(file.path)
    #expect(file.isDamaged(in: folder.path + "/data", for: CancellationError()))
  }

  /// Makes a file of events something else.
  private func damage(_ path: String) throws {
    try Data("no Parquet file, and shorter than one".utf8).write(
      to: URL(fileURLWithPath: "\(folder.path)/data/\(path)"))
  }

  @Test func `An event that was dropped may come again`() async throws {
    let log = try folder.openLog()
    try await add(0..<10, day: 1, log)
    try await add(10..<20, day: 2, log)
    try log.seal()
    #expect(try await add(0..<20, log) == 0)
    #expect(try log.drop(endedBefore: Instant("2024-05-02"), beyondBytes: nil) == 10)
    #expect(try await add(0..<20, day: 2, log) == 10)
    #expect(try count(log) == 20)
    try log.drop(endedBefore: Instant("2025-01-01"), beyondBytes: nil)
    // Nothing is left of the index either.
    log.index.close()
    #expect(try indexFiles.isEmpty)
    #expect(try await add(0..<20, log) == 20)
  }

  @Test func `Events that share a hash are told apart by their ids`() async throws {
    let log = try folder.openLog { $0.hashMask = 3 }
    for start in stride(from: 0, to: 100, by: 10) {
      #expect(try await add(start..<start + 10, day: 1 + start / 50, log) == 10)
      try log.seal()
    }
    #expect(try await add(0..<110, day: 3, log) == 10)
    #expect(try count(log, "count(DISTINCT prediction_id)") == 110)
    log.close()
    // The next has another hash, and so another index.
    #expect(try await add(0..<120, folder.openLog()) == 10)
  }

  @Test func `Labels count once for each thing they say, sealed or not`() async throws {
    let log = try folder.openLog()
    func add(_ labels: [(id: String, label: String)], day: Int = 1) async throws -> Int {
      let lines = labels.map {
        "{\"prediction_id\": \"\($0.id)\", \"label\": \($0.label), "
          + "\"timestamp\": \"2024-05-0\(day)T00:00:00Z\"}"
      }
      let text = Array(lines.joined(separator: "\n").utf8)
      return try await log.append(text, .lines, to: "m", .labels).appended.accepted
    }
    #expect(try await add([("a", "0"), ("b", "1"), ("a", "-0.0"), ("a", "1")]) == 3)
    try log.seal()
    #expect(try await add([("a", "0"), ("b", "1"), ("a", "-0.0"), ("b", "2")], day: 2) == 1)
    // A label is no event of its id.
    let text = #"{"prediction_id": "a"}"#
    let event = try await log.append(Array(text.utf8), .lines, to: "m", .predictions)
    #expect(event.appended.accepted == 1)
  }

  @Test func `Senders that race with sealing and with each other add nothing twice`() async throws {
    let log = try folder.openLog { $0.sealRows = 30 }
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<60 {
        group.addTask {
          let first = task * 5 % 150
          return try await self.add(first..<first + 20, day: 1 + task % 3, log)
        }
      }
      return try await group.reduce(0, +)
    }
    // No file was taken for damaged for what was short while others were sealed.
    #expect(log.indexState.unread.isEmpty, "\(log.indexState)")
    #expect(accepted == 165)
    #expect(try count(log) == 165)
    #expect(try count(log, "count(DISTINCT prediction_id)") == 165)
  }

  @Test func `What is sealed while other events of its batch are looked up is looked up too`()
    async throws
  {
    let log = try folder.openLog()
    try await add(0..<5, log)
    try log.seal()
    try await add(5..<20, log)
    let ids = (0..<20).map { Array("p\($0)".utf8) }
    let ends = ids.indices.map { Int32(ids[...$0].reduce(0) { $0 + $1.count }) }
    let table = MemoryTable(
      rows: 20,
      columns: [
        MemoryColumn(
          name: EventColumnName.id, values: .texts(ends: ends, bytes: Array(ids.joined())))
      ])
    let keys = log.hasher.keys(of: table, model: "m", .predictions)
    let asked = try log.candidates(among: keys, "m", .predictions)
    #expect(asked.rows == Set(0..<5))
    try log.seal()
    // What is found may be no newer than what was asked for, or rows that were sealed since would be new.
    let known = try log.confirmed(asked, of: table, keys, "m", .predictions)
    #expect(known.rows == Set(0..<5))
    #expect(known.version < log.unsealedKeys.withLock { $0.version })
    // Looked up again, they are all known, and those of before need no second look.
    let again = try await log.known(of: table, keys, "m", .predictions, before: known.rows)
    #expect(again.rows == Set(0..<20))
    #expect(again.version >= log.unsealedKeys.withLock { $0.version })
    #expect(try await add(0..<20, log) == 0)
  }

  @Test func `More than memory knows is refused until it is sealed`() async throws {
    let log = try folder.openLog { $0.unsealedEvents = 100 }
    let gate = DispatchSemaphore(value: 0)
    log.sealer.async { gate.wait() }
    #expect(try await add(0..<100, log) == 100)
    await #expect(throws: EventError.overloaded) { try await add([100], log) }
    gate.signal()
    // What was refused has had it sealed.
    log.sealer.sync {}
    #expect(try await add([0, 100], log) == 1)
    // A file waits instead.
    let file = try folder.write(
      "bulk.parquet", rowsOf: "SELECT 'p' || range AS prediction_id FROM range(50000)")
    let whole = try await log.append(parquet: file, to: "m", .predictions)
    #expect(whole.appended == .init(accepted: 49_899, duplicates: 101))
  }
}
