import ServiceLifecycle

extension Service {
  /// Waits between two rounds of work; false where no other is to come, as the service stops.
  func goesOn(after pause: Duration) async -> Bool {
    do {
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
      return true
    } catch {
      return false
    }
  }
}
