import Dispatch
import Synchronization

/// Works through `items` on up to `workers` threads and gives the results in the items' order.
///
/// Threads rather than tasks, because the work blocks in database drivers. After an error no
/// further item is begun; the error of the earliest item is thrown.
func concurrently<Item: Sendable, Result: Sendable>(
  _ items: [Item], workers: Int, _ body: @Sendable (Item) throws -> Result
) throws -> [Result] {
  let state = Mutex(WorkState<Result>())
  DispatchQueue.concurrentPerform(iterations: max(1, min(workers, items.count))) { _ in
    while true {
      let taken = state.withLock { state -> Int? in
        guard state.failure == nil, state.next < items.count else { return nil }
        state.next += 1
        return state.next - 1
      }
      guard let index = taken else { return }
      do {
        let result = try body(items[index])
        state.withLock { $0.results[index] = result }
      } catch {
        state.withLock { state in
          if state.failure.map({ index < $0.index }) ?? true { state.failure = (index, error) }
        }
      }
    }
  }
  return try state.withLock { state in
    if let failure = state.failure { throw failure.error }
    return items.indices.compactMap { state.results[$0] }
  }
}

/// How far the work is.
private struct WorkState<Result: Sendable> {
  var next = 0
  var results: [Int: Result] = [:]
  var failure: (index: Int, error: any Error)?
}
