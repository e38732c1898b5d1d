import Dispatch
import Events
import GRDB
import Monitoring
import Store
import Support
import Synchronization
import Testing

@testable import PlumblineServer

/// Checks that a stop interrupts, and a history that cannot be read for a while.
extension SchedulerTests {
  @Test func `A check that outlives the stop is no failure, and is made again at the next start`()
    async throws
  {
    let first = try scheduler()
    for time in ["10:30:00", "11:00:00"] { try await run(first, at: time) }
    let hasBegun = Mutex(false)
    let goOn = DispatchSemaphore(value: 0)
    let second = try scheduler(perform: { _, _ in
      hasBegun.withLock { $0 = true }
      goOn.wait()
      throw EventError.stopped
    })
    second.tick(at: try #require(Instant("2026-11-24T12:00:00Z")))
    while !hasBegun.withLock({ $0 }) { await Task.yield() }
    #expect(await second.finish(within: .zero, startingNoMore: true).count == 1)
    goOn.signal()
    while !second.progress.withLock({ $0.active.isEmpty }) { await Task.yield() }
    #expect(try hours() == [11])
    #expect(
      try history.progress(of: "fraud", check: "performance") == "2026-11-24T11:00:00Z")
    try await run(scheduler(), at: "12:10:00")
    #expect(try hours() == [11, 12])
  }

  private func rename(_ table: String, to other: String) throws {
    try DatabaseQueue(path: folder.path + "/history.db").write { database in
      try database.execute(sql: "ALTER TABLE \(table) RENAME TO \(other)")
    }
  }

  @Test func `What was missed is made though it could not be read at first what was made last`()
    async throws
  {
    let first = try scheduler()
    for time in ["10:30:00", "11:00:00"] { try await run(first, at: time) }
    let second = try scheduler()
    try rename("check_progress", to: "elsewhere")
    for time in ["13:10:00", "13:10:01"] { try await run(second, at: time) }
    #expect(try hours() == [11])
    try rename("elsewhere", to: "check_progress")
    try await run(second, at: "13:20:00")
    #expect(try hours() == [11, 12, 13])
  }

  @Test func `A check that was never made is due from when it was first seen, read or not`()
    async throws
  {
    let scheduler = try scheduler()
    try rename("check_progress", to: "elsewhere")
    try await run(scheduler, at: "10:30:00")
    try rename("elsewhere", to: "check_progress")
    try await run(scheduler, at: "11:10:00")
    #expect(try hours() == [11])
  }
}
