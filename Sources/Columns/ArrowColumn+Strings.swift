extension ArrowColumn {
  /// The text of value `index`; nil at a null.
  ///
  /// Bytes that are not UTF-8 come out as replacement characters rather than as an error.
  public func string(_ index: Int) -> String? {
    guard index >= 0, index < count, isValid(index) else { return nil }
    switch type {
    case .string: return string(index, offsets: Int32.self)
    case .largeString: return string(index, offsets: Int64.self)
    case .stringView: return viewedString(index)
    default: return nil
    }
  }

  private func string<Offset: FixedWidthInteger>(_ index: Int, offsets: Offset.Type) -> String? {
    guard let ends = buffer(1)?.assumingMemoryBound(to: Offset.self) else { return nil }
    let start = Int(ends[offset + index])
    let end = Int(ends[offset + index + 1])
    guard start < end else { return "" }
    guard let bytes = buffer(2)?.assumingMemoryBound(to: UInt8.self) else { return nil }
    return String(
      decoding: UnsafeBufferPointer(start: bytes + start, count: end - start), as: UTF8.self)
  }

  /// A view is 16 bytes: a length, then either up to 12 bytes of text, or 4 bytes of prefix, the
  /// number of a data buffer and an offset into it.
  private func viewedString(_ index: Int) -> String? {
    guard let views = buffer(1) else { return nil }
    let view = views + 16 * (offset + index)
    let length = Int(view.loadUnaligned(as: Int32.self))
    guard length > 0 else { return "" }
    if length <= 12 {
      return String(
        decoding: UnsafeRawBufferPointer(start: view + 4, count: length), as: UTF8.self)
    }
    let number = Int((view + 8).loadUnaligned(as: Int32.self))
    let start = Int((view + 12).loadUnaligned(as: Int32.self))
    guard let bytes = buffer(2 + number) else { return nil }
    return String(
      decoding: UnsafeRawBufferPointer(start: bytes + start, count: length), as: UTF8.self)
  }
}
