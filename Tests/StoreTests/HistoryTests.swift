import DataSources
import Foundation
import GRDB
import Monitoring
import Store
import Support
import Testing

struct HistoryTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func report() throws -> DriftReport {
    let file = try folder.write("a.csv", "x,k\n1,a\n2,b\n3,c\n")
    let sources = SourceOpener()
    return try DriftCheck(reference: sources.open(file), current: sources.open(file)).run()
  }

  @Test func `A run that was kept is read back as it was`() throws {
    let path = folder.path + "/h.db"
    let report = try report()
    let id = try History(path: path).add(
      Run(command: "drift", createdAt: "2024-01-01T00:00:00Z", report: .drift(report)))
    let kept = try History(path: path).run(id)
    #expect(kept.report == .drift(report))
    #expect(kept.createdAt == "2024-01-01T00:00:00Z")
  }

  @Test func `Runs are listed newest first, as many as asked`() throws {
    let history = try History(path: folder.path + "/h.db")
    let report = try report()
    for day in 1...5 {
      try history.add(Run(command: "drift", createdAt: "2024-01-0\(day)", report: .drift(report)))
    }
    #expect(
      try history.list(limit: 3).map(\.createdAt) == ["2024-01-05", "2024-01-04", "2024-01-03"])
    #expect(try history.list(limit: 3).first?.status == .healthy)
  }

  @Test func `A run that is not there, and a file that is no history, are told`() throws {
    let path = folder.path + "/h.db"
    let history = try History(path: path)
    #expect(throws: HistoryError.noSuchRun(id: 7, path: path)) { try history.run(7) }
    let odd = try folder.write("odd.db", String(repeating: "not a database ", count: 100))
    #expect(throws: HistoryError.unusable(path: odd, reason: "it is no SQLite file")) {
      try History(path: odd)
    }
  }

  @Test func `Nothing is kept in a database of something else, or of a newer version`() throws {
    let other = folder.path + "/other.db"
    let database = try DatabaseQueue(path: other)
    try database.write { try $0.execute(sql: "CREATE TABLE customer (id INTEGER)") }
    try database.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: other))
    #expect(throws: HistoryError.noHistory(path: other)) { try History(path: other) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
    let newer = folder.path + "/newer.db"
    _ = try History(path: newer)
    try DatabaseQueue(path: newer).write { database in
      try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('of next year')")
    }
    #expect(
      throws: HistoryError.unusable(
        path: newer, reason: "a newer version of Plumbline has written it")
    ) { try History(path: newer) }
    // An empty file becomes one.
    let empty = try folder.write("empty.db", "")
    #expect(try History(path: empty).list(limit: 1).isEmpty)
  }

  @Test func `What keeps a run from being kept is told without the SQL`() throws {
    let path = folder.path + "/h.db"
    let history = try History(path: path)
    let report = try report()
    // Whatever SQLite says of an insertion has the statement beside it.
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: "CREATE TRIGGER full BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'no'); END")
    }
    #expect(throws: HistoryError.unusable(path: path, reason: "no")) {
      try history.add(Run(command: "drift", createdAt: "2024", report: .drift(report)))
    }
  }

  @Test func `A file that cannot be made leaves nothing behind`() throws {
    // What SQLite has to write its changes to is in the way of.
    let path = folder.path + "/new.db"
    _ = try folder.write("new.db-journal/x", "")
    #expect(throws: HistoryError.self) { try History(path: path) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  // MARK: Who only reads

  @Test func `Reading changes nothing, of a history of an older version neither`() throws {
    let path = folder.path + "/h.db"
    let kept = try History(path: path).add(
      Run(command: "drift", createdAt: "2024-01-01T00:00:00Z", report: .drift(report())))
    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
    let before = try bytes()
    #expect(try History(reading: path).run(kept).command == "drift")
    #expect(throws: HistoryError.self) {
      try History(reading: path).add(
        Run(command: "drift", createdAt: "2024-01-02T00:00:00Z", report: .drift(report())))
    }
    #expect(try bytes() == before)
    // As it was before deployments were kept.
    let older = try DatabaseQueue(path: path)
    try older.write { database in
      try database.execute(
        sql: """
          DROP TABLE deployment;
          DELETE FROM grdb_migrations WHERE identifier = 'deployments';
          """)
    }
    try older.close()
    let old = try bytes()
    let reading = try History(reading: path)
    #expect(try reading.run(kept).command == "drift" && reading.deployments(of: "m").isEmpty)
    #expect(try bytes() == old)
  }

  @Test func `A file that is no history is refused by what it is, and stays as it is`() throws {
    let none = folder.path + "/none.db"
    #expect(throws: HistoryError.missing(path: none)) { try History(reading: none) }
    #expect(!FileManager.default.fileExists(atPath: none))
    let empty = try folder.write("empty.csv", "")
    #expect(throws: HistoryError.empty(path: empty)) { try History(reading: empty) }
    let table = try folder.write("table.csv", "x\n1\n")
    #expect(throws: HistoryError.noHistory(path: table)) { try History(reading: table) }
    let other = folder.path + "/other.db"
    let database = try DatabaseQueue(path: other)
    try database.write { try $0.execute(sql: "CREATE TABLE run (id INTEGER)") }
    try database.close()
    #expect(throws: HistoryError.noHistory(path: other)) { try History(reading: other) }
    for (path, size) in [(empty, 0), (table, 4)] {
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == size)
    }
  }
}
