import Foundation
import GRDB
import Monitoring

/// Runs kept in a SQLite file.
///
/// The file is made at first use and brought up to date by migrations that are only ever added to.
public struct History: Sendable {
  let path: String
  let database: DatabaseQueue

  /// Opens or makes the file.
  ///
  /// - Throws: ``HistoryError/unusable(path:reason:)``.
  public init(path: String) throws(HistoryError) {
    self.path = path
    do {
      var configuration = GRDB.Configuration()
      // Another process may be writing: wait for it rather than fail at once.
      configuration.busyMode = .timeout(10)
      database = try DatabaseQueue(path: path, configuration: configuration)
      try Migrations.all.migrate(database)
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
  }

  /// Keeps a run and gives its number.
  @discardableResult
  public func add(_ run: Run) throws(HistoryError) -> Int64 {
    do {
      let report = try JSONEncoder().encode(run.report)
      return try database.write { database in
        try database.execute(
          sql: """
            INSERT INTO run (command, created_at, status, reference, current, drift_share,
              drifted_columns, checked_columns, report)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            run.command, run.createdAt, run.report.status.rawValue, run.report.reference.source,
            run.report.current.source, run.report.driftShare, run.report.driftedColumns,
            run.report.checkedColumns, report,
          ])
        return database.lastInsertedRowID
      }
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
  }

  /// The newest runs, newest first.
  public func list(limit: Int) throws(HistoryError) -> [RunSummary] {
    do {
      return try database.read { database in
        try Row.fetchAll(
          database,
          sql: """
            SELECT id, command, created_at, status, reference, current, drift_share,
              drifted_columns, checked_columns
            FROM run ORDER BY id DESC LIMIT ?
            """, arguments: [limit]
        ).map(RunSummary.init)
      }
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
  }

  /// One run, whole.
  public func run(_ id: Int64) throws(HistoryError) -> Run {
    let row: Row?
    do {
      row = try database.read { database in
        try Row.fetchOne(
          database, sql: "SELECT command, created_at, report FROM run WHERE id = ?",
          arguments: [id])
      }
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
    guard let row else { throw .noSuchRun(id: id, path: path) }
    do {
      let report = try JSONDecoder().decode(DriftReport.self, from: row[2] as Data)
      return Run(id: id, command: row[0], createdAt: row[1], report: report)
    } catch {
      throw .unreadableRun(id: id, reason: "\(error)")
    }
  }
}

extension RunSummary {
  fileprivate init(_ row: Row) {
    self.init(
      id: row[0], command: row[1], createdAt: row[2],
      status: Status(rawValue: row[3]) ?? .unknown, reference: row[4], current: row[5],
      driftShare: row[6], driftedColumns: row[7], checkedColumns: row[8])
  }
}
