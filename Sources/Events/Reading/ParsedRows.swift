import CSimdJSON
import Columns

/// Rows of JSON, parsed into cells by member.
final class ParsedRows: SentRows {
  private let rows: OpaquePointer
  /// Why the text could not be read as a whole; nil where it could.
  let error: String?
  let count: Int
  let columns: [ParsedColumn]

  /// - Parameters:
  ///   - text: the JSON.
  ///   - isLines: whether every line is an object, rather than the text an array of them.
  ///   - groups: members whose own members have columns.
  init?(_ text: some Collection<UInt8>, isLines: Bool, groups: [String]) {
    var padded = [UInt8]()
    padded.reserveCapacity(text.count + Int(PLUMBLINE_JSON_PADDING))
    padded.append(contentsOf: text)
    let length = padded.count
    padded.append(contentsOf: repeatElement(0, count: Int(PLUMBLINE_JSON_PADDING)))
    var names = groups.map { Array($0.utf8CString) }
    let parsed = Self.withPointers(&names) { pointers in
      padded.withUnsafeBufferPointer { bytes in
        plumbline_json_parse(bytes.baseAddress, length, isLines ? 1 : 0, pointers, groups.count)
      }
    }
    guard let parsed else { return nil }
    rows = parsed
    error = plumbline_json_error(parsed).map { String(cString: $0) }
    count = plumbline_json_row_count(parsed)
    columns = (0..<plumbline_json_column_count(parsed)).map {
      ParsedColumn(plumbline_json_column_at(parsed, $0), texts: plumbline_json_texts(parsed))
    }
  }

  deinit { plumbline_json_free(rows) }

  /// Why a row cannot be read; nil where it can.
  func rowError(_ index: Int) -> String? {
    plumbline_json_row_error(rows, index).map { String(cString: $0) }
  }

  private static func withPointers<Result>(
    _ names: inout [[CChar]], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let pointers = names.map { name in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: name.count)
      copy.initialize(from: name, count: name.count)
      return UnsafePointer(copy)
    }
    defer { for pointer in pointers { pointer.deallocate() } }
    return pointers.map(Optional.some).withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

/// Cells of one member; valid while its rows are.
struct ParsedColumn: SentColumn {
  let group: String
  let name: String
  private let column: plumbline_json_column
  private let texts: UnsafePointer<CChar>?

  init(_ column: plumbline_json_column, texts: UnsafePointer<CChar>?) {
    self.column = column
    self.texts = texts
    group = Self.string(column.group, column.group_length)
    name = Self.string(column.name, column.name_length)
  }

  func cell(_ row: Int) -> SentCell {
    guard row < column.count else { return .null }
    switch Int(column.kinds[row]) {
    case Int(PLUMBLINE_JSON_NUMBER.rawValue): return .number(column.numbers[row])
    case Int(PLUMBLINE_JSON_TEXT.rawValue): return .text
    case Int(PLUMBLINE_JSON_TRUE.rawValue): return .boolean(true)
    case Int(PLUMBLINE_JSON_FALSE.rawValue): return .boolean(false)
    case Int(PLUMBLINE_JSON_NESTED.rawValue): return .nested
    default: return .null
    }
  }

  func textLength(_ row: Int) -> Int {
    guard let begins = column.text_begins, let ends = column.text_ends else { return 0 }
    return Int(ends[row]) - Int(begins[row])
  }

  func appendText(_ row: Int, to bytes: inout [UInt8]) {
    guard let texts, let begins = column.text_begins else { return }
    bytes.append(
      contentsOf: UnsafeRawBufferPointer(
        start: texts + Int(begins[row]), count: textLength(row)))
  }

  private static func string(_ characters: UnsafePointer<CChar>?, _ length: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: characters, count: length), as: UTF8.self)
  }
}
