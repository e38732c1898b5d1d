import Alerting
import Monitoring
import Store
import Synchronization
import Testing

/// Messages on their way while what is old is dropped.
extension DispatcherTests {
  @Test func `A message that is given up and dropped during its attempt holds up no other`() throws
  {
    let channel = ScriptedChannel()
    let (history, later) = (history, seconds(10))
    channel.state.withLock {
      $0.refuses = { message in
        guard message.id == "1", var entry = try? history.waitingNotifications(of: "chat").first
        else { return nil }
        // As a reload does that removes the channel, and upkeep after it.
        entry.state = .givenUp
        let attempt = DeliveryAttempt(
          notificationID: entry.id, channel: "chat", at: later, outcome: .givenUp, detail: "",
          seconds: 0)
        #expect(throws: Never.self) {
          try history.record(attempt, of: [entry], told: [])
          try history.dropAlertHistory(before: later)
        }
        return nil
      }
    }
    try queue([message("1", key: "a"), message("2", key: "b")])
    _ = try pass(dispatcher(channel), channel, 0..<2)
    #expect(channel.taken.map(\.id) == ["1", "2"])
    #expect(try history.deliveryAttempts(limit: 9).map(\.outcome) == [.delivered])
  }

  @Test func `What waits behind a message that is tried again is not dropped as old`() throws {
    let channel = ScriptedChannel([.temporary(reason: "down", retryAfter: nil)])
    let dispatcher = dispatcher(channel)
    try queue([message("begins", key: "a"), message("ends", key: "a")])
    _ = try pass(dispatcher, channel, 200..<201)
    try history.dropAlertHistory(before: seconds(100))
    _ = try pass(dispatcher, channel, 210..<212)
    #expect(channel.taken.map(\.id) == ["begins", "ends"])
  }
}
