/// How current rows are cut into chunks.
public enum ChunkRule: Hashable, Sendable {
  case day
  /// Weeks from Monday.
  case week
  case month
  /// So many rows each, in order of time where there is a timestamp, else in stored order.
  case rows(Int)

  public init?(_ text: String) {
    switch text {
    case "day": self = .day
    case "week": self = .week
    case "month": self = .month
    default:
      guard let rows = Int(text), rows > 0 else { return nil }
      self = .rows(rows)
    }
  }

  /// The rule as it is written.
  var name: String {
    switch self {
    case .day: "day"
    case .week: "week"
    case .month: "month"
    case .rows(let count): "\(count)"
    }
  }

  public static let expected = "day, week, month or a number of rows"

  /// Whether chunks are cut by the calendar.
  var isCalendar: Bool {
    switch self {
    case .day, .week, .month: true
    case .rows: false
    }
  }

  /// The first day of the calendar chunk that `day` is in, both counted from 1970-01-01.
  func firstDay(of day: Int) -> Int {
    switch self {
    case .day, .rows: return day
    case .week:
      // 1970-01-01 was a Thursday.
      let sinceMonday = ((day + 3) % 7 + 7) % 7
      return day - sinceMonday
    case .month:
      let date = Instant.date(daysSince1970: day)
      return Instant.daysSince1970(year: date.year, month: date.month, day: 1)
    }
  }

  /// The first day after the calendar chunk that begins with `firstDay`.
  func nextDay(after firstDay: Int) -> Int {
    switch self {
    case .day, .rows: return firstDay + 1
    case .week: return firstDay + 7
    case .month:
      let date = Instant.date(daysSince1970: firstDay)
      return firstDay + Instant.days(inMonth: date.month, of: date.year)
    }
  }

  /// What the chunk that begins with `firstDay` is called.
  func label(firstDay: Int) -> String {
    let date = String(Instant(day: firstDay).iso8601.prefix(10))
    return switch self {
    case .month: String(date.prefix(7))
    case .week: "week of \(date)"
    case .day, .rows: date
    }
  }
}
