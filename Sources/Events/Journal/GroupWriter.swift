import Dispatch
import Synchronization

/// Gathers what many callers want on the disk and writes it together, one group at a time.
final class GroupWriter<Item: Sendable, Answer: Sendable>: Sendable {
  typealias Outcome = Result<Answer, EventError>

  private struct Waiting {
    var item: Item
    var size: Int
    var answer: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var waiting: [Waiting] = []
    var bytes = 0
    var isScheduled = false
    var isStopped = false
  }

  private let state = Mutex(State())
  private let queue: DispatchQueue
  private let limit: Int

  /// - Parameters:
  ///   - label: what the queue is called.
  ///   - limit: bytes that may wait; beyond, items are refused.
  init(label: String, limit: Int) {
    queue = DispatchQueue(label: label)
    self.limit = limit
  }

  /// Has an item written with the others that wait, and gives what `write` says of it.
  ///
  /// - Parameters:
  ///   - size: about how many bytes it takes while it waits.
  ///   - write: writes a group, and says of each item what became of it.
  func submit(
    _ item: Item, size: Int, write: @escaping @Sendable ([Item]) -> [Outcome]
  ) async throws(EventError) -> Answer {
    let outcome = await withCheckedContinuation { answer in
      let refusal = state.withLock { state -> EventError? in
        if state.isStopped { return .stopped }
        guard state.bytes == 0 || state.bytes + size <= limit else { return .overloaded }
        state.bytes += size
        state.waiting.append(Waiting(item: item, size: size, answer: answer))
        if !state.isScheduled {
          state.isScheduled = true
          queue.async { self.drain(write) }
        }
        return nil
      }
      if let refusal { answer.resume(returning: .failure(refusal)) }
    }
    return try outcome.get()
  }

  /// Writes all that waits, again and again until nothing does.
  private func drain(_ write: ([Item]) -> [Outcome]) {
    while true {
      let group = state.withLock { state -> [Waiting] in
        let group = state.waiting
        state.waiting = []
        if group.isEmpty { state.isScheduled = false }
        return group
      }
      if group.isEmpty { return }
      let outcomes = write(group.map(\.item))
      let size = group.reduce(0) { $0 + $1.size }
      state.withLock { $0.bytes -= size }
      for (waiting, outcome) in zip(group, outcomes) { waiting.answer.resume(returning: outcome) }
    }
  }

  /// Takes nothing more, and returns when all that was taken is written.
  func stop() {
    state.withLock { $0.isStopped = true }
    queue.sync {}
  }
}
