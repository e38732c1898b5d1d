/// A length of time, as people write one: `30d`, `12h`, `2w`, `90m`, `45s`.
public struct TimeSpan: Hashable, Sendable {
  public var microseconds: Int64

  public static func days(_ days: Int64) -> TimeSpan? {
    let (microseconds, overflows) = days.multipliedReportingOverflow(by: 86_400_000_000)
    guard !overflows, days > 0, microseconds <= .max / 4 else { return nil }
    return TimeSpan(microseconds: microseconds)
  }

  private init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  public init?(_ text: String) {
    let number = text.dropLast()
    // No sign, of which `+` would be one.
    guard let unit = text.last, number.utf8.allSatisfy({ (48...57).contains($0) }),
      let count = Int64(number), count > 0
    else { return nil }
    let (seconds, digits): (Int64, Int)
    switch unit {
    case "s": (seconds, digits) = (1, 12)
    case "m": (seconds, digits) = (60, 10)
    case "h": (seconds, digits) = (3_600, 8)
    case "d": (seconds, digits) = (86_400, 7)
    case "w": (seconds, digits) = (604_800, 6)
    default: return nil
    }
    // So many digits as the schema of the configuration has: 32 000 years at most, a ninth of what there
    // is, which keeps sums with instants from overflowing.
    guard "\(count)".utf8.count <= digits else { return nil }
    microseconds = count * seconds * 1_000_000
  }

  /// Whole seconds; what was read from text has no parts of one.
  public var seconds: Int { Int(microseconds / 1_000_000) }

  /// In the largest unit that divides it.
  public var description: String {
    let units: [(String, Int64)] = [
      ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ]
    for (unit, length) in units where microseconds % length == 0 {
      return "\(microseconds / length)\(unit)"
    }
    return "\(microseconds)µs"
  }

  public static let expected = "a number and a unit: 45s, 90m, 12h, 30d or 2w"
}
