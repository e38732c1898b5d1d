import Columns
import DataSources
import Foundation
import Monitoring
import Support
import Testing

@testable import Events

/// No sealed event is lost because the journal and the files came apart, and none counts twice.
struct ReconciliationTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var data: String { folder.path + "/data" }

  @discardableResult
  private func add(
    _ ids: some Sequence<Int>, day: Int = 1, _ log: EventLog, _ kind: EventKind = .predictions
  ) async throws -> Int {
    let rest =
      kind == .labels
      ? "\"label\": true"
      : "\"features\": {\"x\": 0.5, \"city\": \"Oslo\", \"new\": true}, \"prediction\": 1"
    let lines = ids.map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"2024-05-0\(day)T00:00:00Z\", \(rest)}"
    }
    let text = Array(lines.joined(separator: "\n").utf8)
    return try await log.append(text, .lines, to: "m", kind).appended.accepted
  }

  private func count(_ log: EventLog, _ kind: EventKind = .predictions) throws -> Int {
    try log.withEvents(of: "m", kind) { try $0.rowCount(over: $0.database.connect()) } ?? 0
  }

  /// Files of events below a folder of the log's, relative to the log's.
  private func files(_ below: String = "events") -> [String] {
    let all = FileManager.default.enumerator(atPath: "\(data)/\(below)")
    var found: [String] = []
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet") { found.append("\(below)/\(file)") }
    }
    return found.sorted()
  }

  /// The journal's files, as many as there are.
  private var journal: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: data).filter { $0.hasPrefix("events.db") }
    }
  }

  private func loseJournal() throws {
    for file in try journal { try FileManager.default.removeItem(atPath: "\(data)/\(file)") }
  }

  /// Does something after which the journal is as it was before: what it was told since is lost.
  private func losingCommits(_ body: () async throws -> Void) async throws {
    let before = try journal
    let kept = folder.path + "/kept"
    try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
    for file in before {
      try FileManager.default.copyItem(atPath: "\(data)/\(file)", toPath: "\(kept)/\(file)")
    }
    try await body()
    try loseJournal()
    for file in before {
      try FileManager.default.moveItem(atPath: "\(kept)/\(file)", toPath: "\(data)/\(file)")
    }
  }

  private func cut(_ path: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
  }

  // MARK: A journal that was lost

  @Test func `Where the journal is lost the files are taken in, and their events known`()
    async throws
  {
    let log = try folder.openLog()
    try await add(0..<50, log)
    try await add(50..<80, day: 2, log)
    try await add(0..<40, log, .labels)
    let types = log.types(of: "m", .predictions)
    log.close()
    let before = files()
    try loseJournal()
    let again = try folder.openLog()
    #expect(again.recovery == .init(adopted: before))
    #expect(files() == before && before.count == 3)
    #expect(try count(again) == 80 && count(again, .labels) == 40)
    #expect(again.types(of: "m", .predictions) == types)
    #expect(try await add(20..<90, day: 2, again) == 10)
    #expect(try await add(20..<60, again, .labels) == 20)
    #expect(try again.figures().rows == 120)
    again.close()
    // It is known again from here on.
    let third = try folder.openLog()
    #expect(third.recovery.isEmpty)
    #expect(try count(third) == 90)
  }

  @Test func `What is none of events is not taken in, and does not go`() async throws {
    let log = try folder.openLog()
    try await add(0..<10, log)
    log.close()
    let good = try #require(files().first)
    let day = "data/events/m/predictions/date=2024-05-01/"
    _ = try folder.write(day + "cut.parquet", "PAR1 and then nothing")
    _ = try folder.write(day + "list.parquet", rowsOf: "SELECT 'a' AS prediction_id, [1] AS x")
    _ = try folder.write(
      day + "text.parquet",
      rowsOf: "SELECT 'a' AS prediction_id, now()::TIMESTAMP AS timestamp, 'b' AS x")
    _ = try folder.write("data/events/own.parquet", rowsOf: "SELECT 1 AS x")
    try loseJournal()
    let again = try folder.openLog()
    #expect(again.recovery.adopted == [good])
    #expect(try count(again) == 10)
    let names = files("orphans").map { $0.split(separator: "/").last ?? "" }
    #expect(names == ["cut.parquet", "list.parquet", "text.parquet", "own.parquet"])
    #expect(again.recovery.unknown == files("orphans"))
    #expect(files() == [good])
  }

  @Test func `What was closed is whole without the files beside the journal`() async throws {
    let log = try folder.openLog { $0.closingSeconds = 0 }
    try await add(0..<10, log)
    try log.seal()
    try await add(10..<30, log)
    log.close()
    for file in try journal where file != "events.db" {
      try FileManager.default.removeItem(atPath: "\(data)/\(file)")
    }
    let again = try folder.openLog()
    #expect(again.recovery.isEmpty)
    #expect(try again.figures().waiting == 20 && count(again) == 30)
  }

  // MARK: Files the journal does not know

  @Test func `A file a journal with events does not know is moved aside, and can be sent again`()
    async throws
  {
    let log = try folder.openLog()
    try await add(0..<10, log)
    log.close()
    let first = files()
    try await losingCommits {
      let log = try folder.openLog()
      try await add(10..<30, day: 2, log)
      log.close()
    }
    let again = try folder.openLog()
    let orphan = try #require(files("orphans").first)
    #expect(again.recovery == .init(unknown: [orphan]))
    #expect(files() == first && orphan.hasPrefix("orphans/m/predictions/date=2024-05-02/"))
    #expect(try count(again) == 10)
    for accepted in [20, 0] {
      let sent = try await again.append(parquet: "\(data)/\(orphan)", to: "m", .predictions)
      #expect(sent.appended.accepted == accepted)
    }
    #expect(try count(again) == 30)
  }

  @Test func `A file whose sealing was not committed goes: its events wait in the journal`()
    async throws
  {
    let log = try folder.openLog { $0.closingSeconds = 0 }
    try await add(0..<10, log)
    try await add(0..<10, log, .labels)
    log.close()
    try await losingCommits {
      let log = try folder.openLog()
      try log.seal()
      log.close()
    }
    #expect(files().count == 2)
    let again = try folder.openLog()
    #expect(again.recovery.isEmpty && files("orphans").isEmpty)
    #expect(try count(again) == 10 && count(again, .labels) == 10)
    #expect(files().count == 2)
    #expect(try await add(0..<10, again) == 0)
  }

  @Test func `Who opens the log to read moves nothing`() async throws {
    let log = try folder.openLog()
    try await add(0..<10, log)
    log.close()
    let known = try #require(files().first)
    let stray = known.replacingOccurrences(of: ".parquet", with: "-stray.parquet")
    try FileManager.default.copyItem(atPath: "\(data)/\(known)", toPath: "\(data)/\(stray)")
    let reading = try folder.openLog { $0.tidies = false }
    #expect(reading.recovery == .init(unknown: [stray]))
    #expect(try count(reading) == 10 && files().count == 2)
    reading.close()
    #expect(try folder.openLog().recovery.unknown == files("orphans"))
    #expect(files() == [known])
  }

  @Test func `What was dropped does not come back, whatever kept its file`() async throws {
    let log = try folder.openLog()
    try await add(0..<10, log)
    try log.seal()
    let path = try #require(files().first)
    let file = "\(data)/\(path)"
    let kept = folder.path + "/kept.parquet"
    // A folder in the file's place cannot be removed as a file.
    try FileManager.default.moveItem(atPath: file, toPath: kept)
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    #expect(try log.drop(endedBefore: Instant("2030-01-01"), beyondBytes: nil) == 10)
    log.close()
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.moveItem(atPath: kept, toPath: file)
    let again = try folder.openLog()
    #expect(again.recovery.isEmpty && files().isEmpty && files("orphans").isEmpty)
    #expect(try count(again) == 0)
  }

  // MARK: Files that are not what they were

  @Test func `A file that is cut short is named, and the next start goes on without it`()
    async throws
  {
    let log = try folder.openLog()
    for first in [0, 10, 20] {
      try await add(first..<first + 10, log)
      try log.seal()
    }
    let path = try #require(files().first)
    let kept = try Data(contentsOf: URL(fileURLWithPath: "\(data)/\(path)"))
    try cut("\(data)/\(path)")
    let error = #expect(throws: EventError.self) { try count(log) }
    guard case .damaged(path, let reason) = error else { throw try #require(error) }
    #expect(reason == "it has \(kept.count / 2) bytes and had \(kept.count)")
    log.close()
    let without = try folder.openLog()
    #expect(without.recovery == .init(missing: [path]))
    #expect(Array(without.indexState.unread.keys) == [path])
    #expect(try count(without) == 20 && without.figures().rows == 20)
    try without.compact(whereAtLeast: 2)
    #expect(try count(without) == 20 && files().count == 2)
    without.close()
    try kept.write(to: URL(fileURLWithPath: "\(data)/\(path)"))
    #expect(try count(folder.openLog()) == 30)
  }

  @Test func `A file that is damaged and as long as it was is named, among those that are whole`()
    async throws
  {
    let log = try folder.openLog()
    for first in [0, 10, 20] {
      try await add(first..<first + 10, log)
      try log.seal()
    }
    let path = files()[1]
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(data)/\(path)"))
    var bytes = whole
    // Where columns begin, behind the mark of the format.
    bytes.replaceSubrange(4..<64, with: repeatElement(0xff, count: 60))
    try bytes.write(to: URL(fileURLWithPath: "\(data)/\(path)"))
    func ask(_ expression: String) throws {
      try log.withEvents(of: "m", .predictions) { relation in
        try relation.database.connect().execute(relation.select([expression]))
      }
    }
    let error = #expect(throws: EventError.self) { try ask("count(DISTINCT COLUMNS(*))") }
    guard case .damaged(path, _) = error else { throw try #require(error) }
    // Where it is no file that is at fault, none is named.
    try whole.write(to: URL(fileURLWithPath: "\(data)/\(path)"))
    #expect(throws: DataSourceError.self) { try ask("error('corrupt ' || count(*))") }
  }

  // MARK: Paths

  @Test(arguments: [
    ("/a/b", "/a"), ("/a", "/"), ("/", "/"), ("a/b", "a"), ("D", "."), (".", "."), ("", "."),
    ("./D/x", "./D"),
  ])
  func `The folder of a path is told for the shortest too`(_ path: String, _ expected: String) {
    #expect(DurableFiles.folder(of: path) == expected)
  }
}
