import Dispatch

/// Work that keeps a thread busy for long, off the threads that answer requests.
enum Background {
  private static let queue = DispatchQueue(label: "plumbline.background", attributes: .concurrent)

  static func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try work() }) }
    }
  }
}

extension Background {
  /// Begins work that nobody waits for.
  static func start(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }
}
