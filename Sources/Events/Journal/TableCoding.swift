import Columns

/// A table as bytes for the journal: numbers in little-endian order, lengths before what they measure.
enum TableCoding {
  private static let version: UInt8 = 1

  static func encode(_ table: MemoryTable) -> [UInt8] {
    var bytes: [UInt8] = [version]
    append(UInt32(table.rows), to: &bytes)
    append(UInt32(table.columns.count), to: &bytes)
    for column in table.columns {
      append(Array(column.name.utf8), to: &bytes)
      append(column.isValid, to: &bytes)
      switch column.values {
      case .numbers(let values):
        bytes.append(0)
        append(values, to: &bytes)
      case .texts(let ends, let text):
        bytes.append(1)
        append(ends, to: &bytes)
        append(text, to: &bytes)
      case .booleans(let values):
        bytes.append(2)
        append(values, to: &bytes)
      case .timestamps(let values):
        bytes.append(3)
        append(values, to: &bytes)
      }
    }
    return bytes
  }

  /// nil where the bytes are not what ``encode(_:)`` gives.
  static func decode(_ bytes: [UInt8]) -> MemoryTable? {
    var reader = Reader(bytes)
    guard reader.byte() == version, let rows = reader.number(), let count = reader.number() else {
      return nil
    }
    var columns: [MemoryColumn] = []
    for _ in 0..<count {
      guard let name: [UInt8] = reader.values(), let valid: [UInt8] = reader.values(),
        valid.isEmpty || valid.count == rows, let kind = reader.byte()
      else { return nil }
      let values: MemoryColumn.Values
      switch kind {
      case 0:
        guard let numbers: [Double] = reader.values() else { return nil }
        values = .numbers(numbers)
      case 1:
        guard let ends: [Int32] = reader.values(), let text: [UInt8] = reader.values(),
          zip([0] + ends, ends).allSatisfy({ $0 <= $1 }), Int(ends.last ?? 0) == text.count
        else { return nil }
        values = .texts(ends: ends, bytes: text)
      case 2:
        guard let truths: [UInt8] = reader.values() else { return nil }
        values = .booleans(truths.map { $0 != 0 })
      case 3:
        guard let times: [Int64] = reader.values() else { return nil }
        values = .timestamps(times)
      default: return nil
      }
      let column = MemoryColumn(
        name: String(decoding: name, as: UTF8.self), values: values, isValid: valid.map { $0 != 0 })
      guard column.count == rows else { return nil }
      columns.append(column)
    }
    return reader.isAtEnd ? MemoryTable(rows: rows, columns: columns) : nil
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append<Value: BitwiseCopyable>(_ values: [Value], to bytes: inout [UInt8]) {
    append(UInt32(values.count), to: &bytes)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() -> UInt8? {
      guard position < bytes.count else { return nil }
      position += 1
      return bytes[position - 1]
    }

    mutating func number() -> Int? {
      guard bytes.count - position >= 4 else { return nil }
      let value = bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      }
      position += 4
      return Int(UInt32(littleEndian: value))
    }

    mutating func values<Value: BitwiseCopyable>() -> [Value]? {
      guard let count = number() else { return nil }
      let size = count * MemoryLayout<Value>.stride
      guard bytes.count - position >= size else { return nil }
      let values = [Value](unsafeUninitializedCapacity: count) { buffer, filled in
        bytes.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(buffer).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[position..<position + size]))
          return
        }
        filled = count
      }
      position += size
      return values
    }
  }
}
