extension MemoryColumn {
  /// A copy of an engine's column of texts, doubles or truth values; nil for others.
  public init?(_ column: ArrowColumn, name: String) {
    let rows = 0..<column.count
    let isValid = rows.map(column.isValid)
    let values: Values
    switch column.type {
    case .float64:
      var numbers: [Double] = []
      guard column.appendAligned(to: &numbers) else { return nil }
      values = .numbers(numbers)
    case .boolean: values = .booleans(rows.map { column.truth($0) ?? false })
    default:
      guard column.type.isText else { return nil }
      var (ends, bytes): ([Int32], [UInt8]) = ([], [])
      for row in rows {
        bytes.append(contentsOf: (column.string(row) ?? "").utf8)
        ends.append(Int32(truncatingIfNeeded: bytes.count))
      }
      values = .texts(ends: ends, bytes: bytes)
    }
    self.init(name: name, values: values, isValid: isValid.contains(false) ? isValid : [])
  }
}

extension ArrowColumn {
  /// Truth value `index`; nil at a null or in a column of another type.
  func truth(_ index: Int) -> Bool? {
    guard type == .boolean, isValid(index), let bits = buffer(1) else { return nil }
    let bit = offset + index
    return bits.load(fromByteOffset: bit >> 3, as: UInt8.self) >> UInt8(bit & 7) & 1 == 1
  }
}
