import Alerting
import Foundation
import GRDB
import Monitoring
import Store
import Support
import Testing

/// What scripts cannot say of an alert manager.
struct AlertManagerTests: WithHistory {
  let folder: TemporaryFolder
  let history: History
  var path: String { folder.path + "/h.db" }

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  func waiting(_ channel: String = "chat") throws -> [AlertMessage] {
    try history.waitingNotifications(of: channel).map {
      try JSONDecoder().decode(AlertMessage.self, from: $0.message)
    }
  }

  let errors = rule("errors", "error_rate", "> 5%")

  // MARK: Delivery

  @Test func `What every channel gave up is told again after the cooldown, and only that`() throws {
    let configuration = alerting([errors], channels: ["chat", "mail"])
    let manager = try manager(configuration)
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let refusing = ScriptedChannel(always: .permanent(reason: "HTTP 404"))
    func deliver(_ index: Int, _ channel: ScriptedChannel, at minute: Int) throws {
      let dispatcher = ChannelDispatcher(
        configuration.channels[index], channel: channel, history: history, seed: 1)
      while try dispatcher.deliverNext(clock: { Scenario.time(minute) }) {}
    }
    try deliver(0, refusing, at: 1)
    // The other still tries: it is not told twice.
    try manager.advance(to: Scenario.time(30))
    #expect(try waiting("mail").count == 1)
    try deliver(1, refusing, at: 31)
    try manager.advance(to: Scenario.time(32))
    #expect(try waiting("mail").count == 1)
    let taking = ScriptedChannel()
    try deliver(1, taking, at: 33)
    try manager.advance(to: Scenario.time(60))
    #expect(taking.taken.count == 1)
    #expect(try waiting("mail").isEmpty && waiting("chat").count == 1)
  }

  @Test func `Messages of one moment and one group have ids that differ`() throws {
    let manager = try manager(
      alerting([rule("errors", "error_rate", "> 5%", .critical)]) {
        $0.grouping.labels = []
      })
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try manager.record([sample(0.07, at: 0, model: "b")], at: Scenario.time(0))
    let messages = try waiting()
    #expect(messages.count == 2 && Set(messages.map(\.id)).count == 2)
    #expect(Set(messages.map(\.groupKey)).count == 1)
  }

  @Test func `Groups are told apart whatever their labels hold`() throws {
    let manager = try manager(alerting([errors]) { $0.grouping.labels = ["a", "b"] })
    let labels = [
      ["a": "1\",\"b\"=\"2", "b": "3"], ["a": "1", "b": "2\",\"b\"=\"3"], ["a": "\u{0}", "b": ""],
      ["a": "", "b": "\u{0}"], ["a": "\\", "b": "\""], ["a": "\\\"", "b": ""],
    ]
    try manager.record(
      labels.map {
        MetricSample(metric: "error_rate", labels: $0, at: Scenario.time(0), value: 0.07)
      }, at: Scenario.time(0))
    let messages = try waiting()
    #expect(messages.count == labels.count)
    #expect(Set(messages.map(\.groupKey)).count == labels.count)
    #expect(try history.groups().keys.filter { $0.contains("{") }.count == labels.count)
  }

