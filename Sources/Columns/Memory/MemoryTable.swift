/// What the cells of a column made in memory are.
public enum CellType: String, Sendable, Codable, CaseIterable {
  case number, text, boolean, timestamp

  /// As it is told in messages.
  public var word: String {
    switch self {
    case .number: "a number"
    case .text: "a text"
    case .boolean: "true or false"
    case .timestamp: "a time"
    }
  }
}

/// A column made in memory, in Arrow's layout but for its bits.
public struct MemoryColumn: Sendable, Equatable {
  public enum Values: Sendable, Equatable {
    case numbers([Double])
    /// Where each text ends, and the texts.
    case texts(ends: [Int32], bytes: [UInt8])
    case booleans([Bool])
    /// Microseconds since 1970.
    case timestamps([Int64])
  }

  public var name: String
  public var values: Values
  /// Whether each cell is there; empty where all are.
  public var isValid: [Bool]

  public init(name: String, values: Values, isValid: [Bool] = []) {
    self.name = name
    self.values = values
    self.isValid = isValid
  }

  public var type: CellType {
    switch values {
    case .numbers: .number
    case .texts: .text
    case .booleans: .boolean
    case .timestamps: .timestamp
    }
  }

  public var count: Int {
    switch values {
    case .numbers(let values): values.count
    case .texts(let ends, _): ends.count
    case .booleans(let values): values.count
    case .timestamps(let values): values.count
    }
  }

  /// The bytes of text `index`.
  public func text(_ index: Int) -> ArraySlice<UInt8> {
    guard case .texts(let ends, let bytes) = values else { return [] }
    return bytes[(index > 0 ? Int(ends[index - 1]) : 0)..<Int(ends[index])]
  }

  /// The cells of columns of one type after each other, under the first one's name; nil where there
  /// are none, of several types, or with more bytes of text than 32 bits tell.
  public static func joined(_ columns: [MemoryColumn]) -> MemoryColumn? {
    guard var whole = columns.first, columns.allSatisfy({ $0.type == whole.type }) else {
      return nil
    }
    guard columns.count > 1 else { return whole }
    switch whole.values {
    case .numbers: whole.values = .numbers(columns.flatMap { $0.numbers ?? [] })
    case .booleans: whole.values = .booleans(columns.flatMap { $0.booleans ?? [] })
    case .timestamps: whole.values = .timestamps(columns.flatMap { $0.timestamps ?? [] })
    case .texts:
      var (ends, bytes): ([Int32], [UInt8]) = ([], [])
      for case .texts(let more, let text) in columns.map(\.values) {
        guard bytes.count + text.count <= Int(Int32.max) else { return nil }
        let start = Int32(truncatingIfNeeded: bytes.count)
        ends += more.map { $0 &+ start }
        bytes += text
      }
      whole.values = .texts(ends: ends, bytes: bytes)
    }
    whole.isValid =
      columns.allSatisfy(\.isValid.isEmpty)
      ? []
      : columns.flatMap {
        $0.isValid.isEmpty ? [Bool](repeating: true, count: $0.count) : $0.isValid
      }
    return whole
  }

  /// A column of which every cell is missing.
  static func missing(_ name: String, _ type: CellType, count: Int) -> MemoryColumn {
    let values: Values =
      switch type {
      case .number: .numbers([Double](repeating: 0, count: count))
      case .text: .texts(ends: [Int32](repeating: 0, count: count), bytes: [])
      case .boolean: .booleans([Bool](repeating: false, count: count))
      case .timestamp: .timestamps([Int64](repeating: 0, count: count))
      }
    return MemoryColumn(
      name: name, values: values, isValid: [Bool](repeating: false, count: count))
  }

  private var numbers: [Double]? {
    if case .numbers(let values) = values { values } else { nil }
  }
  private var booleans: [Bool]? {
    if case .booleans(let values) = values { values } else { nil }
  }
  private var timestamps: [Int64]? {
    if case .timestamps(let values) = values { values } else { nil }
  }

  /// The column with only some of its rows, in their order.
  func keeping(_ rows: [Int]) -> MemoryColumn {
    var kept = self
    if !isValid.isEmpty { kept.isValid = rows.map { isValid[$0] } }
    switch values {
    case .numbers(let values): kept.values = .numbers(rows.map { values[$0] })
    case .booleans(let values): kept.values = .booleans(rows.map { values[$0] })
    case .timestamps(let values): kept.values = .timestamps(rows.map { values[$0] })
    case .texts:
      var (ends, bytes): ([Int32], [UInt8]) = ([], [])
      for row in rows {
        bytes.append(contentsOf: text(row))
        // No more than it had, which is within what 32 bits tell.
        ends.append(Int32(truncatingIfNeeded: bytes.count))
      }
      kept.values = .texts(ends: ends, bytes: bytes)
    }
    return kept
  }
}

/// Columns of one length made in memory.
public struct MemoryTable: Sendable, Equatable {
  public var rows: Int
  public var columns: [MemoryColumn]

  public init(rows: Int, columns: [MemoryColumn]) {
    self.rows = rows
    self.columns = columns
  }

  public func column(_ name: String) -> MemoryColumn? { columns.first { $0.name == name } }

  /// The table with only some of its rows, in their order.
  public func keeping(_ kept: [Int]) -> MemoryTable {
    MemoryTable(rows: kept.count, columns: columns.map { $0.keeping(kept) })
  }

  /// The rows of tables after each other, with missing cells where one lacks a column that another has;
  /// nil where a column is of several types.
  public static func joined(_ tables: [MemoryTable]) -> MemoryTable? {
    guard tables.count > 1 else { return tables.first }
    var columns: [(name: String, type: CellType)] = []
    var known: Set<String> = []
    for table in tables where !table.has(columns) {
      for column in table.columns where known.insert(column.name).inserted {
        columns.append((column.name, column.type))
      }
    }
    var whole = MemoryTable(rows: tables.reduce(0) { $0 + $1.rows }, columns: [])
    for (index, (name, type)) in columns.enumerated() {
      let parts = tables.map { table in
        // Most have the same columns in the same places.
        if index < table.columns.count, table.columns[index].name == name {
          return table.columns[index]
        }
        return table.column(name) ?? .missing(name, type, count: table.rows)
      }
      guard let column = MemoryColumn.joined(parts) else { return nil }
      whole.columns.append(column)
    }
    return whole
  }

  /// Whether its columns are exactly some, in their order.
  private func has(_ columns: [(name: String, type: CellType)]) -> Bool {
    self.columns.elementsEqual(columns) { $0.name == $1.name && $0.type == $1.type }
  }
}
