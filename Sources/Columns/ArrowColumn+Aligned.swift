extension ArrowColumn {
  /// Appends a number for every row of a column of doubles, in order: NaN where there is none.
  ///
  /// - Returns: false where the column is of another type (nothing is appended).
  public func appendAligned(to numbers: inout [Double]) -> Bool {
    if type == .null {
      numbers.append(contentsOf: repeatElement(.nan, count: count))
      return true
    }
    guard type == .float64 else { return false }
    guard count > 0 else { return true }
    guard let base = buffer(1)?.assumingMemoryBound(to: Double.self) else { return false }
    let source = UnsafeBufferPointer(start: base + offset, count: count)
    let before = numbers.count
    numbers.append(contentsOf: source)
    if validity != nil {
      for index in 0..<count where !isValid(index) { numbers[before + index] = .nan }
    }
    return true
  }
}
