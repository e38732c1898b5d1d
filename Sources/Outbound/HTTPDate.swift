/// Dates as the internet's protocols write them, in seconds since 1970.
public enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7); the two obsolete forms are none.
  public static func seconds(_ text: String) -> Int64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT" || words[5] == "UTC", words[1].utf8.count == 2,
      let day = Int(words[1]), (1...31).contains(day),
      let month = months.firstIndex(of: String(words[2])), words[3].utf8.count == 4,
      let year = Int(words[3])
    else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hour = Int(clock[0]), (0...23).contains(hour),
      let minute = Int(clock[1]), (0...59).contains(minute), let second = Int(clock[2]),
      (0...60).contains(second)
    else { return nil }
    let number = dayNumber(year: year, month: month + 1, day: day)
    return Int64(number) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// Writes a date as mail has it (RFC 5322, 3.3): `Sun, 06 Nov 1994 08:49:37 +0000`.
  public static func mail(_ seconds: Int64) -> String {
    var day = seconds / 86_400
    var rest = seconds % 86_400
    if rest < 0 { (day, rest) = (day - 1, rest + 86_400) }
    let (year, month, dayOfMonth) = date(day)
    let weekday = days[Int(((day % 7) + 7) % 7)]
    let time = [rest / 3600, rest / 60 % 60, rest % 60].map { pad(Int($0), 2) }
    return "\(weekday), \(pad(dayOfMonth, 2)) \(months[month - 1]) \(pad(year, 4)) "
      + time.joined(separator: ":") + " +0000"
  }

  /// Days since 1970-01-01, after Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
  private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func date(_ number: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(number) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func pad(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
