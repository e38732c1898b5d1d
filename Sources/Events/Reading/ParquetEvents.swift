import Columns
import DataSources
import Dispatch
import Foundation

/// Events in a Parquet file: a column for each feature, or structs `features` and `probabilities`,
/// as frames of Python and Spark are written.
///
/// Unchecked, because a stream of the engine is for one thread at a time: it is touched on `queue`
/// alone.
final class ParquetEvents: @unchecked Sendable {
  /// Rows as they lie in the file.
  struct Portion {
    let rows: TableRows
    /// The place of each in the file, from 0.
    let numbers: [Int64]
  }

  /// Where a column of the query belongs.
  private struct Member {
    let group: String
    let name: String
    let expression: String
    var isTime = false
    /// Says whether a text is too long; nil for other columns.
    var tooLong: String?
  }

  /// Rows of a portion.
  static let portion = 20_000

  private let queue = DispatchQueue(label: "plumbline.parquet")
  private let members: [Member]
  private let stream: RecordStream

  /// - Throws: ``EventError/unreadable(reason:)`` where it is no Parquet file, or has columns that are
  ///   none of events.
  static func open(_ path: String, _ kind: EventKind, engine: Database) async throws(EventError)
    -> ParquetEvents
  {
    do {
      return try await onQueue(.global()) { try ParquetEvents(path, kind, engine) }
    } catch {
      throw unreadable(error, path)
    }
  }

  private init(_ path: String, _ kind: EventKind, _ engine: Database) throws {
    let file = Dialect.duckDB.literal(path)
    let connection = try engine.connect()
    let source = "read_parquet(\(file), file_row_number=true, hive_partitioning=false)"
    let schema = try connection.query("SELECT * FROM \(source) LIMIT 0", source: path).schema
    var members: [Member] = []
    for column in schema where column.name != "file_row_number" {
      if column.type == .nested, kind.groups.contains(column.name) {
        let identifier = Dialect.duckDB.identifier(column.name)
        let fields = try connection.query(
          "SELECT unnest(\(identifier)) FROM \(source) LIMIT 0", source: path
        ).schema
        for field in fields {
          let value = "\(identifier).\(Dialect.duckDB.identifier(field.name))"
          try members.append(Self.member(column.name, field, value, kind))
        }
      } else {
        let (group, name) = Self.place(of: column.name, kind)
        let value = Dialect.duckDB.identifier(column.name)
        try members.append(Self.member(group, .init(name: name, type: column.type), value, kind))
      }
    }
    self.members = members
    let tooLong = members.compactMap(\.tooLong) + ["false"]
    let list = members.map(\.expression) + ["file_row_number", tooLong.joined(separator: " OR ")]
    stream = try connection.query(
      "SELECT \(list.joined(separator: ", ")) FROM \(source)", source: path)
  }

  /// The member a column of a flat table stands for.
  private static func place(of column: String, _ kind: EventKind) -> (group: String, name: String) {
    if kind == .observations {
      return (EventColumnName.ofObservations.contains(column) ? "" : "metrics", column)
    }
    guard kind == .predictions else { return ("", column) }
    if let name = EventColumnName.className(of: column) { return ("probabilities", name) }
    // The log's own files name features that mean something else so.
    let rest = column.dropFirst("feature_".count)
    if column.hasPrefix("feature_"), EventColumnName.feature(String(rest)) == column {
      return ("features", String(rest))
    }
    let isOwn = EventColumnName.isOwn(column) && column != EventColumnName.label
    return (isOwn ? "" : "features", column)
  }

