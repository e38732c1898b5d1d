import Alerting
import Foundation
import GRDB
import Monitoring
import Store
import Support
import Synchronization
import Testing

/// Messages on their way to one channel.
struct DispatcherTests {
  let folder: TemporaryFolder
  let history: History
  let start = Scenario.time(0)

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  func seconds(_ seconds: Int) -> Instant {
    Instant(microseconds: start.microseconds + Int64(seconds) * 1_000_000)
  }

  private func alert(_ name: String, _ state: AlertRecord.State = .firing) -> AlertRecord {
    AlertRecord(
      fingerprint: AlertEngine.fingerprint(name, [:]), rule: name, metric: "m", severity: .warning,
      state: state, labels: [:], title: name, description: name, updatedAt: start)
  }

  func message(
    _ id: String, key: String, _ alerts: [AlertRecord] = []
  ) -> AlertMessage {
    AlertMessage(
      id: id, kind: .firing, groupKey: key, groupLabels: [:], alerts: alerts, createdAt: start)
  }

  func queue(_ messages: [AlertMessage], channel: String = "chat") throws {
    var changes = History.AlertChanges()
    changes.alerts = messages.flatMap(\.alerts).map { KeptAlert(record: $0, kept: nil) }
    changes.notifications = try messages.map {
      QueuedNotification(
        channel: channel, orderKey: $0.groupKey, message: try JSONEncoder().encode($0),
        createdAt: $0.createdAt)
    }
    try history.commit(changes)
  }

  func dispatcher(
    _ channel: ScriptedChannel, name: String = "chat", seed: UInt64 = 1,
    _ change: (inout ChannelConfiguration) -> Void = { _ in }
  ) -> ChannelDispatcher {
    var configuration = ChannelConfiguration(name: name, target: .slack(url: "http://chat"))
    change(&configuration)
    return ChannelDispatcher(configuration, channel: channel, history: history, seed: seed)
  }

