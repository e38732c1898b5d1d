import Columns

/// What somebody sent in one place of a row.
enum SentCell: Equatable {
  case null
  case number(Double)
  case text
  case boolean(Bool)
  /// Microseconds since 1970.
  case time(Int64)
  /// A value of several: an object, a list.
  case nested

  /// The type of a column that holds such cells; nil for none.
  var type: CellType? {
    switch self {
    case .number: .number
    case .text: .text
    case .boolean: .boolean
    case .null, .time, .nested: nil
    }
  }
}

/// Cells of one member of rows that were sent.
protocol SentColumn {
  /// The member whose member this is; empty for members of rows themselves.
  var group: String { get }
  var name: String { get }

  func cell(_ row: Int) -> SentCell
  /// Bytes of a cell that is a text, and of the digits of a whole number that a double does not hold
  /// exactly; 0 for others.
  func textLength(_ row: Int) -> Int
  func appendText(_ row: Int, to bytes: inout [UInt8])
}

extension SentColumn {
  func text(_ row: Int) -> String {
    var bytes: [UInt8] = []
    appendText(row, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Rows that were sent, whatever they came as.
protocol SentRows {
  associatedtype Column: SentColumn

  var count: Int { get }
  var columns: [Column] { get }
  /// Why a row cannot be read; nil where it can.
  func rowError(_ index: Int) -> String?
}
