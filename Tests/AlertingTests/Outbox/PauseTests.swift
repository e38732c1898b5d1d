import Alerting
import Foundation
import Monitoring
import Store
import Support
import Synchronization
import Testing

/// Providers that ask to wait, and clocks that are set right, while messages are on their way.
struct PauseTests {
  let folder: TemporaryFolder
  let history: History
  let start = Scenario.time(0)

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private func seconds(_ seconds: Int) -> Instant {
    Instant(microseconds: start.microseconds + Int64(seconds) * 1_000_000)
  }

  private func queue(_ ids: String..., at second: Int = 0) throws {
    var changes = History.AlertChanges()
    let alert = AlertRecord(
      fingerprint: "f", rule: "r", metric: "m", severity: .warning, state: .firing, labels: [:],
      title: "", description: "", updatedAt: start)
    changes.alerts = [KeptAlert(record: alert, kept: nil)]
    changes.notifications = try ids.map { id in
      let message = AlertMessage(
        id: id, kind: .firing, groupKey: id, groupLabels: [:], alerts: [alert],
        createdAt: seconds(second))
      return QueuedNotification(
        channel: "chat", orderKey: id, message: try JSONEncoder().encode(message),
        createdAt: seconds(second))
    }
    try history.commit(changes)
  }

  private func dispatcher(
    _ channel: ScriptedChannel, _ change: (inout ChannelConfiguration) -> Void = { _ in }
  ) throws -> ChannelDispatcher {
    var configuration = ChannelConfiguration(name: "chat", target: .slack(url: "http://chat"))
    change(&configuration)
    // As a new process opens it.
    return ChannelDispatcher(
      configuration, channel: channel, history: try History(path: folder.path + "/h.db"), seed: 1)
  }

  /// Seconds at which attempts are made.
  private func attempts(
    _ dispatcher: ChannelDispatcher, _ channel: ScriptedChannel, at times: [Int]
  ) throws -> [Int] {
    var made: [Int] = []
    for second in times {
      let before = channel.attempts.count
      while try dispatcher.deliverNext(clock: { seconds(second) }) {}
      made += Array(repeating: second, count: channel.attempts.count - before)
    }
    return made
  }

  @Test func `A restart is no reason to call a provider that asked to wait`() throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 429", retryAfter: 3_600)])
    try queue("1")
    #expect(try attempts(dispatcher(channel), channel, at: [0]) == [0])
    try queue("2", at: 10)
    let again = try attempts(
      dispatcher(channel), channel, at: Array(stride(from: 10, through: 3_600, by: 10)))
    #expect(again == [3_600, 3_600])
    #expect(Set(channel.taken.map(\.id)) == ["1", "2"])
  }

  @Test func `No attempt is made after a message was to be given up, and the log says so`() throws {
    let channel = ScriptedChannel(always: .temporary(reason: "HTTP 429", retryAfter: 80_000))
    try queue("1")
    let dispatcher = try dispatcher(channel) { $0.giveUpSeconds = 7_200 }
    let made = try attempts(dispatcher, channel, at: Array(stride(from: 0, to: 90_000, by: 500)))
    #expect(made == [0])
    let log = try history.deliveryAttempts(limit: 9)
    #expect(log.map(\.outcome) == [.givenUp, .delayed])
    #expect(log.map(\.at) == [start, start])
    #expect(
      log.first?.detail
        == "the next attempt, at \(seconds(80_000).iso8601), would be after give_up_after")
    #expect(try history.notificationCounts()["chat"]?.givenUp == 1)
    // People learn of it now and not when the provider would have been asked again.
    let event = try history.alertEvents(limit: 1).first
    #expect(event?.kind == .undelivered && event?.at == start)
  }

  @Test func `A message in time waits for a provider that asks for nearly a day`() throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 429", retryAfter: 86_000)])
    try queue("1")
    let made = try attempts(
      dispatcher(channel), channel, at: Array(stride(from: 0, through: 86_400, by: 400)))
    #expect(made == [0, 86_000])
  }

  @Test(arguments: [3_600, 36 * 3_600, 40 * 86_400])
  func `A clock that was ahead and is set right leaves nothing waiting`(_ ahead: Int) throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 503", retryAfter: 60)])
    try queue("1", at: ahead)
    let dispatcher = try dispatcher(channel)
    #expect(try attempts(dispatcher, channel, at: [ahead]) == [ahead])
    let later = try attempts(dispatcher, channel, at: Array(0...601))
    #expect(later.first == 0, "\(later)")
    #expect(channel.taken.map(\.id) == ["1"])
  }

  @Test func `A clock that is set back a second does not end a pause`() throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 429", retryAfter: 120)])
    try queue("1")
    let dispatcher = try dispatcher(channel)
    #expect(try attempts(dispatcher, channel, at: [10]) == [10])
    #expect(try attempts(dispatcher, channel, at: Array(9...130)) == [130])
  }

  @Test func `Deliveries of a clock that was ahead use up no rate limit`() throws {
    let channel = ScriptedChannel()
    let dispatcher = try dispatcher(channel) {
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 1, per: $0) }
    }
    try queue("1")
    #expect(try attempts(dispatcher, channel, at: [1_000_000]).count == 1)
    try queue("2")
    #expect(try attempts(dispatcher, channel, at: [0]) == [0])
  }

  @Test func `Who looks on is told what was given up`() throws {
    let refusing = ScriptedChannel(always: .permanent(reason: "HTTP 400"))
    let lost = Lost()
    let dispatcher = ChannelDispatcher(
      ChannelConfiguration(name: "chat", target: .slack(url: "http://chat")), channel: refusing,
      history: history, seed: 1
    ) { attempt, givenUp in lost.add(attempt.outcome, givenUp) }
    try queue("1", "2")
    _ = try attempts(dispatcher, refusing, at: [0])
    #expect(lost.outcomes == [.refused, .refused] && lost.kinds == [.firing, .firing])
  }
}

/// What a dispatcher says of messages that are lost.
private final class Lost: Sendable {
  private let state = Mutex<(outcomes: [DeliveryAttempt.Outcome], kinds: [AlertMessage.Kind])>(
    ([], []))

  var outcomes: [DeliveryAttempt.Outcome] { state.withLock { $0.outcomes } }
  var kinds: [AlertMessage.Kind] { state.withLock { $0.kinds } }

  func add(_ outcome: DeliveryAttempt.Outcome, _ kinds: [AlertMessage.Kind]) {
    state.withLock {
      $0.outcomes.append(outcome)
      $0.kinds += kinds
    }
  }
}
