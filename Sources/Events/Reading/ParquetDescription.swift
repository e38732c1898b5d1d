import Columns
import DataSources
import Foundation

/// What a Parquet file says of itself, before any of it is read.
struct ParquetDescription {
  private let path: String
  private(set) var rows = 0
  /// Columns, and the fields of each, by the names the file has: the engine changes those that it could
  /// not tell apart.
  private(set) var columns: [(name: String, fields: [String])] = []

  init(_ path: String, over connection: Connection) throws {
    self.path = path
    let file = Dialect.duckDB.literal(path)
    let counts = try connection.query(
      "SELECT num_rows FROM parquet_file_metadata(\(file))", source: path)
    if let count = try counts.next()?.column(0)?.wholeNumbers()?.first ?? nil { rows = Int(count) }
    let stream = try connection.query(
      "SELECT name, coalesce(num_children, 0) FROM parquet_schema(\(file))", source: path)
    // How many children are still to come of each element on the way down to the next.
    var open: [Int64] = []
    while let batch = try stream.next() {
      guard let names = batch.column(0), let children = batch.column(1)?.wholeNumbers() else {
        throw EventError.unreadable(reason: "it does not say what columns it has")
      }
      for row in 0..<batch.rows {
        while open.last == 0 { open.removeLast() }
        let name = names.string(row) ?? ""
        if open.count == 1 { columns.append((name, [])) }
        if open.count == 2 { columns[columns.count - 1].fields.append(name) }
        if !open.isEmpty { open[open.count - 1] -= 1 }
        open.append((children[row] ?? 0))
      }
    }
  }

  /// Refuses a file whose columns could not be told apart, or are too many.
  func check(_ kind: EventKind) throws {
    let count = columns.reduce(0) { $0 + max(1, $1.fields.count) }
    guard count <= EventReader.columnLimit else {
      throw EventError.unreadable(
        reason: "it has \(count) columns, and a model can have \(EventReader.columnLimit)")
    }
    try Self.check(columns.map(\.name), of: "column")
    for column in columns where kind.groups.contains(column.name) {
      try Self.check(column.fields, of: "field of `\(column.name)`")
    }
  }

  private static func check(_ names: [String], of what: String) throws {
    var known: [String: String] = [:]
    for name in names {
      guard let other = known.updateValue(name, forKey: name.lowercased()) else { continue }
      throw EventError.unreadable(
        reason: other == name
          ? "the \(what) `\(name)` comes twice"
          : "the \(what) `\(name)` differs from `\(other)` in the case of letters alone")
    }
  }

  /// Refuses a file that would be far larger as columns than it is: a few bytes can stand for any number
  /// of equal cells.
  ///
  /// - Parameter text: bytes of a row's texts, as an expression; nil where it has none.
  func checkSize(
    columns: Int, text: String?, of source: String, over connection: Connection,
    _ options: EventLog.Options
  ) throws {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let size = attributes[.size] as? Int ?? 0
    let limit = Double(max(options.fileBytes, size * options.fileExpansion))
    var bytes = Double(rows) * 8 * Double(columns)
    if bytes <= limit, let text {
      let stream = try connection.query(
        "SELECT coalesce(sum(\(text)), 0)::DOUBLE FROM \(source)", source: path)
      if let column = try stream.next()?.column(0), let sum = MemoryColumn(column, name: ""),
        case .numbers(let sums) = sum.values
      {
        bytes += sums.first ?? 0
      }
    }
    guard bytes <= limit else { throw EventError.tooLarge(bytes: Int(limit)) }
  }
}
