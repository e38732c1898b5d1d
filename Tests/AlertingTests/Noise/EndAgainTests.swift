import Alerting
import Monitoring
import Store
import Support
import Synchronization
import Testing

/// Ends that a channel refuses where what it was told of stays open.
struct EndAgainTests: WithHistory {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private static let hook = ChannelConfiguration.Target.webhook(url: "u", secret: nil, headers: [:])
  static let targets: [(ChannelConfiguration.Target, Bool)] = [
    (.pagerduty(routingKey: "k", url: "u"), true), (.opsgenie(apiKey: "k", url: "u"), true),
    (.alertmanager(url: "u", username: nil, password: nil), true), (.slack(url: "u"), false),
    (hook, false),
  ]

  private func configuration(_ target: ChannelConfiguration.Target) -> AlertingConfiguration {
    var configuration = alerting([rule("errors", "error_rate", "> 5%")], channels: [])
    configuration.channels = [ChannelConfiguration(name: "page", target: target)]
    configuration.routes = [.init(matchers: [], channels: ["page"])]
    return configuration
  }

  /// Lets minutes pass.
  private func pass(
    _ minutes: Range<Int>, _ manager: AlertManager, _ configuration: AlertingConfiguration,
    _ channel: ScriptedChannel
  ) throws {
    let dispatcher = ChannelDispatcher(
      configuration.channels[0], channel: channel, history: history, seed: 1)
    for minute in minutes {
      try manager.advance(to: Scenario.time(minute))
      while try dispatcher.deliverNext(clock: { Scenario.time(minute) }) {}
    }
  }

  /// A channel that was told of an alert, and refuses its end.
  private func refused(
    _ configuration: AlertingConfiguration
  ) throws -> (AlertManager, ScriptedChannel) {
    let manager = try manager(configuration)
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try pass(0..<1, manager, configuration, ScriptedChannel())
    try manager.record([sample(0.01, at: 1)], at: Scenario.time(1))
    let channel = ScriptedChannel(always: .permanent(reason: "HTTP 400"))
    try pass(1..<2, manager, configuration, channel)
    #expect(channel.attempts.map(\.kind) == [.resolved])
    return (manager, channel)
  }

  @Test(arguments: targets)
  func `An end is told again after the cooldown where the incident would stay open`(
    _ target: ChannelConfiguration.Target, _ staysOpen: Bool
  ) throws {
    let configuration = configuration(target)
    let (manager, channel) = try refused(configuration)
    try pass(2..<16, manager, configuration, channel)
    #expect(channel.attempts.count == 1)
    try pass(16..<40, manager, configuration, channel)
    #expect(channel.attempts.count == (staysOpen ? 3 : 1))
    // Over a restart too; and once it is taken there is an end to it.
    let second = try self.manager(configuration, at: 40)
    channel.state.withLock { $0.always = nil }
    try pass(40..<300, second, configuration, channel)
    #expect(channel.taken.map(\.kind) == (staysOpen ? [.resolved] : []))
    #expect(channel.taken.flatMap(\.alerts).allSatisfy { $0.state == .resolved })
    let log = try history.deliveryAttempts(outcomes: [.refused], limit: 100)
    #expect(log.count == (staysOpen ? 3 : 1) && log.allSatisfy { $0.kind == "resolved" })
  }

  @Test func `The tries have an end`() throws {
    var configuration = configuration(Self.targets[0].0)
    configuration.channels[0].giveUpSeconds = 7_200
    configuration.rules[0].cooldownMinutes = 0
    let (manager, channel) = try refused(configuration)
    try pass(2..<600, manager, configuration, channel)
    // Every five minutes at most, however short the cooldown.
    #expect((20...25).contains(channel.attempts.count), "\(channel.attempts.count)")
  }

  @Test func `An end beside what fires is told again too, whatever its group tells after it`()
    throws
  {
    var configuration = configuration(Self.targets[2].0)
    configuration.grouping.labels = ["severity"]
    let manager = try manager(configuration)
    let both = ["a", "b"].map { sample(0.07, at: 0, model: $0) }
    try manager.record(both, at: Scenario.time(0))
    try pass(0..<1, manager, configuration, ScriptedChannel())
    try manager.record([sample(0.01, at: 1)], at: Scenario.time(1))
    let channel = ScriptedChannel(always: .permanent(reason: "HTTP 400"))
    try pass(1..<2, manager, configuration, channel)
    #expect(channel.attempts.map(\.kind) == [.firing])
    channel.state.withLock { $0.always = nil }
    try manager.record([sample(0.07, at: 2, model: "c")], at: Scenario.time(2))
    try pass(2..<16, manager, configuration, channel)
    // Of the same group, so with the same key.
    #expect(channel.taken.contains { $0.alerts.contains { $0.labels["model_name"] == "c" } })
    #expect(channel.taken.allSatisfy { $0.kind == .firing })
    try pass(16..<60, manager, configuration, channel)
    let ends = channel.taken.filter { $0.kind == .resolved }
    #expect(ends.map { $0.alerts.map { $0.labels["model_name"] } } == [["a"]])
  }

  @Test func `What fires again is not told to be over`() throws {
    let configuration = configuration(Self.targets[0].0)
    let (manager, channel) = try refused(configuration)
    try history.add(
      Silence(
        matchers: [LabelMatcher(label: "model_name", value: "a")], startsAt: Scenario.time(0),
        endsAt: Scenario.time(900), createdBy: "ann", createdAt: Scenario.time(0), comment: ""))
    try manager.record([sample(0.07, at: 2)], at: Scenario.time(2))
    try pass(3..<60, manager, configuration, channel)
    #expect(channel.attempts.count == 1)
    // The silence kept it quiet: it is the same incident that is over now.
    try manager.record([sample(0.01, at: 60)], at: Scenario.time(60))
    try pass(60..<63, manager, configuration, channel)
    #expect(channel.attempts.count == 2)
  }
}
