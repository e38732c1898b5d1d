/// The numbers of one column, with account of every row that is not among them.
///
/// `rows == values.count + missing + nonFinite` always holds.
public struct NumericSample: Sendable, Equatable {
  /// The finite values, in the order they were read.
  public var values: [Double] = []
  /// Rows that were null or NaN.
  public var missing = 0
  /// Rows that were plus or minus infinity.
  public var nonFinite = 0

  public init() {}

  /// Takes values as they are in memory, dropping and counting what is not finite.
  public init(_ values: [Double]) {
    self.values.reserveCapacity(values.count)
    for value in values {
      if value.isFinite {
        self.values.append(value)
      } else if value.isNaN {
        missing += 1
      } else {
        nonFinite += 1
      }
    }
  }

  /// Forgets everything but keeps the memory.
  public mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    missing = 0
    nonFinite = 0
  }

  /// All rows seen.
  public var rows: Int { values.count + missing + nonFinite }
}
