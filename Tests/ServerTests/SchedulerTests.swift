import Events
import Logging
import Monitoring
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// When checks are made, whatever the clock does.
struct SchedulerTests {
  let folder: TemporaryFolder
  let state: ServiceState
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    let configuration = try ConfigurationReader.read(
      """
      models:
        - name: fraud
          version: v1
          type: classification
          checks: [{type: performance, schedule: "0 * * * *", window: 1d}]
      """, path: "plumbline.yaml", environment: [:])
    let clock: @Sendable () -> Instant = { Instant(microseconds: 0) }
    let log = try EventLog(folder: folder.path + "/data", clock: clock)
    state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: clock)
    history = try History(path: folder.path + "/history.db")
  }

  private func scheduler() throws -> Scheduler {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return Scheduler(
      state: state, history: history, metrics: try CheckMetrics(MetricRegistry()),
      alerts: try AlertService(state: state, history: history, logger: logger), logger: logger)
  }

  /// Hours of the day at which checks that were made were due, in the order they were made.
  private func hours() throws -> [Int] {
    try history.list(limit: 1_000).reversed().compactMap { run in
      run.dueAt.flatMap { Int($0.dropFirst("2026-11-24T".count).prefix(2)) }
    }
  }

  /// Has the clock show a time until nothing is due any more.
  private func run(_ scheduler: Scheduler, at time: String) async throws {
    let now = try #require(Instant("2026-11-24T\(time)Z"))
    var before: Int
    repeat {
      before = try hours().count
      scheduler.tick(at: now)
      await scheduler.finish()
    } while try hours().count > before
  }

  @Test func `A clock that jumps makes no check twice and leaves none out`() async throws {
    let first = try scheduler()
    for time in ["10:30:00", "11:00:01", "15:10:00", "11:20:00", "14:00:30", "15:59:59"] {
      try await run(first, at: time)
    }
    #expect(try hours() == [11, 12, 13, 14, 15])
    // What was made is known after a restart too, though the clock is behind.
    let second = try scheduler()
    for time in ["09:00:00", "15:30:00", "16:00:00", "18:01:00", "17:00:00"] {
      try await run(second, at: time)
    }
    #expect(try hours() == [11, 12, 13, 14, 15, 16, 17, 18])
  }

  @Test func `A check that is first seen while the clock is ahead does not wait for it`()
    async throws
  {
    let scheduler = try scheduler()
    for time in ["20:30:00", "10:30:00", "11:00:00", "12:00:00"] {
      try await run(scheduler, at: time)
    }
    #expect(try hours() == [11, 12])
  }
}
