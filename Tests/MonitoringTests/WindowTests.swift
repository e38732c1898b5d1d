import DataSources
import Foundation
import Support
import Testing

@testable import Monitoring

/// Windows and chunks over one table.
struct WindowTests {
  let folder: TemporaryFolder
  let events: String

  /// 100 rows a day for 90 days from 1 January 2024; from day 80 on, values are higher.
  init() throws {
    folder = try TemporaryFolder()
    events = try folder.write(
      "events.parquet",
      rowsOf: """
        SELECT TIMESTAMP '2024-01-01' + to_minutes((range * 14.4)::INT) AS at,
          (range * 0.6180339887498949e0) % 1 + CASE WHEN range >= 8000 THEN 0.5 ELSE 0 END AS x,
          CASE WHEN range >= 8000 THEN 'late' ELSE 'early' END AS k
        FROM range(9000)
        """)
  }

  private func report(_ change: (inout DriftOptions) -> Void) throws -> DriftReport {
    var options = DriftOptions()
    options.schema.timestamp = "at"
    change(&options)
    return try DriftCheck(
      reference: SourceOpener().open(events), current: nil, options: options
    ).run()
  }

  @Test func `Windows are cut back from the last row`() throws {
    let report = try report {
      $0.referenceWindow = TimeSpan("30d")
      $0.currentWindow = TimeSpan("5d")
    }
    #expect(abs(report.current.rows - 500) <= 1)
    #expect(abs(report.reference.rows - 3_000) <= 1)
    #expect(report.reference.end == report.current.start)
    #expect(report.columns.first { $0.column == "x" }?.drifted == true)
  }

  @Test func `An end that is given is where current ends`() throws {
    let report = try report {
      $0.referenceWindow = TimeSpan("30d")
      $0.currentWindow = TimeSpan("5d")
      $0.asOf = Instant("2024-03-01")
    }
    #expect(report.current.start == "2024-02-25T00:00:00Z")
    #expect(report.current.end == "2024-03-01T00:00:00Z")
    #expect(report.columns.first { $0.column == "x" }?.drifted == false)
  }

  @Test func `Chunks by day show when drift began`() throws {
    let report = try report {
      $0.referenceWindow = TimeSpan("30d")
      $0.currentWindow = TimeSpan("20d")
      $0.asOf = Instant("2024-03-31")
      $0.chunk = .day
    }
    #expect(report.chunks.count == 20)
    #expect(report.chunks.map(\.rows).reduce(0, +) == report.current.rows)
    let statuses = report.chunks.map { chunk in
      chunk.columns.first { $0.column == "x" }?.drifted
    }
    #expect(report.chunks.first?.label == "2024-03-11")
    #expect(statuses.prefix(9).allSatisfy { $0 == false })
    #expect(statuses.suffix(10).allSatisfy { $0 == true })
  }

  @Test(arguments: [("week", 4), ("month", 2), ("700", 5)])
  func `Chunks by other rules cover every row once`(_ rule: String, _ atLeast: Int) throws {
    let report = try report {
      $0.referenceWindow = TimeSpan("30d")
      $0.currentWindow = TimeSpan("35d")
      $0.chunk = ChunkRule(rule)
    }
    #expect(report.chunks.count >= atLeast)
    #expect(report.chunks.map(\.rows).reduce(0, +) == report.current.rows)
    for chunk in report.chunks {
      #expect(chunk.columns.count == 2)
      #expect(try #require(chunk.start) < #require(chunk.end))
    }
  }

  @Test func `Chunks counted in cells find the same days`() throws {
    func drifting(_ summaries: SummaryChoice) throws -> [Bool?] {
      try report {
        $0.referenceWindow = TimeSpan("30d")
        $0.currentWindow = TimeSpan("20d")
        $0.chunk = .day
        $0.summaries = summaries
      }.chunks.map { $0.columns.first { $0.column == "x" }?.drifted }
    }
    #expect(try drifting(.exact) == drifting(.binned))
  }

  @Test func `A reference that is too small is extended, and the report says so`() throws {
    let report = try report {
      $0.referenceWindow = TimeSpan("1d")
      $0.currentWindow = TimeSpan("1d")
      $0.minimumReferenceRows = 350
    }
    #expect(report.reference.rows >= 350)
    #expect(report.notes.contains { $0.contains("extended") && $0.contains("4.0 days") })
  }

  @Test func `Windows without a timestamp ask for one`() {
    #expect(throws: MonitoringError.timestampNeeded(option: "--current-window")) {
      try report {
        $0.schema.timestamp = nil
        $0.currentWindow = TimeSpan("1d")
      }
    }
    #expect(throws: MonitoringError.notATimestamp(column: "x", type: "float")) {
      try report {
        $0.schema.timestamp = "x"
        $0.currentWindow = TimeSpan("1d")
      }
    }
  }
}

struct TimeTests {
  @Test(arguments: [
    ("1970-01-01", 0), ("1970-01-01T00:00:01Z", 1_000_000), ("1969-12-31T23:59:59.5Z", -500_000),
    ("2024-02-29 12:30:00+02:00", 1_709_202_600_000_000), ("2000-03-01", 951_868_800_000_000),
    ("1600-01-01", -11_676_096_000_000_000), ("1970-01-01T00:00:00.0000019", 1),
    ("1970-01-01T00:00:60-0001", 120_000_000),
  ])
  func `Instants are read, and written back`(_ text: String, _ microseconds: Int64) throws {
    let instant = try #require(Instant(text))
    #expect(instant.microseconds == microseconds)
    #expect(Instant(instant.iso8601) == instant)
  }

  @Test(arguments: [
    "", "2024", "2024-13-01", "2023-02-29", "2024-01-01T25:00", "2024-01-01T00:00:00Zjunk",
    "2024-01-01T00:00:00+99:00", "today", "2024-01-01T00:00:00.", "2024-01-01T00:00:00.5x",
    "2024-1-01", "２０２４-01-01", "2024-01-01T", "2024-01-01T00:00:00+1",
  ])
  func `What is no instant is refused`(_ text: String) {
    #expect(Instant(text) == nil)
  }

  @Test func `Dates go there and back over eight centuries`() {
    for day in stride(from: -200_000, to: 100_000, by: 37) {
      let date = Instant.date(daysSince1970: day)
      #expect(
        Instant.daysSince1970(year: date.year, month: date.month, day: date.day) == day)
    }
  }

  @Test func `Weeks begin on Monday, months on the first`() throws {
    let day = try #require(Instant("2024-02-29")).day
    #expect(
      ChunkRule.week.label(firstDay: ChunkRule.week.firstDay(of: day)) == "week of 2024-02-26")
    #expect(ChunkRule.month.label(firstDay: ChunkRule.month.firstDay(of: day)) == "2024-02")
    #expect(
      ChunkRule.month.nextDay(after: ChunkRule.month.firstDay(of: day)) == day + 1)
  }

  @Test(arguments: ["", "d", "30", "-1d", "0h", "5y", "99999999999999999d", "1.5d"])
  func `What is no span of time is refused`(_ text: String) {
    #expect(TimeSpan(text) == nil)
  }
}
