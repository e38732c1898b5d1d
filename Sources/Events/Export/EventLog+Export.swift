public import DataSources
import Foundation
public import Monitoring

/// What keeps events from being exported.
public enum ExportError: ExplainedError, Equatable {
  case exists(folder: String)
  case noEvents(model: String, kind: EventKind)
  case notWritten(path: String, reason: String)

  public var code: String {
    switch self {
    case .exists: "export_exists"
    case .noEvents: "no_events"
    case .notWritten: "export_not_written"
    }
  }

  public var what: String {
    switch self {
    case .exists(let folder): "\(folder) is there already"
    case .noEvents(let model, let kind): "there are no \(kind.rawValue) of \(model) of that time"
    case .notWritten(let path, let reason): "\(path) could not be written: \(reason)"
    }
  }

  public var mend: String {
    switch self {
    case .exists: "name a folder that is not there yet"
    case .noEvents: "check the model's name and the times"
    case .notWritten: "check that there is room, and that it may be written to"
    }
  }
}

extension EventLog {
  /// Writes events as Parquet files, a folder for each day: `date=2026-11-23/….parquet`.
  ///
  /// - Parameters:
  ///   - from: the first time that is wanted; nil for all.
  ///   - until: the first time that is wanted no more; nil for all.
  ///   - folder: where to; it must not be there yet, and is there complete or not at all.
  /// - Returns: how many events were written.
  @discardableResult
  public func export(
    _ kind: EventKind, of model: String, from: Instant? = nil, until: Instant? = nil,
    to folder: String
  ) throws -> Int {
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw ExportError.exists(folder: folder)
    }
    let partial = "\(folder).partial-\(UUID().uuidString)"
    // There is none where all went well; what stays otherwise is called partial.
    defer { try? FileManager.default.removeItem(atPath: partial) }
    let time = Dialect.duckDB.identifier(EventColumnName.timestamp)
    let rows: Int
    do {
      rows = try copy(
        kind, of: model, from: from, until: until,
        columns: ["*", "strftime(\(time), '%Y-%m-%d') AS date"],
        to: partial, options: ", PARTITION_BY (date), FILENAME_PATTERN '\(kind.rawValue)_{i}'")
    } catch ExportError.notWritten(_, let reason) {
      // Who asked knows the folder by the name it was to have.
      throw ExportError.notWritten(path: folder, reason: reason.replacing(partial, with: folder))
    }
    do {
      try FileManager.default.moveItem(atPath: partial, toPath: folder)
    } catch {
      throw ExportError.notWritten(path: folder, reason: SystemReason.text(error))
    }
    return rows
  }

  /// Writes events as one Parquet file among the log's own, for who asked to remove.
  public func exportFile(
    _ kind: EventKind, of model: String, from: Instant? = nil, until: Instant? = nil
  ) throws -> String {
    let path = scratchFile(ending: "parquet")
    try copy(kind, of: model, from: from, until: until, columns: ["*"], to: path, options: "")
    return path
  }

  @discardableResult
  private func copy(
    _ kind: EventKind, of model: String, from: Instant?, until: Instant?, columns: [String],
    to path: String, options: String
  ) throws -> Int {
    let rows = try withEvents(of: model, kind, from: from, until: until) { events in
      let connection = try events.database.connect()
      let rows = try events.rowCount(over: connection)
      guard rows > 0 else { return 0 }
      let order = Dialect.duckDB.identifier(EventColumnName.timestamp)
      do {
        try connection.execute(
          """
          COPY (\(events.select(columns, suffix: "ORDER BY \(order)")))
          TO \(Dialect.duckDB.literal(path)) (FORMAT parquet, COMPRESSION zstd\(options))
          """)
      } catch DataSourceError.unreadable(_, let reason) {
        throw ExportError.notWritten(path: path, reason: reason)
      }
      return rows
    }
    guard let rows, rows > 0 else { throw ExportError.noEvents(model: model, kind: kind) }
    return rows
  }
}