  @Test(arguments: [false, true])
  func `A channel that is gone holds up no word of an alert`(_ restarts: Bool) throws {
    var manager = try manager(alerting([errors], channels: ["chat", "mail"]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let refusing = ScriptedChannel(always: .permanent(reason: "HTTP 404"))
    let left = alerting([errors])
    let dispatcher = ChannelDispatcher(
      left.channels[0], channel: refusing, history: history, seed: 1)
    while try dispatcher.deliverNext(clock: { Scenario.time(1) }) {}
    if restarts {
      manager = try self.manager(left, at: 2)
    } else {
      try manager.reload(left, at: Scenario.time(2))
    }
    #expect(try waiting("mail").isEmpty)
    let event = try history.alertEvents(limit: 1).first
    #expect(event?.detail == "mail: the channel is no longer configured")
    try manager.advance(to: Scenario.time(30))
    #expect(try waiting().map(\.kind) == [.firing])
  }

  // MARK: Absence of series with further labels

  private let silent = rule("silent", "drift", "absent") {
    $0.matchers = [LabelMatcher(label: "model_name", value: "a")]
  }

  private func drift(at minute: Int) -> MetricSample {
    MetricSample(
      metric: "drift", labels: ["model_name": "a", "check": "c"], at: Scenario.time(minute),
      value: 0.1)
  }

  @Test func `A series with further labels than a rule names ends what was waited for`() throws {
    var manager = try manager(alerting([silent]))
    try manager.advance(to: Scenario.time(11))
    #expect(manager.records().map(\.state) == [.firing])
    let ends = try manager.record([drift(at: 12)], at: Scenario.time(12))
    #expect(ends.map(\.kind) == [.resolved])
    #expect(try waiting().map(\.kind) == [.firing, .resolved])
    // What was kept of the place does not bring it back.
    for minute in stride(from: 13, to: 60, by: 4) {
      if minute > 40 { manager = try self.manager(alerting([silent]), at: minute) }
      try manager.record([drift(at: minute)], at: Scenario.time(minute))
      try manager.advance(to: Scenario.time(minute))
      #expect(manager.records().filter { $0.state == .firing }.isEmpty)
    }
    try manager.advance(to: Scenario.time(90))
    let fires = manager.records().filter { $0.state == .firing }
    #expect(fires.map { $0.labels["check"] } == ["c"])
  }

  @Test func `An alert on a place that was kept ends at the start where there are real series`()
    throws
  {
    let first = try manager(alerting([silent]))
    try first.advance(to: Scenario.time(11))
    try history.add([drift(at: 12)])
    let second = try manager(alerting([silent]), at: 13)
    try second.advance(to: Scenario.time(13))
    #expect(second.records().isEmpty)
    #expect(try waiting().map(\.kind) == [.firing, .resolved])
  }

  // MARK: Clocks that were ahead

  @Test(arguments: [false, true])
  func `A clock that was a month ahead blinds no rule once it is right`(_ restarts: Bool) throws {
    let month = 30 * 1_440
    let absent = rule("silent", "error_rate", "absent")
    let configuration = alerting([errors, absent])
    var manager = try manager(configuration, at: month)
    try manager.record([sample(0.01, at: month)], at: Scenario.time(month))
    if restarts { manager = try self.manager(configuration, at: 0) }
    let found = try manager.record([sample(0.07, at: 1)], at: Scenario.time(1))
    #expect(found.map(\.kind) == [.pending, .firing])
    let later = try manager.advance(to: Scenario.time(12))
    #expect(later.map(\.record.name) == ["silent/a", "silent/a"])
  }

  @Test func `Samples of a clock that was ahead do not hide those before them`() throws {
    try history.add([sample(0.01, at: 0), sample(0.02, at: 50_000), sample(nil, at: 50_001)])
    let known = try history.newestSamples(until: Scenario.time(5))
    #expect(known.map(\.at) == [Scenario.time(0)])
  }

  // MARK: Figures and times that are strange

  @Test func `An infinite value fires and ends like any other`() throws {
    let configuration = alerting([errors, rule("low", "error_rate", "<= -5")])
    let first = try manager(configuration)
    try first.record(
      [sample(.infinity, at: 0), sample(-.infinity, at: 0, model: "b")], at: Scenario.time(0))
    #expect(first.records().map(\.name).sorted() == ["errors/a", "low/b"])
    #expect(first.records().allSatisfy { $0.value == nil && $0.description.contains("∞") })
    let second = try manager(configuration, at: 1)
    #expect(try second.record([sample(.infinity, at: 1)], at: Scenario.time(1)).isEmpty)
    let ends = try second.record(
      [sample(0.01, at: 2), sample(0.01, at: 2, model: "b")], at: Scenario.time(2))
    #expect(ends.map(\.kind) == [.resolved, .resolved])
  }

  @Test func `A value of −∞ is not at or above a threshold`() throws {
    let manager = try manager(alerting([rule("high", "error_rate", ">= 5")]))
    #expect(try manager.record([sample(-.infinity, at: 0)], at: Scenario.time(0)).isEmpty)
  }

  @Test func `A sample of the future does not shut out those of today`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.01, at: 1_000_000)], at: Scenario.time(0))
    let fired = try manager.record([sample(0.07, at: 1)], at: Scenario.time(1))
    #expect(fired.map(\.kind) == [.pending, .firing])
  }

  static let ends: [Int64] = [.min, .min + 1, -1, 0, .max - 1, .max]

  @Test(arguments: ends, ends)
  func `No time stops the process`(_ first: Int64, _ second: Int64) throws {
    var configuration = alerting([
      rule("errors", "error_rate", "> 5%") {
        $0.holdFor = TimeSpan("1h")
        $0.keepFiringFor = TimeSpan("1h")
        $0.cooldownMinutes = .max
      }, rule("silent", "error_rate", "absent"), errors,
    ])
    configuration.rules[2].name = "plain"
    configuration.flapping.withinSeconds = .max
    configuration.grouping.waitSeconds = .max
    configuration.grouping.intervalSeconds = .max
    configuration.routes[0].repeatInterval = TimeSpan("1000w")
    var engine = AlertEngine(
      rules: configuration.rules, flapping: configuration.flapping,
      startedAt: Instant(microseconds: first))
    for (time, value) in [(first, 0.07), (second, 0.07), (first, 0.01), (second, 0.01)] {
      let at = Instant(microseconds: time)
      _ = engine.evaluate(
        [MetricSample(metric: "error_rate", labels: [:], at: at, value: value)])
      _ = engine.advance(to: at)
      _ = engine.takeChanges(at: at)
    }
    let manager = try AlertManager(
      configuration, history: history, now: Instant(microseconds: first))
    for time in [first, second, first] {
      let at = Instant(microseconds: time)
      try manager.record(
        [MetricSample(metric: "error_rate", labels: [:], at: at, value: 0.07)], at: at)
      try manager.advance(to: at)
    }
  }

  // MARK: The file

  @Test func `Rows that cannot be read are left out, and the rest goes on`() throws {
    let first = try manager(alerting([errors]))
    try first.record(["a", "b", "c"].map { sample(0.07, at: 0, model: $0) }, at: Scenario.time(0))
    try history.add(
      Silence(
        matchers: [], startsAt: Scenario.time(0), endsAt: Scenario.time(9), createdBy: "a",
        createdAt: Scenario.time(0), comment: ""))
    let broken = AlertEngine.fingerprint("errors", ["model_name": "a"])
    let forgetful = AlertEngine.fingerprint("errors", ["model_name": "b"])
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: """
          UPDATE alert SET record = '{"fingerprint":' WHERE fingerprint = '\(broken)';
          UPDATE alert SET kept = X'00FF' WHERE fingerprint = '\(forgetful)';
          UPDATE silence SET matchers = 'no JSON';
          UPDATE alert_event SET record = 'x' WHERE fingerprint = '\(broken)';
          INSERT INTO metric_series (metric, labels) VALUES ('error_rate', '[1]');
          INSERT INTO metric_sample (series_id, at, value)
            SELECT id, 0, 1 FROM metric_series WHERE labels = '[1]';
          """)
    }
    let second = try manager(alerting([errors]), at: 1)
    #expect(try history.alerts().count == 2)
    #expect(try history.alert(broken) == nil)
    #expect(try history.silences().isEmpty)
    #expect(try history.alertEvents(limit: 100).count == 4)
    // The alert whose record is lost is known by what the engine kept of none: it begins anew.
    let fired = try second.record(
      ["a", "b", "c"].map { sample(0.07, at: 1, model: $0) }, at: Scenario.time(1))
    #expect(Set(fired.map(\.record.name)) == ["errors/a", "errors/b"])
    #expect(second.records().filter { $0.state == .firing }.count == 3)
  }

  @Test func `A look that finds nothing new writes no alert`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record(
      [
        sample(0.07, at: 0), sample(0.07, at: 0, model: "b"), sample(.nan, at: 0, model: "c"),
      ], at: Scenario.time(0))
    try manager.record([sample(0.01, at: 1, model: "b")], at: Scenario.time(1))
    try Trigger.failing(path, tables: ["alert", "alert_event", "notification"]) {
      for minute in 2..<10 {
        try manager.advance(to: Scenario.time(minute))
        try manager.record([sample(0.01, at: minute, model: "d")], at: Scenario.time(minute))
      }
    }
  }

  @Test func `Samples that come while nothing can be kept or read are not lost`() throws {
    let manager = try manager(alerting([errors]))
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "ALTER TABLE silence RENAME TO silence_away")
    }
    for minute in 0..<3 {
      #expect(throws: HistoryError.self) {
        try manager.record([sample(0.07, at: minute)], at: Scenario.time(minute))
      }
    }
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "ALTER TABLE silence_away RENAME TO silence")
    }
    try manager.advance(to: Scenario.time(3))
    #expect(try history.samples(of: "error_rate").count == 3)
    #expect(try history.alertEvents(limit: 9).map(\.kind) == [.firing, .pending])
    #expect(try waiting().count == 1)
  }
}
