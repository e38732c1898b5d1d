import DataSources
import Dispatch
import Foundation
import ServiceLifecycle
import Synchronization

/// Work that keeps a thread busy for long, off the threads that answer requests.
///
/// Each has a thread of its own. The pools of threads that tasks and queues share have as many as there are
/// cores: with as many in work that takes long, nothing that sleeps would wake, and no check or alert be due.
enum Background {
  /// Begins work that nobody waits for.
  static func start(_ work: @escaping @Sendable () -> Void) {
    Thread.detachNewThread(work)
  }

  static func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      start { continuation.resume(with: Swift.Result { try work() }) }
    }
  }

  /// For work of moments that every request has: it shares threads, and begins none.
  private static let moments = DispatchQueue(
    label: "plumbline.moments", qos: .utility, attributes: .concurrent)

  static func runBriefly<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      moments.async { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}

extension Background {
  /// Nobody waits any longer for work, which goes on to its end.
  enum GivenUp: Error, Equatable {
    /// It took too long.
    case slow
    /// The service stops.
    case stopping
  }

  /// Ends what takes too long. It has a thread whatever others do.
  private static let limits = DispatchQueue(label: "plumbline.limits")

  /// Waits for work, but not for longer than a limit and not beyond the stop of the service: a thread
  /// that computes cannot be ended. Queries it waits for are, where their driver can.
  ///
  /// - Throws: what the work throws, or ``GivenUp``.
  static func run<Result: Sendable>(
    within seconds: Int, _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let (waiting, cancellation) = (Waiting<Result>(), QueryCancellation())
    do {
      return try await withGracefulShutdownHandler {
        try await withCheckedThrowingContinuation { continuation in
          waiting.begin(continuation)
          start {
            waiting.end(
              Swift.Result { try QueryCancellation.$current.withValue(cancellation) { try work() } }
            )
          }
          limits.asyncAfter(deadline: .now() + .seconds(seconds)) {
            waiting.end(.failure(GivenUp.slow))
          }
        }
      } onGracefulShutdown: {
        waiting.end(.failure(GivenUp.stopping))
      }
    } catch let error as GivenUp {
      start {
        cancellation.cancel()
        // One that had just begun was missed.
        Thread.sleep(forTimeInterval: 1)
        cancellation.cancel()
      }
      throw error
    }
  }

  /// Somebody who is answered once, by whatever comes first.
  private final class Waiting<Value: Sendable>: Sendable {
    private enum State {
      case idle
      case waiting(CheckedContinuation<Value, any Error>)
      /// What came before anybody waited.
      case early(Result<Value, any Error>)
      case answered
    }

    private let state = Mutex(State.idle)

    func begin(_ continuation: CheckedContinuation<Value, any Error>) {
      let early = state.withLock { state -> Result<Value, any Error>? in
        if case .early(let result) = state {
          state = .answered
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(with: early) }
    }

    func end(_ result: Result<Value, any Error>) {
      let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
        switch state {
        case .idle: state = .early(result)
        case .waiting(let continuation):
          state = .answered
          return continuation
        case .early, .answered: break
        }
        return nil
      }
      waiting?.resume(with: result)
    }
  }
}
