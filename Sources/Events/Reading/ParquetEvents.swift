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
    /// Bytes of a text; nil for other columns.
    var length: String?
  }

  /// Rows of a portion.
  static let portion = 20_000
  /// Bytes after which a portion ends with fewer rows.
  static let portionBytes = 16 << 20

  private let queue = DispatchQueue(label: "plumbline.parquet")
  private let members: [Member]
  private let stream: RecordStream
  /// What was read of the engine's batch and is not in a portion yet, the next part last.
  private var waiting: [Part] = []

  /// - Throws: ``EventError/unreadableFile(reason:)`` where it is no Parquet file, or has columns that are
  ///   none of events.
  static func open(
    _ path: String, _ kind: EventKind, engine: Database, _ options: EventLog.Options
  ) async throws(EventError) -> ParquetEvents {
    do {
      return try await onQueue(.global()) { try ParquetEvents(path, kind, engine, options) }
    } catch {
      throw unreadable(error, path)
    }
  }

  private init(
    _ path: String, _ kind: EventKind, _ engine: Database, _ options: EventLog.Options
  ) throws {
    let file = Dialect.duckDB.literal(path)
    let connection = try engine.connect()
    let description = try ParquetDescription(path, over: connection)
    try description.check(kind)
    let source = "read_parquet(\(file), hive_partitioning=false)"
    let schema = try connection.query("SELECT * FROM \(source) LIMIT 0", source: path).schema
    var members: [Member] = []
    for column in schema {
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
    // A column and a field of a struct can be one feature.
    var known: Set<String> = []
    for member in members
    where !known.insert("\(member.group)/\(member.name.lowercased())").inserted {
      throw EventError.unreadable(
        reason: "`\(member.name)` comes twice, as a column and as a field of `\(member.group)`")
    }
    self.members = members
    // A small file can hold rows of any length: what is too long is left in the engine. Lengths are
    // worked out once for each row, beneath names no column has.
    let lengths = members.compactMap(\.length)
    let texts = "[\(lengths.joined(separator: ", "))]"
    let sum = lengths.isEmpty ? "0" : "list_sum(\(texts))"
    let longest = lengths.isEmpty ? "0" : "list_max(\(texts))"
    try description.checkSize(
      columns: members.count,
      text: lengths.isEmpty ? nil : "least(\(sum), \(EventReader.rowLimit))", of: source,
      over: connection, options)
    // The engine has the rows' places as a column that is not in the file; where one of that name is,
    // rows are counted as they come, in the file's order, on one thread.
    let hasOwn = schema.contains { $0.name.lowercased() == "file_row_number" }
    let place = hasOwn ? "row_number() OVER () - 1" : "file_row_number"
    let own = "row_" + UUID().uuidString.replacingOccurrences(of: "-", with: "")
    let (isLong, isLarge) = (
      "\(own)_longest > \(EventReader.textLimit)", "\(own)_bytes > \(EventReader.rowLimit)"
    )
    let cells = members.map { member in
      member.length == nil
        ? member.expression
        : "CASE WHEN NOT (\(isLong) OR \(isLarge)) THEN \(member.expression) END"
    }
    stream = try connection.query(
      """
      SELECT \((cells + ["\(own)_place", isLong, isLarge]).joined(separator: ", ")) FROM (
        SELECT *, \(place) AS \(own)_place, \(sum) AS \(own)_bytes, \(longest) AS \(own)_longest
        FROM \(source))
      """, source: path)
  }

  /// The member a column of a flat table stands for.
  private static func place(of column: String, _ kind: EventKind) -> (group: String, name: String) {
    // Nobody meant it to be a feature: it is no member events have.
    if EventColumnName.isIndex(column) { return ("", column) }
    if kind == .observations {
      return (EventColumnName.ofObservations.contains(column) ? "" : "metrics", column)
    }
    guard kind == .predictions else { return ("", column) }
    if let name = EventColumnName.className(of: column) { return ("probabilities", name) }
    // No member of an event is called `label` or `date`.
    let isOwn = EventColumnName.isOwn(column) && ![EventColumnName.label, "date"].contains(column)
    // The log's own files name features that mean something else in another way.
    return isOwn ? ("", column) : ("features", EventColumnName.featureName(of: column))
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
      // The engine has no functions for nanoseconds with a zone. What is infinite would come as a cell
      // without a value, which means now.
      let time = "CAST(\(value) AS TIMESTAMPTZ)"
      let microseconds = Dialect.duckDB.epochMicroseconds(of: time)
      return member(
        "CASE WHEN NOT isfinite(\(time)) THEN \(Int64.max) ELSE \(microseconds) END",
        isTime: true)
    case _ where column.type.isInteger && isID: return member("CAST(\(value) AS varchar)")
    case _ where column.type.isNumeric: return member("CAST(\(value) AS double)")
    case _ where column.type.isText:
      var text = member("CAST(\(value) AS varchar)")
      text.length = "coalesce(strlen(CAST(\(value) AS varchar)), 0)"
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
    var (rows, bytes) = (0, 0)
    while rows < Self.portion, bytes < Self.portionBytes {
      guard let part = waiting.popLast() else {
        guard let batch = try stream.next() else { break }
        if batch.rows > 0 { waiting = try part(batch).split(Self.portionBytes).reversed() }
        continue
      }
      parts.append(part)
      rows += part.numbers.count
      bytes += part.size
    }
    guard rows > 0 else { return nil }
    let columns = try members.enumerated().map { index, member in
      guard let whole = MemoryColumn.joined(parts.map { $0.columns[index] }) else {
        throw Self.oddBatch
      }
      return TableRows.Column(group: member.group, name: member.name, column: whole)
    }
    var errors: [Int: String] = [:]
    for (row, isTooLong) in parts.flatMap(\.isTooLong).enumerated() where isTooLong {
      errors[row] = "its texts are longer than \(EventReader.rowLimit) bytes together"
    }
    for (row, isTooLong) in parts.flatMap(\.hasLongText).enumerated() where isTooLong {
      errors[row] = "a text of it is longer than \(EventReader.textLimit) bytes"
    }
    return Portion(
      rows: TableRows(count: rows, columns: columns, errors: errors),
      numbers: parts.flatMap(\.numbers))
  }

  /// What one batch of the engine holds, or some rows of it.
  private struct Part {
    var columns: [MemoryColumn]
    var numbers: [Int64]
    var hasLongText: [Bool]
    var isTooLong: [Bool]

    var size: Int { MemoryTable(rows: numbers.count, columns: columns).size }

    /// The rows in parts of about some bytes.
    func split(_ bytes: Int) -> [Part] {
      let (size, rows) = (size, numbers.count)
      guard size > bytes else { return [self] }
      let step = max(1, Int(Double(rows) * Double(bytes) / Double(size)))
      return stride(from: 0, to: rows, by: step).map { first in
        let kept = Array(first..<min(first + step, rows))
        return Part(
          columns: MemoryTable(rows: rows, columns: columns).keeping(kept).columns,
          numbers: kept.map { numbers[$0] }, hasLongText: kept.map { hasLongText[$0] },
          isTooLong: kept.map { isTooLong[$0] })
      }
    }
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
      let hasLongText = marks(batch, members.count + 1),
      let isTooLong = marks(batch, members.count + 2)
    else { throw Self.oddBatch }
    return Part(
      columns: columns, numbers: numbers.map { $0 ?? 0 }, hasLongText: hasLongText,
      isTooLong: isTooLong)
  }

  private func marks(_ batch: RecordBatch, _ index: Int) -> [Bool]? {
    guard let column = batch.column(index), let marks = MemoryColumn(column, name: ""),
      case .booleans(let values) = marks.values
    else { return nil }
    return values
  }

  private static var oddBatch: EventError {
    .unreadable(reason: "the engine gave columns of other types than were asked for")
  }

  private static func unreadable(_ error: any Error, _ path: String) -> EventError {
    if let error = error as? EventError {
      guard case .unreadable(let reason) = error else { return error }
      return .unreadableFile(reason: reason)
    }
    // Where the file lies is the service's own affair.
    let reason =
      switch error as? DataSourceError {
      case .unreadable(_, let reason), .queryFailed(_, let reason): reason
      default: "\(error)"
      }
    return .unreadableFile(reason: reason.replacing(path, with: "the body"))
  }

  private static func onQueue<Result: Sendable>(
    _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
