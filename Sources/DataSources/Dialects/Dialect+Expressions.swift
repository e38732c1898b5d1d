extension Dialect {
  /// The length of a text expression in characters.
  public func characterLength(of expression: String) -> String {
    "\(characterLength)(\(expression))"
  }

  /// A time expression as whole microseconds since 1970 UTC.
  public func epochMicroseconds(of expression: String) -> String {
    epochMicroseconds(expression)
  }

  /// A 64-bit hash of several expressions of a row; nil where the engine has none or its rows come
  /// in no fixed order, so that hashes of different columns could not be joined.
  public func rowHash(of expressions: [String]) -> String? {
    guard readsInStableOrder, !expressions.isEmpty else { return nil }
    return rowHash?(expressions)
  }
}

extension Dialect {
  /// A numeric expression rounded down to a 64-bit whole number.
  public func floor(_ expression: String) -> String { "CAST(floor(\(expression)) AS bigint)" }
}

extension Dialect {
  /// Whether the engine interpolates percentiles.
  public var hasPercentiles: Bool { name != "sqlite" }

  /// A percentile of an expression, interpolated linearly between neighbours, as a double.
  ///
  /// - Parameters:
  ///   - level: 0…1.
  ///   - expression: of numbers.
  public func percentile(_ level: Double, of expression: String) -> String {
    double("percentile_cont(\(level)) WITHIN GROUP (ORDER BY \(expression))")
  }
}

extension Dialect {
  /// Rows a driver has to see before it can tell the types of columns.
  public var rowsForTypes: Int { name == "sqlite" ? 1_000 : 0 }

  /// Whether times are kept as text for want of a type of their own.
  public var keepsTimesAsText: Bool { name == "sqlite" }
}
