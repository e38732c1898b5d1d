extension ArrowColumn {
  /// Appends the column's finite numbers to `sample` and counts the rest.
  ///
  /// Integers beyond 2⁵³ are rounded to the nearest `Double`; booleans are 0 and 1.
  ///
  /// - Returns: false where the column is not of a numeric type this reads (nothing is appended).
  public func append(to sample: inout NumericSample) -> Bool {
    switch type {
    case .float64: return appendDoubles(to: &sample)
    case .float32: return appendConverted(Float.self, to: &sample) { Double($0) }
    case .float16: return appendConverted(Float16.self, to: &sample) { Double($0) }
    case .int64: return appendConverted(Int64.self, to: &sample) { Double($0) }
    case .int32: return appendConverted(Int32.self, to: &sample) { Double($0) }
    case .int16: return appendConverted(Int16.self, to: &sample) { Double($0) }
    case .int8: return appendConverted(Int8.self, to: &sample) { Double($0) }
    case .uint64: return appendConverted(UInt64.self, to: &sample) { Double($0) }
    case .uint32: return appendConverted(UInt32.self, to: &sample) { Double($0) }
    case .uint16: return appendConverted(UInt16.self, to: &sample) { Double($0) }
    case .uint8: return appendConverted(UInt8.self, to: &sample) { Double($0) }
    case .boolean: return appendBooleans(to: &sample)
    case .null:
      sample.missing += count
      return true
    default: return false
    }
  }

  /// The whole numbers of an integer column, or of floats that are whole; nil at a null.
  ///
  /// - Returns: nil where the column is not one of numbers.
  public func wholeNumbers() -> [Int64?]? {
    switch type {
    case .float64:
      guard let base = buffer(1)?.assumingMemoryBound(to: Double.self) else {
        return count == 0 ? [] : nil
      }
      return (0..<count).map { isValid($0) ? Int64(exactly: base[offset + $0]) : nil }
    case .int64: return integers(of: Int64.self)
    case .int32: return integers(of: Int32.self)
    case .int16: return integers(of: Int16.self)
    case .int8: return integers(of: Int8.self)
    case .uint32: return integers(of: UInt32.self)
    case .uint16: return integers(of: UInt16.self)
    case .uint8: return integers(of: UInt8.self)
    case .uint64: return integers(of: UInt64.self)
    case .null: return [Int64?](repeating: nil, count: count)
    default: return nil
    }
  }

  private func integers<Source: FixedWidthInteger>(of source: Source.Type) -> [Int64?]? {
    guard let base = buffer(1)?.assumingMemoryBound(to: Source.self) else {
      return count == 0 ? [] : nil
    }
    return (0..<count).map { isValid($0) ? Int64(exactly: base[offset + $0]) : nil }
  }

  /// The raw 64-bit words of a 64-bit column, such as row hashes, handed over in place.
  ///
  /// - Returns: nil where values are not 64 bits wide.
  public func withWords<Result>(_ body: (UnsafeBufferPointer<UInt64>) -> Result) -> Result? {
    guard type == .uint64 || type == .int64 || type == .float64 else { return nil }
    guard count > 0 else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    guard let base = buffer(1)?.assumingMemoryBound(to: UInt64.self) else { return nil }
    return body(UnsafeBufferPointer(start: base + offset, count: count))
  }

  private func appendDoubles(to sample: inout NumericSample) -> Bool {
    appendConverted(Double.self, to: &sample) { $0 }
  }

  private func appendBooleans(to sample: inout NumericSample) -> Bool {
    guard let bits = buffer(1)?.assumingMemoryBound(to: UInt8.self) else { return count == 0 }
    for index in 0..<count {
      let bit = offset + index
      if isValid(index) {
        sample.values.append(Double(bits[bit >> 3] >> UInt8(bit & 7) & 1))
      } else {
        sample.missing += 1
      }
    }
    return true
  }

  /// Writes every value and moves on only past the ones that count, so that the loop has no branch
  /// for the processor to guess wrong.
  @inline(__always)
  private func appendConverted<Source>(
    _: Source.Type, to sample: inout NumericSample, _ convert: (Source) -> Double
  ) -> Bool {
    guard count > 0 else { return true }
    guard let base = buffer(1)?.assumingMemoryBound(to: Source.self) else { return false }
    let source = base + offset
    let validity = validity
    var missing = 0
    var infinite = 0
    let before = sample.values.count
    sample.values.reserveCapacityGeometrically(before + count)
    sample.values.append(addingCapacity: count) { target in
      var position = 0
      for index in 0..<count {
        let value = convert(source[index])
        target[position] = value
        let bit = offset + index
        let valid = validity.map { Int($0[bit >> 3] >> UInt8(bit & 7) & 1) } ?? 1
        let notANumber = value.isNaN ? 1 : 0
        let finite = value.isFinite ? 1 : 0
        position += valid & finite
        missing += (1 - valid) | notANumber
        infinite += valid & (1 - finite) & (1 - notANumber)
      }
      return position
    }
    sample.missing += missing
    sample.nonFinite += infinite
    return true
  }
}

extension [Double] {
  /// Grows by doubling, where plain `reserveCapacity` would copy at every batch.
  fileprivate mutating func reserveCapacityGeometrically(_ needed: Int) {
    if capacity < needed { reserveCapacity(Swift.max(needed, 2 * capacity)) }
  }

  /// Appends up to `extra` values that `write` leaves at the start of uninitialised memory.
  @inline(__always)
  fileprivate mutating func append(
    addingCapacity extra: Int, _ write: (UnsafeMutablePointer<Double>) -> Int
  ) {
    let before = count
    // Appending zeros first would touch every page twice; `count` grows once, at the end.
    append(contentsOf: repeatElement(0, count: extra))
    let written = withUnsafeMutableBufferPointer { all -> Int in
      guard let base = all.baseAddress else { return 0 }
      return write(base + before)
    }
    removeLast(count - before - written)
  }
}

extension ArrowColumn {
  /// The number at `index` of a column of doubles; nil at a null or in a column of another type.
  public func number(_ index: Int) -> Double? {
    guard type == .float64, index >= 0, index < count, isValid(index),
      let base = buffer(1)?.assumingMemoryBound(to: Double.self)
    else { return nil }
    return base[offset + index]
  }
}
