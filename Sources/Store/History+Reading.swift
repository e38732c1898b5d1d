import Foundation
import GRDB

extension History {
  /// Opens a file to read what it has; it stays as it is.
  ///
  /// - Throws: ``HistoryError`` where there is none, or it is something else.
  public init(reading path: String) throws(HistoryError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    let start: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      // Of a file that was only read nothing is lost, however it closes.
      defer { try? file.close() }
      start = try file.read(upToCount: Self.mark.count) ?? Data()
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
    guard !start.isEmpty else { throw .empty(path: path) }
    guard start == Self.mark else { throw .noHistory(path: path) }
    do {
      try self.init(path: path, database: Self.opened(path))
    } catch let error as HistoryError {
      throw error
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// What every file of SQLite begins with.
  private static let mark = Data("SQLite format 3\0".utf8)

  private static func opened(_ path: String) throws -> DatabaseQueue {
    let database = try unchanged(path)
    let migrations = Migrations.all
    let (isHistory, isOfToday) = try database.read { database in
      let applied = try migrations.appliedIdentifiers(database)
      return (Self.isHistory(applied), applied.isSuperset(of: migrations.migrations))
    }
    guard isHistory else { throw HistoryError.noHistory(path: path) }
    guard !isOfToday else { return database }
    // One of an older version is brought up to date in memory.
    let copy = try DatabaseQueue()
    try database.backup(to: copy)
    try migrations.migrate(copy)
    return copy
  }

  private static func unchanged(_ path: String) throws -> DatabaseQueue {
    var reading = configuration
    reading.readonly = true
    do {
      let database = try DatabaseQueue(path: path, configuration: reading)
      _ = try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }
      return database
    } catch let error as DatabaseError
      where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
    {
      // Who wrote ended in the middle of it: that has to be taken back before anybody can read.
      return try DatabaseQueue(path: path, configuration: configuration)
    }
  }
}
