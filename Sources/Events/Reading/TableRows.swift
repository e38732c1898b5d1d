import Columns

/// Rows that came as columns already.
struct TableRows: SentRows {
  /// A column of a table, by the member it would be in JSON.
  struct Column: SentColumn {
    let group: String
    let name: String
    let column: MemoryColumn

    func cell(_ row: Int) -> SentCell {
      guard column.isValid.isEmpty || column.isValid[row] else { return .null }
      return switch column.values {
      case .numbers(let values): .number(values[row])
      case .texts: .text
      case .booleans(let values): .boolean(values[row])
      case .timestamps(let values): .time(values[row])
      }
    }

    func textLength(_ row: Int) -> Int { column.text(row).count }

    func appendText(_ row: Int, to bytes: inout [UInt8]) {
      bytes.append(contentsOf: column.text(row))
    }
  }

  let count: Int
  let columns: [Column]
  /// Why rows are none, by their index.
  let errors: [Int: String]

  func rowError(_ index: Int) -> String? { errors[index] }
}
