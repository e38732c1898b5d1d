import Foundation
import GRDB
public import Monitoring

/// Runs kept in a SQLite file.
///
/// The file is made at first use and brought up to date by migrations that are only ever added to. Who
/// only reads opens it with ``init(reading:)``, which changes nothing.
public struct History: Sendable {
  let path: String
  let database: DatabaseQueue

  /// Opens or makes the file; where it cannot be made nothing stays of it.
  ///
  /// - Throws: ``HistoryError/unusable(path:reason:)``; ``HistoryError/noHistory(path:)`` where it is a
  ///   database of something else, which stays as it is.
  public init(path: String) throws(HistoryError) {
    self.path = path
    let isNew = !FileManager.default.fileExists(atPath: path)
    do {
      database = try Self.made(path)
    } catch let error as HistoryError {
      throw error
    } catch {
      // The database is closed by now.
      if isNew { Self.removeEmpty(path) }
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// Removes a file, and its journal, in which nothing is.
  private static func removeEmpty(_ path: String) {
    for file in [path, path + "-journal"] {
      // What cannot be looked at is left.
      let attributes = try? FileManager.default.attributesOfItem(atPath: file)
      if attributes?[.size] as? Int == 0 { unlink(file) }
    }
  }

  private static func made(_ path: String) throws -> DatabaseQueue {
    let database = try DatabaseQueue(path: path, configuration: configuration)
    let migrations = Migrations.all
    let (isTaken, applied) = try database.read { database in
      let tables = "SELECT EXISTS (SELECT * FROM sqlite_master)"
      return (
        try Bool.fetchOne(database, sql: tables) ?? false,
        try migrations.appliedIdentifiers(database)
      )
    }
    guard !isTaken || isHistory(applied) else { throw HistoryError.noHistory(path: path) }
    guard applied.isSubset(of: migrations.migrations) else {
      throw HistoryError.unusable(path: path, reason: "a newer version of Plumbline has written it")
    }
    try migrations.migrate(database)
    return database
  }

  init(path: String, database: DatabaseQueue) {
    self.path = path
    self.database = database
  }

  /// Whether a file that has been brought so far is one of runs.
  static func isHistory(_ applied: Set<String>) -> Bool {
    Migrations.all.migrations.first.map { applied.contains($0) } ?? false
  }

  static var configuration: GRDB.Configuration {
    var configuration = GRDB.Configuration()
    // Another process may be writing: wait for it rather than fail at once.
    configuration.busyMode = .timeout(10)
    return configuration
  }

  /// Keeps a run and gives its number; one of a check of the service is also how far that check is.
  @discardableResult
  public func add(_ run: Run) throws(HistoryError) -> Int64 {
    do {
      let report = try JSONEncoder().encode(run.report)
      let summary = run.summary
      return try database.write { database in
        try database.execute(
          sql: """
            INSERT INTO run (kind, command, created_at, model, check_name, due_at, status, headline,
              reference, current, drift_share, drifted_columns, checked_columns, report)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            summary.kind.rawValue, summary.command, summary.createdAt, summary.model,
            summary.check, summary.dueAt, summary.status.rawValue, summary.headline,
            summary.reference, summary.current, summary.driftShare, summary.driftedColumns,
            summary.checkedColumns, report,
          ])
        let id = database.lastInsertedRowID
        if let model = run.model, let check = run.check, let dueAt = run.dueAt {
          try database.execute(
            sql:
              "INSERT OR REPLACE INTO check_progress (model, check_name, due_at) VALUES (?, ?, ?)",
            arguments: [model, check, dueAt])
        }
        return id
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// The newest runs, newest first.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - model: of this model only; nil for all.
  ///   - check: of this check only; nil for all.
  ///   - before: with a smaller number than this; nil for all.
  public func list(
    limit: Int, model: String? = nil, check: String? = nil, before: Int64? = nil
  ) throws(HistoryError) -> [RunSummary] {
    do {
      return try database.read { database in
        try Row.fetchAll(
          database,
          sql: """
            SELECT id, kind, command, created_at, model, check_name, due_at, status, headline,
              reference, current, drift_share, drifted_columns, checked_columns
            FROM run WHERE (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR check_name = ?2)
              AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4
            """, arguments: [model, check, before, limit]
        ).map(RunSummary.init)
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// One run, whole.
  public func run(_ id: Int64) throws(HistoryError) -> Run {
    let row: Row?
    do {
      row = try database.read { database in
        try Row.fetchOne(
          database,
          sql: """
            SELECT command, created_at, report, kind, model, check_name, due_at FROM run
            WHERE id = ?
            """, arguments: [id])
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
    guard let row else { throw .noSuchRun(id: id, path: path) }
    do {
      return Run(
        id: id, command: row[0], createdAt: row[1], model: row[4], check: row[5], dueAt: row[6],
        report: try Self.report(row[3], row[2]))
    } catch {
      throw .unreadableRun(id: id, reason: "\(error)")
    }
  }

  private static func report(_ kind: String, _ data: Data) throws -> RunReport {
    let decoder = JSONDecoder()
    return switch RunReport.Kind(rawValue: kind) {
    case .drift: .drift(try decoder.decode(DriftReport.self, from: data))
    case .quality: .quality(try decoder.decode(DataQualityReport.self, from: data))
    case .performance: .performance(try decoder.decode(PerformanceReport.self, from: data))
    case .failure: .failure(try decoder.decode(RunFailure.self, from: data))
    case nil:
      throw DecodingError.valueNotFound(
        RunReport.self, .init(codingPath: [], debugDescription: "runs of kind `\(kind)`"))
    }
  }

  /// When a check of the service was last due and made; nil where it never was.
  public func progress(of model: String, check: String) throws(HistoryError) -> String? {
    do {
      return try database.read { database in
        try String.fetchOne(
          database, sql: "SELECT due_at FROM check_progress WHERE model = ? AND check_name = ?",
          arguments: [model, check])
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// The newest run of a check that is no failure; nil where there is none.
  public func newest(of model: String, check: String) throws(HistoryError) -> Run? {
    let newest: Int64?
    do {
      newest = try database.read { database in
        try Int64.fetchOne(
          database,
          sql: """
            SELECT max(id) FROM run WHERE model = ? AND check_name = ? AND kind <> 'failure'
            """, arguments: [model, check])
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
    guard let newest else { return nil }
    return try run(newest)
  }
}

extension History {
  /// Drops runs of the service's checks that were made before a time.
  ///
  /// Of each check its newest run stays, and the newest that is no failure, whose figures are shown.
  ///
  /// - Returns: how many were dropped.
  @discardableResult
  public func dropRuns(before time: Instant) throws(HistoryError) -> Int {
    try write { database in
      try database.execute(
        sql: """
          DELETE FROM run WHERE command = 'serve' AND model IS NOT NULL AND created_at < ?
            AND id NOT IN (SELECT max(id) FROM run GROUP BY model, check_name)
            AND id NOT IN (
              SELECT max(id) FROM run WHERE kind <> 'failure' GROUP BY model, check_name)
          """, arguments: [time.iso8601])
      return database.changesCount
    }
  }
}

extension RunSummary {
  fileprivate init(_ row: Row) {
    self.init(
      id: row[0], kind: RunReport.Kind(rawValue: row[1]) ?? .failure, command: row[2],
      createdAt: row[3], model: row[4], check: row[5], dueAt: row[6],
      status: Status(rawValue: row[7]) ?? .unknown, headline: row[8])
    reference = row[9]
    current = row[10]
    driftShare = row[11]
    driftedColumns = row[12]
    checkedColumns = row[13]
  }
}

extension History {
  /// Reads in one transaction.
  func read<Value>(_ body: (GRDB.Database) throws -> Value) throws(HistoryError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// Writes in one transaction.
  func write<Value>(_ body: (GRDB.Database) throws -> Value) throws(HistoryError) -> Value {
    do {
      return try database.write(body)
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }
}
