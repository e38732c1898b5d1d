import Alerting
import Monitoring
import Synchronization

/// A channel that answers as it is told to and remembers what it was sent.
final class ScriptedChannel: NotificationChannel {
  struct State {
    var answers: [DeliveryError?] = []
    /// What it answers once ``answers`` are used up; nil for success.
    var always: DeliveryError?
    var refuses: (@Sendable (AlertMessage) -> DeliveryError?)?
    var attempts: [AlertMessage] = []
    var taken: [AlertMessage] = []
  }

  let sendsEachAlert = false
  let state = Mutex(State())

  init(_ answers: [DeliveryError?] = [], always: DeliveryError? = nil) {
    state.withLock { ($0.answers, $0.always) = (answers, always) }
  }

  var attempts: [AlertMessage] { state.withLock { $0.attempts } }
  var taken: [AlertMessage] { state.withLock { $0.taken } }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let failure = state.withLock { state -> DeliveryError? in
      state.attempts.append(message)
      let answer = state.answers.isEmpty ? state.always : state.answers.removeFirst()
      if let failure = answer ?? state.refuses?(message) { return failure }
      state.taken.append(message)
      return nil
    }
    if let failure { throw failure }
    return DeliveryReceipt(detail: "ok")
  }
}
