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
    guard let unit = text.last, let count = Int64(text.dropLast()), count > 0 else { return nil }
    let seconds: Int64
    switch unit {
    case "s": seconds = 1
    case "m": seconds = 60
    case "h": seconds = 3_600
    case "d": seconds = 86_400
    case "w": seconds = 604_800
    default: return nil
    }
    let (microseconds, overflows) = count.multipliedReportingOverflow(by: seconds * 1_000_000)
    // A quarter of the range is 73 000 years, and keeps sums with instants from overflowing.
    guard !overflows, microseconds <= .max / 4 else { return nil }
    self.microseconds = microseconds
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
