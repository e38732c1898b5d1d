import Monitoring
import Testing

/// When schedules are due.
struct CronScheduleTests {
  private func due(_ schedule: String, after instant: String, _ count: Int = 1) throws -> [String] {
    let schedule = try #require(CronSchedule(schedule))
    var (last, found): (Instant, [String]) = (try #require(Instant(instant)), [])
    for _ in 0..<count {
      last = try #require(schedule.next(after: last))
      found.append(last.iso8601)
    }
    return found
  }

  @Test func `Fields are numbers, ranges, lists and steps`() throws {
    #expect(
      try due("*/20 9-10 * * mon-fri", after: "2024-03-01T10:39:59Z", 3) == [
        "2024-03-01T10:40:00Z", "2024-03-04T09:00:00Z", "2024-03-04T09:20:00Z",
      ])
    #expect(try due("5,7 0 29 feb *", after: "2024-02-29T00:07:00Z") == ["2028-02-29T00:05:00Z"])
    #expect(try due("0 0 1 1 *", after: "2024-01-01T00:00:00Z") == ["2025-01-01T00:00:00Z"])
    #expect(try due("59 23 31 12 *", after: "1969-06-01") == ["1969-12-31T23:59:00Z"])
    #expect(
      try due("10/25 * * * *", after: "2024-01-01", 3).map { $0.dropFirst(11).prefix(5) } == [
        "00:10", "00:35", "01:10",
      ])
  }

  @Test func `Days of month and of week are either, unless one is any`() throws {
    // The 13th, and every Friday.
    #expect(
      try due("0 0 13 * 5", after: "2024-09-06", 3).map { $0.prefix(10) }
        == ["2024-09-13", "2024-09-20", "2024-09-27"])
    #expect(
      try due("0 0 13 * 5", after: "2024-10-11", 2).map { $0.prefix(10) }
        == ["2024-10-13", "2024-10-18"])
    for sunday in ["0", "7", "sun", "SUN"] {
      #expect(try due("0 0 * * \(sunday)", after: "2024-05-01") == ["2024-05-05T00:00:00Z"])
    }
  }

  @Test func `Short names say what they do`() throws {
    let after = "2024-02-28T12:30:00Z"
    #expect(try due("@hourly", after: after) == ["2024-02-28T13:00:00Z"])
    #expect(try due("@daily", after: after, 2).last == "2024-03-01T00:00:00Z")
    #expect(try due("@weekly", after: after) == ["2024-03-03T00:00:00Z"])
    #expect(try due("@monthly", after: after) == ["2024-03-01T00:00:00Z"])
  }

  @Test(arguments: [
    "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
    "* * * * 8",
    "*/0 * * * *", "5-3 * * * *", "a * * * *", "1- * * * *", ",1 * * * *", "-1 * * * *",
    "@yearly-ish",
    "0 0 30 feb *", "1/2/3 * * * *", "99999999999999999999 * * * *",
  ])
  func `What is no schedule, or never due, is refused`(_ text: String) {
    #expect(CronSchedule(text) == nil)
  }
}
