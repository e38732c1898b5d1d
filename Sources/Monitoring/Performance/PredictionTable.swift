import Columns
import DataSources

/// Rows of predictions, column by column.
///
/// Every column has a place for every row; a number that is not there is NaN, a class −1, a time
/// ``noTime``.
struct PredictionTable: Sendable {
  static let noTime = Int64.min

  var count = 0
  /// What rows are joined by; empty where labels are in the table.
  var ids: [String] = []
  /// Microseconds since 1970; empty without a timestamp.
  var times: [Int64] = []
  /// When each row's label arrived; empty where that is not known.
  var labelTimes: [Int64] = []
  /// Classification: codes of ``ClassNames``.
  var truthClasses: [Int32] = []
  var predictedClasses: [Int32] = []
  /// By class, in the order of the options: what the model gave it.
  var probabilities: [[Double]] = []
  /// Regression and ranking.
  var truth: [Double] = []
  var predictions: [Double] = []
  var quantiles: [[Double]] = []
  var lower: [Double] = []
  var upper: [Double] = []
  /// What each row is worth.
  var values: [Double] = []
  /// Ranking: codes of the query or user, and of the item.
  var groups: [Int32] = []
  var items: [Int32] = []
  /// Predictions of the shadow model: classes or numbers.
  var shadowClasses: [Int32] = []
  var shadowPredictions: [Double] = []
  /// Regression without labels: inputs, categories by number.
  var features: [[Double]] = []
  /// By segment column: codes of its values.
  var segments: [[Int32]] = []
}

/// Names in the order they were met, each with a number.
struct ClassNames: Sendable {
  private(set) var names: [String] = []
  private var codes: [String: Int32] = [:]
  private var numberCodes: [UInt64: Int32] = [:]

  mutating func code(_ name: String) -> Int32 {
    if let known = codes[name] { return known }
    let code = Int32(names.count)
    names.append(name)
    codes[name] = code
    return code
  }

  /// The code of a number, which is written as a whole one where it is one, so that 1 and 1.0 are the
  /// same class; −1 for NaN.
  mutating func code(_ number: Double) -> Int32 {
    guard !number.isNaN else { return -1 }
    if let known = numberCodes[number.bitPattern] { return known }
    let code = code(Self.name(number))
    numberCodes[number.bitPattern] = code
    return code
  }

  func known(_ name: String) -> Int32? { codes[name] }

  static func name(_ number: Double) -> String {
    Int64(exactly: number).map(String.init) ?? "\(number)"
  }
}

/// Reads one source of predictions or labels.
struct PredictionReader {
  /// What a column of the query becomes.
  enum Destination {
    case text((inout PredictionTable, String?) -> Void)
    case numbers((inout PredictionTable, [Double]) -> Void)
    case times(WritableKeyPath<PredictionTable, [Int64]>)
  }

  let relation: Relation
  private let types: [String: ColumnKindOfType]
  /// What types are called in messages.
  private let typeNames: [String: String]
  private var expressions: [String] = []
  /// Of expressions, those that may be refused for what they are.
  private var asked: [AskedColumn] = []
  private var destinations: [Destination] = []

  /// What matters of a column's type here.
  enum ColumnKindOfType { case number, boolean, time, other }

  init(_ relation: Relation, over connection: Connection) throws {
    self.relation = relation
    let columns = try relation.columns(over: connection)
    typeNames = columns.reduce(into: [:]) { $0[$1.name] = $1.type.name }
    types = columns.reduce(into: [:]) { types, column in
      types[column.name] =
        column.type.isNumeric
        ? .number : column.type == .boolean ? .boolean : column.type.isTemporal ? .time : .other
    }
  }

  func has(_ column: String) -> Bool { types[column] != nil }

  func kind(of column: String) -> ColumnKindOfType? { types[column] }

  /// The column as SQL, checked to be there.
  func identifier(_ column: String, option: String) throws -> String {
    guard has(column) else {
      throw MonitoringError.noSuchColumn(
        name: column, option: option, source: relation.name,
        closest: closestName(to: column, among: Array(types.keys)))
    }
    return relation.dialect.identifier(column)
  }

  /// Reads a column's values as names.
  mutating func classes(
    _ column: String, option: String, into path: WritableKeyPath<PredictionTable, [Int32]>,
    names: Box<ClassNames>
  ) throws {
    let identifier = try identifier(column, option: option)
    classes(expression: identifier, kind: kind(of: column) ?? .other, into: path, names: names)
  }

  /// Reads what an SQL expression of an option gives as names.
  mutating func classes(
    written expression: String, option: String,
    into path: WritableKeyPath<PredictionTable, [Int32]>, names: Box<ClassNames>
  ) {
    // Its type is not known before it runs; as text, numbers keep their names.
    classes(expression: "(\(expression))", kind: .other, into: path, names: names)
    note(option, .expression(expression))
  }