  /// A column as the engine is asked for it: texts, doubles, truth values, microseconds.
  private static func member(
    _ group: String, _ column: ColumnSchema, _ value: String, _ kind: EventKind
  ) throws -> Member {
    func member(_ expression: String, isTime: Bool = false) -> Member {
      Member(group: group, name: column.name, expression: expression, isTime: isTime)
    }
    let isID =
      group.isEmpty && column.name == EventColumnName.user
      || group.isEmpty && column.name == kind.idColumn
    let isTimestamp = group.isEmpty && column.name == EventColumnName.timestamp
    switch column.type {
    case .null, .boolean: return member("CAST(\(value) AS boolean)")
    case .date, .timestamp:
      guard isTimestamp else { return member("CAST(\(value) AS varchar)") }
      return member(Dialect.duckDB.epochMicroseconds(of: value), isTime: true)
    case _ where column.type.isInteger && isID: return member("CAST(\(value) AS varchar)")
    case _ where column.type.isNumeric: return member("CAST(\(value) AS double)")
    case _ where column.type.isText:
      // A small file can hold texts of any length: they are left in the engine.
      let length = "coalesce(strlen(CAST(\(value) AS varchar)), 0)"
      let isTooLong = "\(length) > \(EventReader.textLimit)"
      var text = member("CASE WHEN \(isTooLong) THEN NULL ELSE CAST(\(value) AS varchar) END")
      text.tooLong = isTooLong
      return text
    default:
      throw EventError.unreadable(
        reason: "column `\(column.name)` is of type \(column.type.name), and events have numbers, "
          + "texts and truth values")
    }
  }

  /// The next rows; nil after the last.
  func next() async throws(EventError) -> Portion? {
    do {
      return try await Self.onQueue(queue) { try self.read() }
    } catch {
      throw Self.unreadable(error, "the file")
    }
  }

  private func read() throws -> Portion? {
    var parts: [Part] = []
    var rows = 0
    while rows < Self.portion, let batch = try stream.next() {
      guard batch.rows > 0 else { continue }
      parts.append(try part(batch))
      rows += batch.rows
    }
    guard rows > 0 else { return nil }
    let columns = try members.enumerated().map { index, member in
      guard let whole = MemoryColumn.joined(parts.map { $0.columns[index] }) else {
        throw Self.oddBatch
      }
      return TableRows.Column(group: member.group, name: member.name, column: whole)
    }
    let errors = parts.flatMap(\.isTooLong).enumerated().filter(\.element).map {
      ($0.offset, "a text of it is longer than \(EventReader.textLimit) bytes")
    }
    return Portion(
      rows: TableRows(
        count: rows, columns: columns, errors: Dictionary(uniqueKeysWithValues: errors)),
      numbers: parts.flatMap(\.numbers))
  }

  /// What one batch of the engine holds.
  private struct Part {
    let columns: [MemoryColumn]
    let numbers: [Int64]
    let isTooLong: [Bool]
  }

  private func part(_ batch: RecordBatch) throws -> Part {
    let columns = try members.enumerated().map { index, member in
      guard let column = batch.column(index) else { throw Self.oddBatch }
      if member.isTime {
        guard let times = column.wholeNumbers() else { throw Self.oddBatch }
        return MemoryColumn(
          name: member.name, values: .timestamps(times.map { $0 ?? 0 }),
          isValid: times.contains(nil) ? times.map { $0 != nil } : [])
      }
      guard let read = MemoryColumn(column, name: member.name) else { throw Self.oddBatch }
      return read
    }
    guard let numbers = batch.column(members.count)?.wholeNumbers(),
      let last = batch.column(members.count + 1), let marks = MemoryColumn(last, name: ""),
      case .booleans(let isTooLong) = marks.values
    else { throw Self.oddBatch }
    return Part(columns: columns, numbers: numbers.map { $0 ?? 0 }, isTooLong: isTooLong)
  }

  private static var oddBatch: EventError {
    .unreadable(reason: "the engine gave columns of other types than were asked for")
  }

  private static func unreadable(_ error: any Error, _ path: String) -> EventError {
    if let error = error as? EventError { return error }
    // Where the file lies is the service's own affair.
    let reason =
      switch error as? DataSourceError {
      case .unreadable(_, let reason), .queryFailed(_, let reason): reason
      default: "\(error)"
      }
    return .unreadable(reason: reason.replacing(path, with: "the body"))
  }

  private static func onQueue<Result: Sendable>(
    _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
