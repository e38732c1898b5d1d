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
}