  private mutating func classes(
    expression: String, kind: ColumnKindOfType,
    into path: WritableKeyPath<PredictionTable, [Int32]>, names: Box<ClassNames>
  ) {
    let dialect = relation.dialect
    switch kind {
    case .number, .boolean:
      let number = kind == .boolean ? "CAST(\(expression) AS integer)" : expression
      expressions.append(dialect.double(number))
      destinations.append(
        .numbers { table, numbers in
          table[keyPath: path].append(contentsOf: numbers.map { names.value.code($0) })
        })
    case .time, .other:
      expressions.append(dialect.text(expression))
      destinations.append(
        .text { table, text in
          table[keyPath: path].append(text.map { names.value.code($0) } ?? -1)
        })
    }
  }

  /// Reads a column's values as numbers.
  mutating func numbers(
    _ column: String, option: String, into path: WritableKeyPath<PredictionTable, [Double]>
  ) throws {
    let identifier = try identifier(column, option: option)
    guard kind(of: column) != .time else {
      throw MonitoringError.invalidOption(
        name: option, value: column, expected: "a column of numbers")
    }
    let number = kind(of: column) == .boolean ? "CAST(\(identifier) AS integer)" : identifier
    numbers(expression: number, into: path)
    note(option, .numbers(column: column, type: typeNames[column] ?? "no number"))
  }

  /// Reads what an SQL expression of an option gives as numbers.
  mutating func numbers(
    written expression: String, option: String,
    into path: WritableKeyPath<PredictionTable, [Double]>
  ) {
    numbers(expression: "(\(expression))", into: path)
    note(option, .expression(expression))
  }

  /// Remembers what the last expression is for.
  private mutating func note(_ option: String, _ content: AskedColumn.Content) {
    guard let sql = expressions.last else { return }
    asked.append(AskedColumn(option: option, content: content, sql: sql))
  }

  private mutating func numbers(
    expression: String, into path: WritableKeyPath<PredictionTable, [Double]>
  ) {
    expressions.append(relation.dialect.double(expression))
    destinations.append(.numbers { $0[keyPath: path].append(contentsOf: $1) })
  }

  /// Reads a column of times.
  mutating func times(
    _ column: String, option: String, into path: WritableKeyPath<PredictionTable, [Int64]>
  ) throws {
    let identifier = try identifier(column, option: option)
    guard kind(of: column) == .time || relation.dialect.keepsTimesAsText else {
      throw MonitoringError.notATimestamp(column: column, type: "no time")
    }
    expressions.append(relation.dialect.epochMicroseconds(of: identifier))
    destinations.append(.times(path))
  }

  /// Reads a column as an input: a number, or the number of its category.
  ///
  /// - Parameter isCategory: whether numbers are categories.
  mutating func feature(
    _ column: String, into path: WritableKeyPath<PredictionTable, [Double]>,
    names: Box<ClassNames>, isCategory: Bool = false
  ) {
    let identifier = relation.dialect.identifier(column)
    switch isCategory ? .other : kind(of: column) {
    case .number: numbers(expression: identifier, into: path)
    case .boolean: numbers(expression: "CAST(\(identifier) AS integer)", into: path)
    case .time, .other, nil:
      expressions.append(relation.dialect.text(identifier))
      destinations.append(
        .text { table, text in
          table[keyPath: path].append(text.map { Double(names.value.code($0)) } ?? .nan)
        })
    }
  }

  /// Reads what names a row.
  mutating func ids(_ column: String, option: String) throws {
    let identifier = try identifier(column, option: option)
    expressions.append(relation.dialect.text(identifier))
    destinations.append(.text { $0.ids.append($1 ?? "") })
  }

  /// Runs the one query and appends its rows to `empty`.
  func read(into empty: PredictionTable, over connection: Connection) throws -> PredictionTable {
    do {
      return try readAll(into: empty, over: connection)
    } catch let error as DataSourceError {
      throw relation.explained(error, asking: asked, over: connection)
    }
  }

  private func readAll(
    into empty: PredictionTable, over connection: Connection
  ) throws -> PredictionTable {
    var table = empty
    let selected = expressions.isEmpty ? ["1"] : expressions
    let stream = try relation.run(relation.select(selected), over: connection)
    var buffer: [Double] = []
    while let batch = try stream.next() {
      for (index, destination) in destinations.enumerated() {
        guard let column = batch.column(index) else { continue }
        switch destination {
        case .text(let write):
          for row in 0..<batch.rows { write(&table, column.string(row)) }
        case .numbers(let write):
          buffer.removeAll(keepingCapacity: true)
          guard column.appendAligned(to: &buffer) else {
            throw DataSourceError.unexpectedResult(
              source: relation.name, reason: "\(expressions[index]) gave no numbers")
          }
          write(&table, buffer)
        case .times(let path):
          let times = column.wholeNumbers() ?? []
          table[keyPath: path].append(contentsOf: times.map { $0 ?? PredictionTable.noTime })
        }
      }
      table.count += batch.rows
    }
    return table
  }
}

/// A value that several closures change.
final class Box<Value> {
  var value: Value

  init(_ value: Value) {
    self.value = value
  }
}