  /// Lets seconds pass and gives, by second, the messages that were attempted.
  func pass(
    _ dispatcher: ChannelDispatcher, _ channel: ScriptedChannel, _ range: Range<Int>,
    by step: Int = 1
  ) throws -> [(second: Int, id: String)] {
    var attempts: [(Int, String)] = []
    for second in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      let before = channel.attempts.count
      while try dispatcher.deliverNext(clock: { seconds(second) }) {}
      attempts += channel.attempts.dropFirst(before).map { (second, $0.id) }
    }
    return attempts
  }

  @Test func `Messages go out oldest first, once, and the log says so`() throws {
    let channel = ScriptedChannel()
    try queue([message("1", key: "a"), message("2", key: "b"), message("3", key: "a")])
    let sent = try pass(dispatcher(channel), channel, 0..<3)
    #expect(sent.map(\.id) == ["1", "2", "3"])
    let log = try history.deliveryAttempts(of: "chat", limit: 10)
    #expect(log.map(\.outcome) == [.delivered, .delivered, .delivered])
    #expect(log.allSatisfy { $0.detail == "ok" && $0.channel == "chat" && $0.seconds == 0 })
    #expect(try history.deliveryAttempts(of: "mail", limit: 10).isEmpty)
    #expect(try history.notificationCounts()["chat"]?.waiting == 0)
  }

  @Test func `Pauses between attempts double up to ten minutes and differ by chance`() throws {
    let channel = ScriptedChannel(always: .temporary(reason: "HTTP 503", retryAfter: nil))
    try queue([message("1", key: "a")])
    let times = try pass(dispatcher(channel), channel, 0..<5_000).map(\.second)
    let pauses = zip(times.dropFirst(), times).map { Double($0 - $1) }
    for (index, pause) in pauses.enumerated() {
      let longest = min(600, Double(1 << min(index, 12)))
      // A second is the grain of this test.
      #expect(pause >= longest / 2 && pause <= longest + 1, "\(index): \(pause)")
    }
    #expect(pauses.count > 12)
    #expect(Set(pauses.suffix(4)).count > 1)
  }

  static let pauses: [(asked: Double, second: Int)] = [
    (120, 120), (7_200, 7_200), (1e9, 86_400), (.infinity, 86_400), (-5, 1), (0, 1), (.nan, 1),
  ]

  @Test(arguments: pauses)
  func `A provider that asks to wait is not called before, for any message`(
    _ asked: Double, _ second: Int
  ) throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 429", retryAfter: asked)])
    try queue([message("1", key: "a"), message("2", key: "b")])
    let attempts = try pass(
      dispatcher(channel), channel, 0..<(second + 1), by: second > 3_600 ? 1_200 : 1)
    if asked.isNaN {
      #expect(attempts.map(\.second) == [0, 0, second])
    } else {
      #expect(attempts.map(\.second) == [0, second, second])
    }
    #expect(channel.taken.count == 2)
  }

  @Test func `One message that fails holds up those of its key alone, and they keep their order`()
    throws
  {
    let channel = ScriptedChannel()
    channel.state.withLock {
      $0.refuses = { $0.id == "poison" ? .temporary(reason: "no", retryAfter: nil) : nil }
    }
    let behind = (0..<700).map { message("behind \($0)", key: "a") }
    try queue([message("poison", key: "a")] + behind + [message("other", key: "b")])
    let dispatcher = dispatcher(channel)
    _ = try pass(dispatcher, channel, 0..<2)
    #expect(channel.taken.map(\.id) == ["other"])
    channel.state.withLock { $0.refuses = nil }
    _ = try pass(dispatcher, channel, 10..<12)
    #expect(channel.taken.map(\.id) == ["other", "poison"] + behind.map(\.id))
  }

  @Test func `What is refused for good is given up at once, and the next has its turn`() throws {
    let channel = ScriptedChannel([.permanent(reason: "HTTP 400")])
    try queue([message("1", key: "a", [alert("x")]), message("2", key: "a")])
    _ = try pass(dispatcher(channel), channel, 0..<1)
    #expect(channel.taken.map(\.id) == ["2"])
    let event = try history.alertEvents(limit: 5).first
    #expect(event?.kind == .undelivered && event?.detail == "chat: HTTP 400")
    let attempts = try DatabaseQueue(path: folder.path + "/h.db").read {
      try Int.fetchAll($0, sql: "SELECT attempts FROM notification ORDER BY id")
    }
    #expect(attempts == [1, 1])
    #expect(try history.notificationCounts()["chat"]?.givenUp == 1)
  }

  @Test func `After a day without success a message is given up, but never untried`() throws {
    let channel = ScriptedChannel(always: .temporary(reason: "down", retryAfter: nil))
    try queue([message("1", key: "a", [alert("x")]), message("2", key: "a")])
    let dispatcher = dispatcher(channel) { $0.giveUpSeconds = 100 }
    _ = try pass(dispatcher, channel, 0..<1_000)
    #expect(try history.notificationCounts()["chat"]?.givenUp == 2)
    #expect(Set(channel.attempts.map(\.id)) == ["1", "2"])
  }

  @Test func `More than a channel may get come as one digest, each alert as it is last`() throws {
    let channel = ScriptedChannel()
    let alerts = (0..<60).map { alert("rule \($0)") }
    try queue(alerts.enumerated().map { message("m\($0)", key: "\($0)", [$1]) })
    try queue([message("last", key: "0", [alert("rule 0", .resolved)])])
    let dispatcher = dispatcher(channel) {
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 3, per: $0) }
    }
    _ = try pass(dispatcher, channel, 0..<10)
    let digest = try #require(channel.taken.first)
    #expect(channel.taken.count == 1 && digest.kind == .digest)
    #expect(digest.alerts.count == 50 && digest.truncatedAlerts == 10)
    #expect(digest.alerts.filter { $0.rule == "rule 0" }.allSatisfy { $0.state == .resolved })
    // Also those there was no room for were told.
    #expect(try history.alerts().allSatisfy { $0.deliveredAt == start })
    // Two more go by themselves, a third waits for the hour to pass: nothing is dropped.
    try queue((0..<2).map { message("n\($0)", key: "n\($0)") })
    _ = try pass(dispatcher, channel, 10..<20)
    #expect(channel.taken.dropFirst().map(\.id) == ["n0", "n1"])
    try queue([message("p", key: "p")])
    _ = try pass(dispatcher, channel, 20..<3_590, by: 10)
    #expect(channel.taken.count == 3)
    _ = try pass(dispatcher, channel, 3_600..<3_700, by: 10)
    #expect(channel.taken.last?.id == "p")
  }

  @Test func `What is critical does not wait for a window that is used up, within reason`() throws {
    func critical(_ id: String, key: String) -> AlertMessage {
      var alert = alert(id)
      alert.severity = .critical
      return message(id, key: key, [alert])
    }
    let channel = ScriptedChannel()
    let dispatcher = dispatcher(channel) {
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 4, per: $0) }
    }
    for id in ["1", "2", "3", "4"] {
      try queue([message(id, key: id, [alert(id)])])
      _ = try pass(dispatcher, channel, 0..<1)
    }
    #expect(channel.taken.map(\.id) == ["1", "2", "3", "4"])
    // The milder ones wait, but for that which comes before it in its group.
    try queue([
      message("mild", key: "a", [alert("mild")]), message("before", key: "b", [alert("before")]),
    ])
    _ = try pass(dispatcher, channel, 1..<20)
    #expect(channel.taken.count == 4)
    try queue([critical("first", key: "b"), message("after", key: "b", [alert("after")])])
    _ = try pass(dispatcher, channel, 20..<21)
    #expect(channel.taken.dropFirst(4).map(\.id) == ["before", "first"])
    // Half as many again are through: a storm waits too, and comes as one.
    try queue([critical("second", key: "c"), critical("third", key: "d")])
    _ = try pass(dispatcher, channel, 21..<3_600, by: 13)
    #expect(channel.taken.count == 6)
    _ = try pass(dispatcher, channel, 3_600..<3_700, by: 10)
    #expect(
      Set(channel.taken.dropFirst(6).flatMap(\.alerts).map(\.rule))
        == ["mild", "after", "second", "third"])
  }

  @Test func `More that is critical than may go beyond the limit comes in one digest`() throws {
    let channel = ScriptedChannel()
    let dispatcher = dispatcher(channel) {
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 1, per: $0) }
    }
    try queue([message("1", key: "1", [alert("1")])])
    _ = try pass(dispatcher, channel, 0..<1)
    var over = alert("over", .resolved)
    over.severity = .critical
    let ended = AlertMessage(
      id: "ended", kind: .resolved, groupKey: "e", groupLabels: [:], alerts: [over],
      createdAt: start)
    try queue(
      [ended]
        + ["x", "y", "z"].map { name in
          var alert = alert(name)
          alert.severity = .critical
          return message(name, key: name, [alert])
        })
    _ = try pass(dispatcher, channel, 1..<100)
    #expect(channel.taken.count == 2)
    #expect(channel.taken.last?.kind == .digest)
    // That something is over wakes nobody, and can wait.
    #expect(channel.taken.last?.alerts.map(\.rule).sorted() == ["x", "y", "z"])
  }

  @Test func `A digest leaves out what has to come after a message that still waits`() throws {
    let channel = ScriptedChannel([.temporary(reason: "no", retryAfter: nil)])
    let dispatcher = dispatcher(channel) {
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 2, per: $0) }
    }
    try queue([message("begins", key: "a", [alert("x")])])
    #expect(try dispatcher.deliverNext(clock: { seconds(0) }))
    try queue([message("ends", key: "a", [alert("x", .resolved)])])
    try queue((0..<4).map { message("\($0)", key: "\($0)", [alert("other \($0)")]) })
    #expect(try dispatcher.deliverNext(clock: { seconds(0) }))
    #expect(channel.taken.first?.kind == .digest)
    #expect(channel.taken.first?.alerts.contains { $0.rule == "x" } == false)
    _ = try pass(dispatcher, channel, 1..<3_700, by: 3)
    let states = channel.taken.dropFirst().flatMap(\.alerts).map(\.state)
    #expect(states.last == .resolved)
  }

  @Test func `A digest that is refused goes in parts, so that one bad message is lost alone`()
    throws
  {
    let channel = ScriptedChannel()
    channel.state.withLock {
      $0.refuses = { message in
        message.alerts.contains { $0.rule == "bad" } ? .permanent(reason: "HTTP 413") : nil
      }
    }
    try queue(["1", "bad", "3", "4"].map { message($0, key: $0, [alert($0)]) })
    let dispatcher = dispatcher(channel) {
      $0.rateLimit = TimeSpan("1m").map { .init(messages: 3, per: $0) }
    }
    _ = try pass(dispatcher, channel, 0..<300)
    #expect(Set(channel.taken.flatMap(\.alerts).map(\.rule)) == ["1", "3", "4"])
    #expect(try history.notificationCounts()["chat"]?.givenUp == 1)
  }

  @Test func `After a crash between sending and keeping that, the same message goes again`() throws
  {
    let channel = ScriptedChannel()
    try queue([message("1", key: "a"), message("2", key: "a")])
    let crashing = dispatcher(channel)
    try Trigger.failing(folder.path + "/h.db", tables: ["delivery_attempt"]) {
      for second in 0..<5 {
        #expect(throws: HistoryError.self) {
          try crashing.deliverNext(clock: { seconds(second) })
        }
      }
      // As long as it cannot be kept nobody is told again.
      #expect(channel.attempts.map(\.id) == ["1"])
    }
    let restarted = ScriptedChannel()
    #expect(try dispatcher(restarted).deliverNext(clock: { start }))
    #expect(restarted.taken.map(\.id) == ["1"])
    // The one that lives on keeps what it knows and goes on.
    _ = try pass(crashing, channel, 5..<6)
    #expect(channel.attempts.map(\.id) == ["1", "2"])
  }

  @Test func `A message that cannot be read is given up and holds up nothing`() throws {
    var changes = History.AlertChanges()
    changes.notifications = [Data("{".utf8), Data([0xff, 0xfe]), Data()].map {
      QueuedNotification(channel: "chat", orderKey: "a", message: $0, createdAt: start)
    }
    try history.commit(changes)
    try queue([message("1", key: "a")])
    let channel = ScriptedChannel()
    _ = try pass(dispatcher(channel), channel, 0..<1)
    #expect(channel.attempts.map(\.id) == ["1"])
    #expect(try history.notificationCounts()["chat"]?.givenUp == 3)
  }

  @Test func `A dead channel holds up no other`() throws {
    let dead = ScriptedChannel(always: .temporary(reason: "down", retryAfter: nil))
    let mail = ScriptedChannel()
    try queue([message("1", key: "a")])
    try queue([message("2", key: "a")], channel: "mail")
    _ = try pass(dispatcher(dead), dead, 0..<1)
    _ = try pass(dispatcher(mail, name: "mail"), mail, 0..<1)
    #expect(mail.taken.map(\.id) == ["2"])
  }

  @Test func `A clock that jumps ahead and back leaves no message waiting for days`() throws {
    let channel = ScriptedChannel([.temporary(reason: "HTTP 503", retryAfter: 60)])
    try queue([message("1", key: "a")])
    let dispatcher = dispatcher(channel)
    #expect(try dispatcher.deliverNext(clock: { seconds(80_000_000) }))
    _ = try pass(dispatcher, channel, 0..<60)
    #expect(channel.taken.map(\.id) == ["1"])
  }

  @Test(arguments: [Int64.min, .min + 1, .max - 1, .max])
  func `No time stops the process`(_ time: Int64) throws {
    let channel = ScriptedChannel(always: .temporary(reason: "no", retryAfter: .infinity))
    try queue([message("1", key: "a", [alert("x")])])
    let dispatcher = dispatcher(channel) {
      $0.giveUpSeconds = .max
      $0.rateLimit = TimeSpan("1h").map { .init(messages: 3, per: $0) }
    }
    for _ in 0..<3 { _ = try dispatcher.deliverNext(clock: { Instant(microseconds: time) }) }
    let clock = [Instant(microseconds: .max), Instant(microseconds: .min)]
    var reads = 0
    _ = try dispatcher.deliverNext(clock: {
      reads += 1
      return clock[reads % 2]
    })
    #expect(try history.notificationCounts()["chat"]?.waiting == 1)
  }
}
