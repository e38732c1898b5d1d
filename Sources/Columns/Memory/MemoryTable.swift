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
        ends.append(Int32(bytes.count))
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
}
