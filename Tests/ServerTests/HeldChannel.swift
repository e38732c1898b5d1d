import Alerting
import Dispatch
import Synchronization

/// A channel that takes everything, and some of it only once it is let go on.
final class HeldChannel: NotificationChannel {
  private struct State {
    var begun: [AlertMessage] = []
    var taken: [AlertMessage] = []
  }

  let sendsEachAlert = false
  private let state = Mutex(State())
  private let holds: @Sendable (AlertMessage) -> Bool
  private let gate = DispatchSemaphore(value: 0)

  init(holding holds: @escaping @Sendable (AlertMessage) -> Bool = { _ in false }) {
    self.holds = holds
  }

  /// Messages attempts at which have begun.
  var begun: [AlertMessage] { state.withLock { $0.begun } }
  var taken: [AlertMessage] { state.withLock { $0.taken } }

  /// Lets one message go on.
  func release() { gate.signal() }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    state.withLock { $0.begun.append(message) }
    if holds(message) { gate.wait() }
    state.withLock { $0.taken.append(message) }
    return DeliveryReceipt(detail: "ok")
  }
}
