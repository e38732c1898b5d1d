/// A point in time: whole microseconds since 1970-01-01T00:00:00Z.
public struct Instant: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  public static func < (first: Instant, second: Instant) -> Bool {
    first.microseconds < second.microseconds
  }

  /// Reads an ISO 8601 date or UTC instant: `2024-02-29`, `2024-02-29T12:30:00Z`,
  /// `2024-02-29 12:30:00.25+02:00`, and all RFC 3339 has. Without a zone it is UTC.
  public init?(_ text: String) {
    self.init(utf8: Array(text.utf8)[...])
  }

  /// Reads what ``init(_:)-(String)`` reads, from its bytes.
  public init?(utf8 text: ArraySlice<UInt8>) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.take("-"),
      let month = scanner.number(digits: 2), scanner.take("-"),
      let day = scanner.number(digits: 2), (1...12).contains(month),
      (1...Self.days(inMonth: month, of: year)).contains(day)
    else { return nil }
    var seconds = Self.daysSince1970(year: year, month: month, day: day) * 86_400
    var fraction = 0
    if scanner.take("T") || scanner.take("t") || scanner.take(" ") {
      guard let hour = scanner.number(digits: 2), hour < 24, scanner.take(":"),
        let minute = scanner.number(digits: 2), minute < 60
      else { return nil }
      var second = 0
      if scanner.take(":") {
        // A leap second is the first of the next minute.
        guard let read = scanner.number(digits: 2), read <= 60 else { return nil }
        second = read
        if scanner.take(".") {
          guard let read = scanner.fraction(digits: 6) else { return nil }
          fraction = read
        }
      }
      seconds += hour * 3600 + minute * 60 + second
      guard let offset = scanner.zone() else { return nil }
      seconds -= offset
    }
    guard scanner.isAtEnd else { return nil }
    microseconds = Int64(seconds) * 1_000_000 + Int64(fraction)
  }

  /// The day the instant is in, counted from 1970-01-01.
  var day: Int { Int(Self.floorDivide(microseconds, 86_400_000_000)) }

  /// ISO 8601 in UTC, with a fraction only where there is one.
  public var iso8601: String {
    let day = Self.floorDivide(microseconds, 86_400_000_000)
    let (year, month, dayOfMonth) = Self.date(daysSince1970: Int(day))
    let rest = microseconds &- day &* 86_400_000_000
    let second = rest / 1_000_000
    let fraction = rest % 1_000_000
    var text =
      "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))T"
      + "\(pad(Int(second / 3600), 2)):\(pad(Int(second / 60 % 60), 2)):\(pad(Int(second % 60), 2))"
    if fraction != 0 {
      var digits = pad(Int(fraction), 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += ".\(digits)"
    }
    return text + "Z"
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }

  private func pad(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Instant {
  /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
  ///
  /// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
  static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The date that many days from 1970-01-01.
  ///
  /// Source: as above, civil_from_days.
  static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads digits and separators from the front of a text.
private struct DigitScanner {
  private let text: ArraySlice<UInt8>
  private var position: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    position = text.startIndex
  }

  var isAtEnd: Bool { position == text.endIndex }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard !isAtEnd, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The next digit, which is not passed.
  private var digit: Int? {
    guard !isAtEnd, (48...57).contains(text[position]) else { return nil }
    return Int(text[position]) - 48
  }

  mutating func number(digits: Int) -> Int? {
    var number = 0
    for _ in 0..<digits {
      guard let digit else { return nil }
      number = number * 10 + digit
      position += 1
    }
    return number
  }

  /// Digits after a decimal point, as a whole number of units of 10^-digits; further ones are left out.
  mutating func fraction(digits: Int) -> Int? {
    var (number, read) = (0, 0)
    while let digit {
      if read < digits { number = number * 10 + digit }
      read += 1
      position += 1
    }
    guard read > 0 else { return nil }
    for _ in min(read, digits)..<digits { number *= 10 }
    return number
  }

  /// Seconds east of UTC: nothing and `Z` are 0.
  mutating func zone() -> Int? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = number(digits: 2), hours < 24 else { return nil }
    _ = take(":")
    let minutes = isAtEnd ? 0 : number(digits: 2)
    guard let minutes, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}

extension Instant: Codable {
  /// ISO 8601, as ``iso8601`` writes it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let instant = Instant(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "`\(text)` is no ISO 8601 instant")
    }
    self = instant
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(iso8601)
  }
}
