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
  /// A condition that one row in so many meets, told by some expressions as texts: rows in which they are
  /// equal all do or none; nil where the engine has no hash.
  public func oneIn(_ step: Int, by expressions: [String]) -> String? {
    let texts = expressions.map(text).joined(separator: ", ")
    return switch name {
    case "duckdb": "hash(\(texts)) % \(step) = 0"
    case "postgresql":
      "mod(abs(CAST(hashtext(concat_ws('/', \(texts))) AS bigint)), \(step)) = 0"
    case "spark": "pmod(xxhash64(\(texts)), \(step)) = 0"
    default: nil
    }
  }
}

extension Dialect {
  /// A numeric expression rounded down to a 64-bit whole number.
  public func floor(_ expression: String) -> String { "CAST(floor(\(expression)) AS bigint)" }
}

extension Dialect {
  /// A condition that a number is neither missing, NaN nor infinite: engines sort NaN above all.
  public func isFinite(_ expression: String) -> String {
    "\(expression) BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308"
  }

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

  /// The value at some rank of an expression's values in ascending order, as a double.
  ///
  /// - Parameters:
  ///   - rank: from 1.
  ///   - count: of the values.
  ///   - expression: of numbers.
  public func value(atRank rank: Int, of count: Int, in expression: String) -> String {
    // Half a rank below, so that rounding cannot reach the next.
    let level = (Double(rank) - 0.5) / Double(count)
    return double("percentile_disc(\(level)) WITHIN GROUP (ORDER BY \(expression))")
  }
}

extension Dialect {
  /// Rows a driver has to see before it can tell the types of columns.
  public var rowsForTypes: Int { name == "sqlite" ? 1_000 : 0 }

  /// Whether times are kept as text for want of a type of their own.
  public var keepsTimesAsText: Bool { name == "sqlite" }
}
