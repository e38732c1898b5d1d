import Alerting
import Foundation
import Monitoring
import Store
import Support
import Testing

/// Who is told what when routes, channels and clocks change while alerts fire.
struct RouteChangeTests: WithHistory {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private func kinds(_ channel: String) throws -> [AlertMessage.Kind] {
    try history.waitingNotifications(of: channel).map {
      try JSONDecoder().decode(AlertMessage.self, from: $0.message).kind
    }
  }

  private func deliver(
    _ configuration: AlertingConfiguration, to name: String, at minute: Int,
    _ channel: ScriptedChannel = ScriptedChannel()
  ) throws {
    let settings = try #require(configuration.channels.first { $0.name == name })
    let dispatcher = ChannelDispatcher(settings, channel: channel, history: history, seed: 1)
    while try dispatcher.deliverNext(clock: { Scenario.time(minute) }) {}
  }

  private let errors = rule("errors", "error_rate", "> 5%")

  /// Both channels, a route to some.
  private func both(
    _ channels: [String], _ change: (inout AlertingConfiguration) -> Void = { _ in }
  ) -> AlertingConfiguration {
    alerting([errors], channels: ["chat", "mail"]) {
      $0.routes[0].channels = channels
      change(&$0)
    }
  }

  @Test(arguments: [false, true])
  func `The end is told to those who were told of the beginning`(_ restarts: Bool) throws {
    var manager = try manager(both(["chat"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    if restarts {
      manager = try self.manager(both(["mail"]), at: 1)
    } else {
      try manager.reload(both(["mail"]), at: Scenario.time(1))
    }
    try manager.record([sample(0.07, at: 2, model: "b")], at: Scenario.time(2))
    try manager.record(
      [sample(0.01, at: 3), sample(0.01, at: 3, model: "b")], at: Scenario.time(3))
    #expect(try kinds("chat") == [.firing, .resolved])
    #expect(try kinds("mail") == [.firing, .resolved])
  }

  @Test func `Without any route those who know of an alert are told of its end`() throws {
    let manager = try manager(both(["chat"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try manager.reload(both(["chat"]) { $0.routes = [] }, at: Scenario.time(1))
    try manager.record([sample(0.07, at: 2, model: "b")], at: Scenario.time(2))
    try manager.record([sample(0.01, at: 3)], at: Scenario.time(3))
    #expect(try kinds("chat") == [.firing, .resolved] && kinds("mail").isEmpty)
    #expect(try history.alerts(isOpen: true).allSatisfy { $0.told != .firing })
  }

  @Test func `Who is reminded is told of the end too`() throws {
    func configuration(_ channels: [String]) -> AlertingConfiguration {
      both(channels) { $0.routes[0].repeatInterval = TimeSpan("20m") }
    }
    let manager = try manager(configuration(["chat"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try deliver(configuration(["chat"]), to: "chat", at: 0)
    try manager.reload(configuration(["mail"]), at: Scenario.time(1))
    try manager.advance(to: Scenario.time(21))
    #expect(try kinds("mail") == [.firing])
    try manager.record([sample(0.01, at: 22)], at: Scenario.time(22))
    #expect(try kinds("mail") == [.firing, .resolved] && kinds("chat") == [.resolved])
  }

  /// One channel that everything goes to.
  private func only(_ name: String) -> AlertingConfiguration {
    alerting([errors], channels: [name])
  }

  @Test(arguments: [false, true])
  func `A channel by another name is told anew of what fires, and of its end`(_ restarts: Bool)
    throws
  {
    var manager = try manager(only("chat"))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try deliver(only("chat"), to: "chat", at: 0)
    if restarts {
      manager = try self.manager(only("talk"), at: 1)
    } else {
      try manager.reload(only("talk"), at: Scenario.time(1))
    }
    for minute in 1..<30 { try manager.advance(to: Scenario.time(minute)) }
    #expect(try kinds("talk") == [.firing])
    // An Alertmanager would be told again and again, by its new name.
    #expect(manager.records(toldTo: "talk").map(\.name) == ["errors/a"])
    try manager.record([sample(0.01, at: 30)], at: Scenario.time(30))
    #expect(try kinds("talk") == [.firing, .resolved] && kinds("chat").isEmpty)
    #expect(try history.alerts(isOpen: true).allSatisfy { $0.told == .resolved })
  }

  @Test
  func `What waits for a channel is given up also where its removal could not be kept at once`()
    throws
  {
    let manager = try manager(only("chat"))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try Trigger.failing(folder.path + "/h.db", tables: ["alert_group", "delivery_attempt"]) {
      #expect(throws: HistoryError.self) {
        try manager.reload(only("mail"), at: Scenario.time(1))
      }
      #expect(throws: HistoryError.self) { try manager.giveUpGone(at: Scenario.time(1)) }
    }
    #expect(try history.notificationCounts()["chat"]?.waiting == 1)
    try manager.advance(to: Scenario.time(2))
    try manager.giveUpGone(at: Scenario.time(2))
    let counts = try history.notificationCounts()["chat"]
    #expect(counts?.waiting == 0 && counts?.givenUp == 1)
  }

  @Test func `A channel that comes back is told of the end too`() throws {
    let manager = try manager(only("chat"))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try deliver(only("chat"), to: "chat", at: 0)
    try manager.reload(only("mail"), at: Scenario.time(1))
    try manager.reload(both(["chat"]), at: Scenario.time(2))
    try manager.record([sample(0.01, at: 3)], at: Scenario.time(3))
    #expect(try kinds("chat") == [.resolved] && kinds("mail") == [.firing, .resolved])
  }

  @Test func `The end goes to those who are there where nobody who was told is left`() throws {
    let manager = try manager(only("chat"))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try history.add(
      Silence(
        matchers: [LabelMatcher(label: "model_name", value: "a")], startsAt: Scenario.time(0),
        endsAt: Scenario.time(90), createdBy: "ann", createdAt: Scenario.time(0), comment: ""))
    try manager.reload(only("talk"), at: Scenario.time(1))
    // What is silenced is not told anew.
    #expect(try kinds("talk").isEmpty)
    try manager.record([sample(0.01, at: 2)], at: Scenario.time(2))
    #expect(try kinds("talk") == [.resolved])
  }

  @Test func `One that fires again before its end was told is known to all who were told of it`()
    throws
  {
    let manager = try manager(both(["chat"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let fingerprint = AlertEngine.fingerprint("errors", ["model_name": "a"])
    _ = try history.acknowledge(fingerprint, by: "ann", at: Scenario.time(1))
    try manager.advance(to: Scenario.time(1))
    try manager.reload(both(["mail"]), at: Scenario.time(2))
    try manager.record([sample(0.01, at: 3), sample(0.07, at: 4)], at: Scenario.time(4))
    #expect(try kinds("mail") == [.firing])
    try manager.record([sample(0.01, at: 5)], at: Scenario.time(5))
    #expect(try kinds("chat") == [.firing, .acknowledged, .resolved])
    #expect(try kinds("mail") == [.firing, .resolved])
  }

  @Test func `A channel's messages about a group keep their order when routes change`() throws {
    let manager = try manager(both(["chat"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    // The first cannot be delivered; those behind it wait for it.
    let down = ScriptedChannel([.temporary(reason: "down", retryAfter: nil)])
    try deliver(both(["chat"]), to: "chat", at: 0, down)
    try manager.record([sample(0.01, at: 1)], at: Scenario.time(1))
    try manager.reload(both(["chat", "mail"]), at: Scenario.time(2))
    try manager.record([sample(0.07, at: 3)], at: Scenario.time(3))
    let keys = try history.waitingNotifications(of: "chat").map(\.orderKey)
    #expect(keys.count == 3 && Set(keys).count == 1)
    let up = ScriptedChannel()
    try deliver(both(["chat", "mail"]), to: "chat", at: 20, up)
    #expect(up.taken.map(\.kind) == [.firing, .resolved, .firing])
    #expect(Set(up.taken.map(\.groupKey)).count == 1)
  }

  @Test func `An Alertmanager is told again of what it was told, and of nothing else`() throws {
    let manager = try manager(both(["chat", "mail"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try manager.reload(both(["mail"]), at: Scenario.time(1))
    try manager.record([sample(0.07, at: 2, model: "b")], at: Scenario.time(2))
    func told(_ channel: String) -> [String] { manager.records(toldTo: channel).map(\.name) }
    #expect(told("chat") == ["errors/a"] && told("mail") == ["errors/a", "errors/b"])
    // One that is acknowledged fires still; one that is over does not.
    let fingerprint = AlertEngine.fingerprint("errors", ["model_name": "a"])
    _ = try history.acknowledge(fingerprint, by: "ann", at: Scenario.time(3))
    try manager.advance(to: Scenario.time(3))
    #expect(told("chat") == ["errors/a"])
    try manager.record([sample(0.01, at: 4)], at: Scenario.time(4))
    #expect(told("chat").isEmpty && told("mail") == ["errors/b"])
    // Nor is one that was silenced before anybody was told.
    try history.add(
      Silence(
        matchers: [LabelMatcher(label: "model_name", value: "c")], startsAt: Scenario.time(0),
        endsAt: Scenario.time(90), createdBy: "ann", createdAt: Scenario.time(0), comment: ""))
    try manager.record([sample(0.07, at: 5, model: "c")], at: Scenario.time(5))
    #expect(told("mail") == ["errors/b"])
  }

  @Test func `A clock that was a month ahead keeps no group from being told of`() throws {
    let configuration = both(["chat"]) {
      $0.grouping.labels = []
      $0.grouping.intervalSeconds = 300
    }
    let month = 30 * 1_440
    let first = try manager(configuration, at: month)
    try first.record([sample(0.07, at: month)], at: Scenario.time(month))
    let second = try manager(configuration, at: 0)
    try second.record([sample(0.07, at: 1, model: "b")], at: Scenario.time(1))
    #expect(try kinds("chat").count == 2)
  }

  @Test func `An end that no channel took is not told again, and can be seen`() throws {
    let configuration = both(["chat"])
    let manager = try manager(configuration)
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try deliver(configuration, to: "chat", at: 0)
    try manager.record([sample(0.01, at: 1)], at: Scenario.time(1))
    try deliver(
      configuration, to: "chat", at: 1,
      ScriptedChannel(always: .permanent(reason: "HTTP 404")))
    for minute in stride(from: 2, to: 200, by: 20) {
      try manager.advance(to: Scenario.time(minute))
    }
    #expect(try kinds("chat").isEmpty)
    let attempt = try history.deliveryAttempts(limit: 1).first
    #expect(attempt?.kind == "resolved" && attempt?.outcome == .refused)
    let event = try history.alertEvents(limit: 1).first
    #expect(event?.kind == .undelivered && event?.alert.state == .resolved)
  }

  @Test func `What of flapping and groups is set anew holds from then on`() throws {
    func configuration(_ starts: Int) -> AlertingConfiguration {
      both(["chat"]) { $0.flapping.starts = starts }
    }
    let manager = try manager(configuration(50))
    for minute in 0..<6 {
      try manager.record(
        [sample(minute % 2 == 0 ? 0.07 : 0.01, at: minute)], at: Scenario.time(minute))
    }
    #expect(manager.records().allSatisfy { !$0.flapping })
    try manager.reload(configuration(3), at: Scenario.time(6))
    try manager.record([sample(0.07, at: 6)], at: Scenario.time(6))
    #expect(manager.records().map(\.flapping) == [true])
  }

  @Test func `The news of a large group come first, in as many messages as it takes`() throws {
    let configuration = both(["chat"]) { $0.grouping.labels = [] }
    let manager = try manager(configuration)
    let hostile = ["<!channel>", "a\r\nBcc: x", "{{title}}", "\u{202E}x", "👩‍👩‍👧‍👦", "\" {labels}"]
    func models(_ range: Range<Int>) -> [String] {
      range.map { "\(hostile[$0 % hostile.count]) \($0)" }
    }
    let old = models(0..<60)
    try manager.record(
      old.map { sample(0.07, at: 0, model: $0) }, at: Scenario.time(0))
    let news = models(100..<220)
    try manager.record(
      news.map { sample(0.07, at: 5, model: $0) }, at: Scenario.time(5))
    let messages = try history.waitingNotifications(of: "chat").map {
      try JSONDecoder().decode(AlertMessage.self, from: $0.message)
    }
    #expect(messages.map(\.alerts.count) == [50, 10, 50, 50, 20])
    // What people know already is counted behind.
    #expect(messages.map(\.truncatedAlerts) == [0, 0, 60, 0, 0])
    let told = messages.dropFirst(2).flatMap(\.alerts).compactMap { $0.labels["model_name"] }
    #expect(Set(told) == Set(news))
    #expect(Set(messages.map(\.id)).count == messages.count)
    let last = models(300..<303)
    try manager.record(last.map { sample(0.07, at: 9, model: $0) }, at: Scenario.time(9))
    let queued = try history.waitingNotifications(of: "chat").last
    let message = try JSONDecoder().decode(AlertMessage.self, from: try #require(queued).message)
    #expect(message.alerts.count == 50 && message.truncatedAlerts == 133)
    #expect(Set(message.alerts.prefix(3).compactMap { $0.labels["model_name"] }) == Set(last))
  }
}
