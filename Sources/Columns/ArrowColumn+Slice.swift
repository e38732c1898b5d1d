extension ArrowColumn {
  /// The values at `range`, without copying; nil where the range reaches past the column.
  public func slice(_ range: Range<Int>) -> ArrowColumn? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    return ArrowColumn(slicing: self, range)
  }
}
