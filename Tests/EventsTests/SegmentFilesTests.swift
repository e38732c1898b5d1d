import DataSources
import Dispatch
import Foundation
import GRDB
import Monitoring
import Support
import Synchronization
import Testing

@testable import Events

/// No file goes while somebody reads it, none stays that nobody needs, and none is left half done.
struct SegmentFilesTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func add(
    _ ids: some Sequence<Int>, day: Int = 1, to model: String = "m", _ log: EventLog,
    _ kind: EventKind = .predictions
  ) async throws {
    let lines = ids.map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"2024-05-0\(day)T00:00:00Z\""
        + (kind == .labels ? ", \"label\": 1}" : "}")
    }
    let text = Array(lines.joined(separator: "\n").utf8)
    _ = try await log.append(text, .lines, to: model, kind)
  }

  /// Paths of all segments' files, relative to the log's folder.
  private func files(_ below: String = "events") -> [String] {
    let all = FileManager.default.enumerator(atPath: "\(folder.path)/data/\(below)")
    var found: [String] = []
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet") { found.append("\(below)/\(file)") }
    }
    return found.sorted()
  }

  private func count(_ log: EventLog) throws -> Int {
    try log.withEvents(of: "m", .predictions) {
      try $0.rowCount(over: $0.database.connect())
    } ?? 0
  }

  private func execute(_ sql: String, _ log: EventLog) throws {
    try log.journal.database.write { try $0.execute(sql: sql) }
  }

  // MARK: Readers

  @Test func `A reader that does not end keeps what it reads on the disk, and nothing else`()
    async throws
  {
    let log = try folder.openLog()
    for (model, day) in [("m", 1), ("m", 2), ("joined", 1), ("joined", 1), ("other", 1)] {
      try await add(files().count * 10..<files().count * 10 + 10, day: day, to: model, log)
      try log.seal()
    }
    let rows = try log.withEvents(of: "m", .predictions, from: Instant("2024-05-02")) { relation in
      try log.compact(whereAtLeast: 2)
      #expect(files("events/joined").count == 1)
      try log.drop(endedBefore: Instant("2030-01-01"), beyondBytes: nil)
      #expect(files().count == 1 && files("events/m/predictions/date=2024-05-02").count == 1)
      return try relation.rowCount(over: relation.database.connect())
    }
    #expect(rows == 10 && files().isEmpty)
    #expect(try log.journal.discarded().isEmpty)
  }

  @Test func `What somebody may have listed stays until he says that he has not`() {
    var readers = SegmentReaders()
    let stuck = readers.begin()
    #expect(readers.note(["a"], of: stuck).isEmpty)
    let listing = readers.begin()
    #expect(readers.discard(["a", "b", "c"]).isEmpty)
    // Who comes later finds them neither in the journal nor in the index.
    let late = readers.begin()
    #expect(readers.note(["d"], of: listing).sorted() == ["b", "c"])
    #expect(readers.discard(["e"]).isEmpty)
    #expect(readers.note([], of: late) == ["e"])
    #expect(readers.discard(["f"]) == ["f"])
    #expect(readers.end(listing).isEmpty && readers.end(late).isEmpty)
    #expect(readers.end(stuck) == ["a"])
  }

  // MARK: Writing

  @Test func `What cannot be sealed whole leaves no file, and is there once when it can`()
    async throws
  {
    let log = try folder.openLog()
    try await add(0..<10, log)
    try await add(10..<20, day: 2, log)
    let place = try folder.write("data/events/m/predictions/date=2024-05-02", "no folder")
    #expect(throws: EventError.self) { try log.seal() }
    #expect(files().isEmpty && files("scratch").isEmpty)
    try FileManager.default.removeItem(atPath: place)
    #expect(try count(log) == 20)
    #expect(files().count == 2)
  }

  @Test func `What cannot be indexed leaves no file`() throws {
    let log = try folder.openLog()
    let path = "events/m/predictions/date=2024-05-01/new.parquet"
    _ = try folder.write("data/" + path, "")
    let segment = Segment(
      model: "m", kind: .predictions, day: "2024-05-01", path: path, rows: 1, bytes: 0,
      firstTime: 0, lastTime: 0)
    #expect(throws: CancellationError.self) {
      try log.exchange([], for: [segment]) {
        throw CancellationError()
      } commit: {
      }
    }
    #expect(files().isEmpty)
  }

  @Test func `What cannot be published whole is where it was`() throws {
    let first = try folder.write("first", "1")
    let second = try folder.write("second", "2")
    let taken = try folder.write("taken", "")
    #expect(throws: EventError.self) {
      try DurableFiles.publish([
        (first, folder.path + "/day/first"), (second, taken + "/second"),
      ])
    }
    #expect(try String(contentsOfFile: first, encoding: .utf8) == "1")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/day").isEmpty)
  }

  @Test func `A day's folder that goes with its last file is made again for the next`() throws {
    let day = folder.path + "/events/day"
    let isThrough = Atomic(false)
    let removing = DispatchGroup()
    DispatchQueue.global().async(group: removing) {
      while !isThrough.load(ordering: .relaxed) {
        rmdir(day)
        usleep(20)
      }
    }
    defer {
      isThrough.store(true, ordering: .relaxed)
      removing.wait()
    }
    for number in 0..<200 {
      let file = try folder.write("new", "\(number)")
      try DurableFiles.publish([(file, day + "/file")])
      #expect(unlink(day + "/file") == 0)
    }
  }

  @Test func `Who does not get the folder closes no file but his own`() throws {
    let place = folder.path + "/data"
    let lock = try FolderLock(folder: place)
    let isThrough = Atomic(false)
    let lost = Atomic(0)
    let other = DispatchGroup()
    DispatchQueue.global().async(group: other) {
      while !isThrough.load(ordering: .relaxed) {
        if close(open("/dev/null", O_RDONLY)) != 0 { lost.add(1, ordering: .relaxed) }
      }
    }
    for _ in 0..<5_000 { _ = try? FolderLock(folder: place) }
    isThrough.store(true, ordering: .relaxed)
    other.wait()
    #expect(lost.load(ordering: .relaxed) == 0)
    #expect(throws: EventError.locked(folder: place)) { try FolderLock(folder: place) }
    lock.giveBack()
    _ = try FolderLock(folder: place)
  }

  // MARK: Keeping in bounds

  @Test func `What cannot be dropped as a whole is there as a whole`() async throws {
    let log = try folder.openLog()
    try await add(0..<10, log)
    try await add(0..<10, log, .labels)
    try log.seal()
    let all = files()
    try execute(
      """
      CREATE TRIGGER full BEFORE DELETE ON segment WHEN (SELECT count(*) FROM discarded_file) > 0
      BEGIN SELECT RAISE(ABORT, 'no room'); END
      """, log)
    let far = Instant("2030-01-01")
    #expect(throws: EventError.self) { try log.drop(endedBefore: far, beyondBytes: nil) }
    #expect(try log.journal.segments().map(\.path).sorted() == all && files() == all)
    try execute("DROP TRIGGER full", log)
    #expect(try log.drop(endedBefore: far, beyondBytes: nil) == 20)
    #expect(files().isEmpty)
  }

  @Test func `A day that cannot be joined keeps no other from it`() async throws {
    let log = try folder.openLog()
    for day in 1...3 {
      for part in 0..<3 {
        let first = (day * 3 + part) * 10
        try await add(first..<first + 10, day: day, log)
        try log.seal()
      }
    }
    let damaged = try #require(files().first)
    try Data().write(to: URL(fileURLWithPath: "\(folder.path)/data/\(damaged)"))
    #expect(throws: EventError.self) { try log.compact(whereAtLeast: 3) }
    let left = (1...3).map { files("events/m/predictions/date=2024-05-0\($0)").count }
    #expect(left == [3, 1, 1])
  }
}
