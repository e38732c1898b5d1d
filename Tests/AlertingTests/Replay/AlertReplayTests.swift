import Alerting
import Foundation
import Monitoring
import Statistics
import Store
import Support
import Testing

struct AlertReplayTests {
  private let minute = MinuteSeries.minute

  @Test func `Firings are counted, timed and measured`() throws {
    let values: [Double] = [0, 2, 5, 3, 0, 0, 2, 0, 0, 2, 2]
    let rule = try MinuteSeries.rule("high", "errors", "> 1", failures: 2)
    let report = AlertReplay(rules: [rule]).run(MinuteSeries.samples("errors", values))
    let replay = try #require(report.rules.first)
    #expect(replay.firings == 2)
    #expect(replay.alerts == 1)
    #expect(replay.pendingNeverFired == 1)
    #expect(replay.longestFiringSeconds == 120)
    #expect(replay.firingSeconds == 120)
    #expect(replay.firingShare == 0.2)
    #expect(replay.firstFiring == minute(2))
    #expect(replay.lastFiring == minute(10))
    #expect(
      report.firings == [
        .init(
          rule: "high", labels: ["model_name": "fraud"], start: minute(2), end: minute(4), peak: 5),
        .init(rule: "high", labels: ["model_name": "fraud"], start: minute(10), end: nil, peak: 2),
      ])
    #expect(report.samples == 11)
    #expect(report.baselines == nil)
  }

  @Test func `A threshold in force stands in place of the rule's own, and it is said`() throws {
    let folder = try TemporaryFolder()
    let log = ThresholdLog(try History(path: folder.path + "/h.db"))
    let rules = try [
      NoisySeries.rule("> 0.5", dynamic: "mode: apply, minimum: 0.3, maximum: 0.7"),
      MinuteSeries.rule("other", "latency", "> 0.5"),
    ]
    try log.apply(0.6, to: rules[0], at: minute(0), explanation: "noise")
    var configuration = AlertingConfiguration()
    configuration.rules = rules
    let report = AlertReplay(configuration, conditions: try log.conditions(for: rules)).run(
      MinuteSeries.samples("latency", [0.55, 0.4, 0.65, 0.4]))
    #expect(report.rules.map(\.firings) == [1, 2])
    #expect(report.rules.map(\.condition) == ["> 0.6", "> 0.5"])
    #expect(report.rules.map(\.ownCondition) == ["> 0.5", nil])
    #expect(report.firings.filter { $0.rule == "slow" }.map(\.peak) == [0.65])
    // Without what is in force the rule's own is.
    let own = AlertReplay(configuration).run(MinuteSeries.samples("latency", [0.55, 0.4]))
    #expect(own.rules.map(\.firings) == [1, 1] && own.rules.allSatisfy { $0.ownCondition == nil })
  }

  @Test func `Firing always and never are known without labels`() throws {
    let samples =
      MinuteSeries.samples("errors", [0, 2, 0, 0])
      + MinuteSeries.samples("errors", ["model_name": "churn"], [0, 0, 0, 0])
    let rules = [try MinuteSeries.rule("high", "errors", "> 1")]
    let report = AlertReplay(rules: rules).run(samples, unreadableRows: 3)
    #expect(report.baselines == nil && report.skippedSamples == 3)
    #expect(report.extremes.alwaysFire.firingShare == 1)
    // One for each model, as they are in groups of their own.
    #expect(report.extremes.alwaysFire.notifications == 2)
    #expect(report.extremes.neverFire.firingShare == 0)
    #expect(report.extremes.neverFire.notifications == 0)
    var reminding = AlertingConfiguration()
    reminding.rules = rules
    reminding.rules[0].cooldownMinutes = 0
    reminding.routes = [.init(matchers: [], channels: ["c"], repeatInterval: TimeSpan("30m"))]
    reminding.channels = [.init(name: "c", target: .slack(url: "http://localhost"))]
    let long = AlertReplay(reminding).run(
      MinuteSeries.samples("errors", Array(repeating: 0, count: 121)))
    // At once and at 30, 60, 90 and 120 minutes.
    #expect(long.extremes.alwaysFire.notifications == 5)
    #expect(AlertReplay(rules: rules).run([]).extremes == .init())
  }

  @Test func `A rule without a series says why`() throws {
    var elsewhere = try MinuteSeries.rule("elsewhere", "errors", "> 1")
    elsewhere.matchers = [.init(label: "model_name", value: "other")]
    let report = AlertReplay(rules: [
      try MinuteSeries.rule("high", "errors", "> 1"), elsewhere,
      try MinuteSeries.rule("typo", "erors", "> 1"), try MinuteSeries.rule("far", "latency", "> 1"),
    ]).run(MinuteSeries.samples("errors", [0, 2]))
    #expect(
      report.rules.map(\.note) == [
        nil, "no series of errors has the labels its `where` asks for",
        "there are no samples of erors; did you mean errors?", "there are no samples of latency",
      ])
  }

  @Test func `Order and repetitions do not matter`() throws {
    var generator = SeededGenerator(seed: 7)
    let values = (0..<300).map { _ in generator.uniform() }
    let samples =
      MinuteSeries.samples("errors", values)
      + MinuteSeries.samples("errors", ["model_name": "churn"], values.reversed())
    let rule = try MinuteSeries.rule("high", "errors", "> 0.7", failures: 2)
    let replay = AlertReplay(rules: [rule])
    var report = replay.run((samples + samples).shuffled(using: &generator))
    report.samples = samples.count
    #expect(report == replay.run(samples))
    #expect(report.firings.count > 10)
  }

  @Test func `Messages are those the service would have queued`() throws {
    for seed: UInt64 in 1...4 {
      var generator = SeededGenerator(seed: seed)
      var configuration = AlertingConfiguration()
      configuration.rules = [
        try MinuteSeries.rule("bad", "errors", "> 0.8", severity: .critical),
        try MinuteSeries.rule("poor", "errors", "> 0.6", failures: 2),
        try MinuteSeries.rule("slow", "latency", "> 0.5", failures: 3),
      ]
      for index in configuration.rules.indices {
        configuration.rules[index].labels["topic"] = "live"
      }
      configuration.channels = [
        .init(name: "chat", target: .slack(url: "http://localhost")),
        .init(name: "pager", target: .pagerduty(routingKey: "k", url: "http://localhost")),
      ]
      configuration.routes = [
        .init(
          matchers: [.init(label: "severity", value: "critical")], channels: ["pager", "chat"]),
        .init(matchers: [], channels: ["chat"]),
      ]
      var samples: [MetricSample] = []
      for model in ["fraud", "churn", "bids"] {
        for metric in ["errors", "latency"] {
          var level = 0.4
          let values = (0..<300).map { _ -> Double in
            level = min(1, max(0, level + (generator.uniform() - 0.5) * 0.5))
            return level
          }
          samples += MinuteSeries.samples(metric, ["model_name": model], values)
        }
      }
      let report = AlertReplay(configuration).run(samples)
      let folder = try TemporaryFolder()
      let history = try History(path: folder.path + "/h.db")
      let manager = try AlertManager(
        configuration, history: history, now: minute(0))
      let channels = configuration.channels.map { _ in ScriptedChannel() }
      let dispatchers = zip(configuration.channels, channels).map {
        ChannelDispatcher($0, channel: $1, history: history, seed: 1)
      }
      func deliver(at now: Instant) throws {
        for dispatcher in dispatchers { while try dispatcher.deliverNext(clock: { now }) {} }
      }
      var firings = 0
      for step in 0..<300 {
        firings += try manager.record(samples.filter { $0.at == minute(step) }, at: minute(step))
          .count { $0.kind == .firing }
        try deliver(at: minute(step))
        for tick in 1..<6 where step < 299 || tick <= 3 {
          let now = Instant(microseconds: minute(step).microseconds + Int64(tick) * 10_000_000)
          try manager.advance(to: now)
          try deliver(at: now)
        }
      }
      let queued = channels.reduce(0) { $0 + $1.taken.count }
      #expect(report.firings.count == firings)
      #expect(report.notifications == queued)
      #expect(queued > 20)
    }
  }

  @Test func `What a severe alert silences is told nobody`() throws {
    var rules = [
      try MinuteSeries.rule("bad", "errors", "> 2", severity: .critical),
      try MinuteSeries.rule("poor", "errors", "> 1"),
    ]
    for index in rules.indices { rules[index].labels["topic"] = "errors" }
    let samples = MinuteSeries.samples("errors", [0, 3, 3, 3, 0, 0, 0])
    let report = AlertReplay(rules: rules).run(samples)
    #expect(report.rules.map(\.firings) == [1, 1])
    #expect(report.rules.map(\.notifications) == [2, 0])
    #expect(AlertReplay(rules: rules, inhibitions: []).run(samples).rules[1].notifications > 0)
  }

  @Test func `An alert that fires on is told again as often as its route says`() throws {
    var configuration = AlertingConfiguration()
    configuration.rules = [try MinuteSeries.rule("high", "errors", "> 1", severity: .critical)]
    configuration.channels = [.init(name: "chat", target: .slack(url: "http://localhost"))]
    configuration.routes = [
      .init(matchers: [], channels: ["chat"], repeatInterval: TimeSpan("1h"))
    ]
    let samples = MinuteSeries.samples("errors", Array(repeating: 2, count: 200))
    #expect(AlertReplay(configuration).run(samples).notifications == 4)
  }

  @Test func `An absence is noticed while other series go on, and while none does`() throws {
    let rule = try MinuteSeries.rule("gone", "rate", "absent")
    let whole = Array(repeating: 1.0, count: 121)
    let broken =
      MinuteSeries.samples("rate", Array(repeating: 1, count: 31))
      + MinuteSeries.samples("rate", Array(repeating: 1, count: 31), from: 90)
    let other = MinuteSeries.samples("rate", ["model_name": "churn"], whole)
    for samples in [broken + other, broken] {
      let report = AlertReplay(rules: [rule]).run(samples)
      #expect(
        report.firings == [
          .init(
            rule: "gone", labels: ["model_name": "fraud"], start: minute(40), end: minute(90),
            peak: nil)
        ])
    }
    var named = rule
    named.matchers = [.init(label: "model_name", value: "missing")]
    let report = AlertReplay(rules: [named]).run(other)
    #expect(report.firings.map(\.start) == [minute(10)])
  }

  @Test
  func `An absence goes on where data is back for a moment, and ends in time though none comes`()
    throws
  {
    var rule = try MinuteSeries.rule("gone", "rate", "absent")
    rule.holdFor = TimeSpan("10m")
    rule.keepFiringFor = TimeSpan("30m")
    let back = Array(repeating: 1.0, count: 61)
    let samples =
      MinuteSeries.samples("rate", Array(repeating: 1, count: 11))
      + MinuteSeries.samples("rate", [1], from: 60) + MinuteSeries.samples("rate", back, from: 120)
    var firing = try #require(AlertReplay(rules: [rule]).run(samples).firings.first)
    #expect((firing.start, firing.end ?? minute(0)) == (minute(20), minute(150)))
    rule.keepFiringFor = TimeSpan("5m")
    firing = try #require(AlertReplay(rules: [rule]).run(samples).firings.first)
    #expect(firing.end == minute(65))
  }

  @Test func `An alert whose data is gone for a week ends`() throws {
    let rule = try MinuteSeries.rule("high", "errors", "> 1")
    let samples =
      MinuteSeries.samples("errors", [2])
      + MinuteSeries.samples("errors", ["model_name": "churn"], [0], from: 10 * 1_440)
    let report = AlertReplay(rules: [rule]).run(samples)
    #expect(report.rules[0].longestFiringSeconds.rounded() == 7 * 86_400)
  }

  @Test func `Nothing hostile crashes it, and the report can always be written`() throws {
    var rules = [
      try MinuteSeries.rule("a", "m", "> 1"), try MinuteSeries.rule("a", "m", "> 2"),
      try MinuteSeries.rule("b", "m", "change < -10%"), try MinuteSeries.rule("c", "m", "absent"),
    ]
    rules[0].cooldownMinutes = .max
    rules[2].consecutiveFailures = .min
    var configuration = AlertingConfiguration()
    configuration.rules = rules
    configuration.grouping.waitSeconds = .max
    configuration.grouping.intervalSeconds = .max
    configuration.flapping.withinSeconds = .max
    configuration.flapping.starts = 0
    configuration.intervalSeconds = .min
    configuration.routes = [.init(matchers: [], channels: [], repeatInterval: TimeSpan("1s"))]
    let odd: [Double?] = [nil, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 2, 0]
    let times: [Int64] = [
      .min, .max, -62_135_596_800_000_000, 253_402_300_799_999_999, 0, 1, 1, 60_000_000,
    ]
    var samples: [MetricSample] = []
    for time in times {
      for value in odd {
        for interval in [nil, Interval(lower: .nan, upper: -.infinity)] {
          samples.append(
            MetricSample(
              metric: "m", labels: ["": "\u{0}\n"], at: Instant(microseconds: time), value: value,
              reference: value, interval: interval))
        }
      }
    }
    let replay = AlertReplay(configuration, costs: .init(missedHour: .nan, falseHour: .infinity))
    let backwards = Degradation(
      model: nil, start: Instant(microseconds: .max), end: Instant(microseconds: .min))
    for samples in [samples, samples.reversed(), [], [samples[50]]] {
      let report = replay.run(samples, degradations: [backwards])
      #expect(try !JSONEncoder().encode(report).isEmpty)
    }
    #expect(replay.run(samples).skippedSamples == 28)
    #expect(Degradation.found(in: samples) == nil)
  }

  @Test func `A report reads back as it was written`() throws {
    let rule = try MinuteSeries.rule("high", "errors", "> 1")
    let samples = MinuteSeries.samples("errors", [0, 2, 0, 2])
    let report = AlertReplay(rules: [rule], costs: .init(missedHour: 3, falseHour: 1)).run(
      samples, degradations: [Degradation(model: "fraud", start: minute(1), end: minute(2))])
    let written = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(ReplayReport.self, from: written) == report)
    let text = String(decoding: written, as: UTF8.self)
    #expect(text.contains("\"end\":null"))
    #expect(text.contains("\"always_fire\""))
  }
}
