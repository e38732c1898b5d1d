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
  /// are none, or of several types.
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
