import Columns
import DataSources
import Statistics

/// A column that both sides have, in types that can be brought to the same values.
struct ComparableColumn: Sendable {
  let name: String
  let role: ColumnRole
  let kind: ColumnKind
  private let reference: ArrowType
  private let current: ArrowType

  /// - Returns: nil where the stored types have nothing to be compared by.
  init?(_ column: ResolvedColumn, reference: ArrowType, current: ArrowType) {
    name = column.column
    role = column.role
    kind = column.type
    self.reference = reference
    self.current = current
    let types = [reference, current]
    if types.contains(where: { Self.isOpaque($0) }) { return nil }
    switch kind {
    case .numerical:
      // A column that is all null has no type of its own and goes with any other.
      let comparable =
        types.allSatisfy { $0.isNumeric || $0 == .boolean || $0 == .null }
        || types.allSatisfy { $0.isTemporal || $0 == .null }
        || (column.origin == .given && types.allSatisfy { $0.isNumeric || $0.isText })
      if !comparable { return nil }
    case .categorical:
      let families = Set(types.filter { $0 != .null }.map { $0.isNumeric ? "number" : $0.name })
      if families.count > 1 && column.origin == .inferred { return nil }
    case .text:
      if !types.allSatisfy({ $0.isText || $0 == .null }) { return nil }
    }
  }

  private static func isOpaque(_ type: ArrowType) -> Bool {
    switch type {
    case .nested, .binary, .unknown: true
    default: false
    }
  }

  private func type(on side: Side) -> ArrowType { side == .reference ? reference : current }

  /// The column's number in SQL: the value, microseconds since 1970 for a time, the length in
  /// characters for a text.
  func number(in dialect: Dialect, on side: Side) -> String {
    let column = dialect.identifier(name)
    let type = type(on: side)
    if kind == .text { return dialect.characterLength(of: column) }
    if type.isTemporal { return dialect.epochMicroseconds(of: column) }
    return type.isReadInPlace ? column : dialect.double(column)
  }

  /// The column as one that was said to be of numbers and is stored as text; nil for any other.
  func asked(in dialect: Dialect, on side: Side) -> AskedColumn? {
    guard kind == .numerical, type(on: side).isText else { return nil }
    return AskedColumn(
      option: "--numerical", content: .numbers(column: name, type: type(on: side).name),
      sql: number(in: dialect, on: side))
  }

  /// The column's category in SQL, as text.
  ///
  /// Where a column is of whole numbers on one side and of floats on the other, as when nulls turned
  /// integers into floats, both are written as floats, so that 1 and 1.0 are the same category.
  func category(in dialect: Dialect, on side: Side) -> String {
    let column = dialect.identifier(name)
    if reference != current, reference.isNumeric, current.isNumeric {
      return dialect.text("\(dialect.double(column)) + 0")
    }
    // Adding 0 makes −0 the 0 it equals.
    let type = side == .reference ? reference : current
    let isFloat = [.float16, .float32, .float64].contains(type)
    return dialect.text(isFloat ? "\(column) + 0" : column)
  }

  /// Whether a side holds whole numbers.
  var hasIntegers: Bool { reference.isInteger || current.isInteger }

  /// Whether a category spelt `nan` is a missing number.
  var hasFloats: Bool {
    [reference, current].contains { $0.isNumeric && !$0.isInteger }
  }
}

extension ArrowType {
  /// Whether values are read from the engine's own buffers without a cast.
  fileprivate var isReadInPlace: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64,
      .boolean:
      true
    default: false
    }
  }
}
