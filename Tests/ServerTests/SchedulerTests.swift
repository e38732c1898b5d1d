import Dispatch
import Events
import Logging
import Monitoring
import Store
import Support
import Synchronization
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
        - {name: second, type: regression, checks: [&check {type: performance, schedule: "30 12 * * *", window: 1d}]}
        - {name: third, type: regression, checks: [*check]}
        - {name: fourth, type: regression, checks: [*check]}
      """, path: "plumbline.yaml", environment: [:])
    let clock: @Sendable () -> Instant = { Instant(microseconds: 0) }
    let log = try EventLog(folder: folder.path + "/data", clock: clock)
    state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: clock)
    history = try History(path: folder.path + "/history.db")
  }

  func scheduler(
    _ registry: MetricRegistry = MetricRegistry(),
    monotonicNow: @escaping @Sendable () -> UInt64 = MLMetrics.monotonicNanoseconds,
    perform: @escaping Scheduler.Perform = { try $0.run(due: $1) }
  ) throws -> Scheduler {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return Scheduler(
      state: state, history: history, metrics: try CheckMetrics(registry),
      alerts: try AlertService(state: state, history: history, logger: logger), logger: logger,
      monotonicNow: monotonicNow, perform: perform)
  }

  private func text(_ registry: MetricRegistry) -> String {
    String(decoding: registry.render(.text), as: UTF8.self)
  }

  @Test func `Where the data folder is is not told with a check that failed`() async throws {
    let scheduler = try scheduler(perform: { _, _ in
      throw EventError.unusable(folder: "/secret/place", reason: "/secret/place is gone")
    })
    scheduler.tick(at: try #require(Instant("2026-11-24T12:10:00Z")))
    scheduler.tick(at: try #require(Instant("2026-11-24T13:00:00Z")))
    await scheduler.finish()
    let kept = try history.list(limit: 10, model: "fraud").map(\.headline)
    #expect(kept.count == 1 && kept[0].contains("the service's data folder cannot be used"))
    #expect(!kept[0].contains("secret"), "\(kept)")
  }

  /// Hours of the day at which checks that were made were due, in the order they were made.
  func hours() throws -> [Int] {
    try history.list(limit: 1_000, model: "fraud").reversed().compactMap { run in
      run.dueAt.flatMap { Int($0.dropFirst("2026-11-24T".count).prefix(2)) }
    }
  }

  /// Has the clock show a time until nothing is due any more.
  func run(_ scheduler: Scheduler, at time: String) async throws {
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

  @Test func `A check that was made while the clock was years ahead is made again after a restart`()
    async throws
  {
    try history.add(
      Run(
        command: "serve", createdAt: "2030-01-01T00:00:00Z", model: "fraud", check: "performance",
        dueAt: "2030-01-01T00:00:00Z", report: .failure(RunFailure(reason: "", cachedRun: nil))))
    let scheduler = try scheduler()
    for time in ["10:30:00", "11:00:00", "12:00:00"] { try await run(scheduler, at: time) }
    #expect(try hours().suffix(2) == [11, 12])
  }

  @Test func `Years of missed minutes are caught up with from the last hundred on`() throws {
    let first = try #require(Instant("1971-01-01T00:00:00Z"))
    let ready = try #require(Instant("2026-11-24T10:00:00Z"))
    for (schedule, expected) in [
      ("* * * * *", "2026-11-24T08:21:00Z"), ("0 * * * *", "2026-11-20T07:00:00Z"),
      ("0 0 1 1 *", "1971-01-01T00:00:00Z"),
    ] {
      let cron = try #require(CronSchedule(schedule))
      #expect(Scheduler.withinLimit(first, ready, cron).iso8601 == expected)
    }
  }

  @Test func `Checks that hang are failures in time, and others are made meanwhile`() async throws {
    let registry = MetricRegistry()
    let seconds = Mutex<UInt64>(0)
    let begun = Mutex(0)
    let hanging = DispatchSemaphore(value: 0)
    let perform: Scheduler.Perform = { runner, _ in
      begun.withLock { $0 += 1 }
      if ["second", "third"].contains(runner.model.name) { hanging.wait() }
      return .failure(RunFailure(reason: "made", cachedRun: nil))
    }
    let scheduler = try scheduler(
      registry, monotonicNow: { seconds.withLock { $0 * 1_000_000_000 } }, perform: perform)
    func reasons(_ model: String) throws -> [String] {
      try history.list(limit: 10, model: model).map(\.headline)
    }
    let start = try #require(Instant("2026-11-24T12:10:00Z"))
    let due = try #require(Instant("2026-11-24T12:30:00Z"))
    scheduler.tick(at: start)
    scheduler.tick(at: due)
    while begun.withLock({ $0 }) < 2 { await Task.yield() }
    // A stop does not wait for them longer than it may.
    #expect(await scheduler.finish(within: .zero).count == 3)
    #expect(try reasons("fourth").isEmpty)
    seconds.withLock { $0 = 601 }
    scheduler.tick(at: due)
    await scheduler.finish()
    #expect(try reasons("fourth") == ["made"])
    for model in ["second", "third"] {
      #expect(try reasons(model).first?.contains("longer than its timeout") == true)
    }
    #expect(text(registry).contains("plumbline_checks_stuck 2"))
    // The next day only the one that came back is made again; what the others find late is nobody's.
    let tomorrow = Instant(microseconds: due.microseconds + 86_400_000_000)
    scheduler.tick(at: tomorrow)
    await scheduler.finish()
    #expect(try reasons("second").count == 1 && reasons("fourth").count == 2)
    for _ in 0..<2 { hanging.signal() }
    while text(registry).contains("plumbline_checks_stuck 2") { await Task.yield() }
    while !text(registry).contains("plumbline_checks_stuck 0") { await Task.yield() }
    for _ in 0..<2 { hanging.signal() }
    scheduler.tick(at: tomorrow)
    await scheduler.finish()
    #expect(try reasons("second").count == 2 && reasons("second").first == "made")
  }

  @Test
  func
    `A check that is stuck is one failure for the time it was due, and never made twice at once`()
    async throws
  {
    let seconds = Mutex<UInt64>(0)
    let hanging = DispatchSemaphore(value: 0)
    /// Checks that are being made, the most of one there were, and every time one was begun for.
    let made = Mutex((now: [String: Int](), most: 0, begun: [String]()))
    let perform: Scheduler.Perform = { runner, due in
      let name = runner.model.name
      made.withLock { made in
        made.now[name, default: 0] += 1
        made.most = max(made.most, made.now[name] ?? 0)
        made.begun.append("\(name) \(due.iso8601)")
      }
      if name == "fraud" { hanging.wait() }
      made.withLock { $0.now[name, default: 0] -= 1 }
      return .failure(RunFailure(reason: "made", cachedRun: nil))
    }
    let registry = MetricRegistry()
    let scheduler = try scheduler(
      registry, monotonicNow: { seconds.withLock { $0 * 1_000_000_000 } }, perform: perform)
    func tick(_ time: String) throws {
      scheduler.tick(at: try #require(Instant("2026-11-24T\(time)Z")))
    }
    try tick("10:30:00")
    try tick("11:00:00")
    while made.withLock({ $0.begun.isEmpty }) { await Task.yield() }
    // Looked at again and again, before and long after it took too long, hours it is due go by.
    for (time, elapsed) in [
      ("11:05:00", 300), ("11:11:00", 660), ("11:12:00", 720), ("12:00:00", 3_600),
      ("13:00:00", 7_200), ("14:30:00", 12_600),
    ] {
      seconds.withLock { $0 = UInt64(elapsed) }
      try tick(time)
      // What hangs and is not late yet is not waited for.
      if elapsed >= 600 { await scheduler.finish() }
    }
    func fraud() throws -> [(due: String, headline: String)] {
      try history.list(limit: 100, model: "fraud").reversed().map { ($0.dueAt ?? "", $0.headline) }
    }
    var kept = try fraud()
    #expect(kept.count == 1 && kept[0].due == "2026-11-24T11:00:00Z")
    #expect(kept[0].headline.contains("longer than its timeout"))
    #expect(made.withLock { $0.begun.filter { $0.hasPrefix("fraud") }.count } == 1)
    // When its thread is back, what was missed meanwhile is made, each hour once and one after the other.
    for _ in 0..<10 { hanging.signal() }
    while text(registry).contains("plumbline_checks_stuck 1") { await Task.yield() }
    for _ in 0..<6 {
      try tick("14:30:00")
      await scheduler.finish()
    }
    kept = try fraud()
    #expect(
      kept.map(\.due) == (11...14).map { "2026-11-24T\($0):00:00Z" }, "\(kept)")
    #expect(kept.dropFirst().allSatisfy { $0.headline == "made" })
    #expect(made.withLock { $0.most } == 1)
    #expect(made.withLock { Set($0.begun).count == $0.begun.count })
  }

  @Test func `Figures of a check that failed last are stale after a restart`() async throws {
    let first = try scheduler(perform: { _, _ in throw CancellationError() })
    for time in ["10:30:00", "11:00:00"] { try await run(first, at: time) }
    let fresh = MetricRegistry()
    try scheduler(fresh).restore()
    #expect(
      text(fresh).contains(
        "plumbline_check_stale{model_name=\"fraud\",check=\"performance\"} 1"))
  }

  @Test func `What is done again and again does not wait for a clock that was set back`() {
    let next = Instant(microseconds: 1_000)
    #expect(!AlertService.isDue(next, at: Instant(microseconds: 950), every: 100))
    #expect(AlertService.isDue(next, at: Instant(microseconds: 1_000), every: 100))
    #expect(AlertService.isDue(next, at: Instant(microseconds: 899), every: 100))
  }
}
