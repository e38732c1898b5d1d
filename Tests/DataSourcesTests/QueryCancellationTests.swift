import DataSources
import Dispatch
import Foundation
import Support
import Synchronization
import Testing

/// Queries nobody waits for any longer.
struct QueryCancellationTests {
  /// Runs an endless query on one thread, which another cancels; gives what it and the next one end with.
  private func cancel(_ sql: String, over database: Database) async throws -> [String] {
    let cancellation = QueryCancellation()
    let (begun, isDone) = (DispatchSemaphore(value: 0), Flag())
    DispatchQueue.global().async {
      begun.wait()
      repeat {
        // The query is likely to run by then; where it is not, it is caught by the next time.
        Thread.sleep(forTimeInterval: 0.3)
        cancellation.cancel()
      } while !isDone.value.withLock { $0 }
    }
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            try QueryCancellation.$current.withValue(cancellation) {
              let connection = try database.connect()
              try connection.execute("SELECT 1")
              begun.signal()
              let ends = [sql, "SELECT 1"].map { sql in
                do {
                  try connection.execute(sql)
                  return "it went through"
                } catch {
                  return "\(error)"
                }
              }
              isDone.value.withLock { $0 = true }
              return ends
            }
          })
      }
    }
  }

  private final class Flag: Sendable {
    let value = Mutex(false)
  }

  @Test(.timeLimit(.minutes(2)))
  func `A query of the embedded engine is ended, and no other is begun`() async throws {
    let database = try SourceOpener(threads: 1).embedded()
    let ends = try await cancel(
      "SELECT count(*) FROM range(1000000000) AS a, range(1000000) AS b "
        + "WHERE hash(a.range + b.range) = 5", over: database)
    #expect(ends[0].contains("nterrupt"), "\(ends)")
    #expect(ends[1].contains("nobody waits"), "\(ends)")
    // Others over the same database go on.
    try database.connect().execute("SELECT 1")
  }

  @Test(
    .enabled(if: TestServers.postgreSQL != nil, "run Scripts/test, which starts a server"),
    .timeLimit(.minutes(2)))
  func `A query of PostgreSQL is ended on the server`() async throws {
    let relation = try SourceOpener().open(
      try #require(TestServers.postgreSQL), sql: "SELECT 1 AS x")
    let ends = try await cancel("SELECT pg_sleep(600)", over: relation.database)
    #expect(ends[0] != "it went through", "\(ends)")
    #expect(ends[1].contains("nobody waits"), "\(ends)")
    let running = try SourceOpener().open(
      try #require(TestServers.postgreSQL),
      sql:
        "SELECT 1 AS x FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(600)%' "
        + "AND pid <> pg_backend_pid()")
    #expect(try running.rowCount(over: running.database.connect()) == 0)
  }
}
