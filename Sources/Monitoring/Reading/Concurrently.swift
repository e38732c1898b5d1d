import DataSources
import Dispatch
import Foundation
import Synchronization

/// Works through `items` on up to `workers` threads and gives the results in the items' order.
///
/// Threads rather than tasks, because the work blocks in database drivers; and threads of its own, because
/// whoever sleeps wakes on one of those that queues share. After an error no further item is begun; the
/// error of the earliest item is thrown.
func concurrently<Item: Sendable, Result: Sendable>(
  _ items: [Item], workers: Int, _ body: @escaping @Sendable (Item) throws -> Result
) throws -> [Result] {
  let work = ConcurrentWork(items, body)
  let helpers = DispatchGroup()
  // Who has the items worked through can have the queries of all of them cancelled.
  let cancellation = QueryCancellation.current
  for _ in 1..<max(1, min(workers, items.count)) {
    helpers.enter()
    Thread.detachNewThread {
      QueryCancellation.$current.withValue(cancellation) { work.takeAll() }
      helpers.leave()
    }
  }
  work.takeAll()
  helpers.wait()
  return try work.results()
}

/// Items that several threads work through.
private final class ConcurrentWork<Item: Sendable, Result: Sendable>: Sendable {
  private struct Progress {
    var next = 0
    var results: [Int: Result] = [:]
    var failure: (index: Int, error: any Error)?
  }

  private let items: [Item]
  private let body: @Sendable (Item) throws -> Result
  private let progress = Mutex(Progress())

  init(_ items: [Item], _ body: @escaping @Sendable (Item) throws -> Result) {
    (self.items, self.body) = (items, body)
  }

  /// Works through items until none is left to begin.
  func takeAll() {
    while true {
      let taken = progress.withLock { progress -> Int? in
        guard progress.failure == nil, progress.next < items.count else { return nil }
        progress.next += 1
        return progress.next - 1
      }
      guard let index = taken else { return }
      do {
        let result = try body(items[index])
        progress.withLock { $0.results[index] = result }
      } catch {
        progress.withLock { progress in
          if progress.failure.map({ index < $0.index }) ?? true {
            progress.failure = (index, error)
          }
        }
      }
    }
  }

  func results() throws -> [Result] {
    try progress.withLock { progress in
      if let failure = progress.failure { throw failure.error }
      return items.indices.compactMap { progress.results[$0] }
    }
  }
}
