/// When something is due again and again, as cron writes it, in UTC: minute, hour, day of month, month
/// and day of week.
///
/// Each field is `*`, a number, a range `a-b`, a list `a,b`, any of them in steps (`*/15`); months and
/// days of week may be named by three letters, Sunday is 0 and 7. Where both days are given, either
/// will do, as in cron(8). `@hourly`, `@daily`, `@weekly` and `@monthly` are short for what they say.
public struct CronSchedule: Sendable, Equatable {
  /// As it was written.
  public let text: String
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  private let weekdays: Set<Int>
  /// Whether a day has to fit both fields, one of them being any.
  private let needsBothDays: Bool

  public static let expected =
    "five fields such as `0 * * * *` (minute, hour, day, month, day of week), or @hourly, @daily, "
    + "@weekly, @monthly"

  private static let shorts = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
  ]
  private static let monthNames = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  /// nil where the text is no schedule, or one that is never due.
  public init?(_ text: String) {
    let fields = (Self.shorts[text.lowercased()] ?? text)
      .split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.lowercased() }
    guard fields.count == 5, let minutes = Self.numbers(fields[0], in: 0...59),
      let hours = Self.numbers(fields[1], in: 0...23),
      let days = Self.numbers(fields[2], in: 1...31),
      let months = Self.numbers(fields[3], in: 1...12, names: Self.monthNames, first: 1),
      let weekdays = Self.numbers(fields[4], in: 0...7, names: Self.weekdayNames, first: 0)
    else { return nil }
    self.text = text
    self.minutes = minutes
    self.hours = hours
    self.days = days
    self.months = months
    self.weekdays = Set(weekdays.map { $0 % 7 })
    needsBothDays = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
    guard next(after: Instant(microseconds: 0)) != nil else { return nil }
  }

  private static func numbers(
    _ field: String, in range: ClosedRange<Int>, names: [String] = [], first: Int = 0
  ) -> Set<Int>? {
    func number(_ text: Substring) -> Int? {
      if let index = names.firstIndex(of: String(text)) { return index + first }
      guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text),
        range.contains(number)
      else { return nil }
      return number
    }
    var numbers: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      guard let span = pieces.first, pieces.count <= 2 else { return nil }
      let step = pieces.count == 2 ? Int(pieces[1]) ?? 0 : 1
      guard step > 0 else { return nil }
      let ends = span.split(separator: "-", omittingEmptySubsequences: false)
      let bounds: ClosedRange<Int>
      if span == "*" {
        bounds = range
      } else if ends.count == 2, let low = number(ends[0]), let high = number(ends[1]), low <= high
      {
        bounds = low...high
      } else if ends.count == 1, let only = number(ends[0]) {
        bounds = only...(pieces.count == 2 ? range.upperBound : only)
      } else {
        return nil
      }
      numbers.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
    }
    return numbers
  }

  private func fits(day: Int) -> Bool {
    let date = Instant.date(daysSince1970: day)
    guard months.contains(date.month) else { return false }
    // 1 January 1970 was a Thursday.
    let weekday = ((day + 4) % 7 + 7) % 7
    let (isDay, isWeekday) = (days.contains(date.day), weekdays.contains(weekday))
    return needsBothDays ? isDay && isWeekday : isDay || isWeekday
  }

  /// The first time after an instant at which it is due; nil where that is not within 30 years.
  public func next(after instant: Instant) -> Instant? {
    let firstMinute = instant.minute + 1
    var day = firstMinute >= 0 ? firstMinute / 1_440 : (firstMinute - 1_439) / 1_440
    var earliest = firstMinute - day * 1_440
    for _ in 0..<(30 * 366) {
      if fits(day: day) {
        for hour in hours.sorted() where hour * 60 + 59 >= earliest {
          for minute in minutes.sorted() where hour * 60 + minute >= earliest {
            let whole = Int64(day * 1_440 + hour * 60 + minute)
            return Instant(microseconds: whole * 60_000_000)
          }
        }
      }
      day += 1
      earliest = 0
    }
    return nil
  }
}

extension Instant {
  /// The whole minute the instant is in, counted from 1970.
  fileprivate var minute: Int {
    let minute = microseconds / 60_000_000
    return Int(microseconds % 60_000_000 < 0 ? minute - 1 : minute)
  }
}
