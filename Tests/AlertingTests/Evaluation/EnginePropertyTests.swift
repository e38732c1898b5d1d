import Alerting
import Monitoring
import Statistics
import Testing

/// What has to hold for whatever values come.
struct EnginePropertyTests {
  static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

  static let rules = [
    rule("plain", "error_rate", "> 5%"), rule("three", "error_rate", "> 5%", failures: 3),
    rule("hold", "error_rate", ">= 5%", failures: 2) { $0.holdFor = TimeSpan("3m") },
    rule("keep", "error_rate", "> 5%") { $0.keepFiringFor = TimeSpan("4m") },
    rule("hysteresis", "error_rate", "> 5%") {
      $0.keepFiringFor = TimeSpan("2m")
      $0.recovery = .init(upper: 0.02)
    },
    rule("other", "latency", "outside 0.1..0.9", failures: 2),
  ]

  /// Values of some series over two hours, in stretches, with holes.
  static func samples(_ seed: UInt64, holes: Bool = true) -> [MetricSample] {
    var generator = SeededGenerator(seed: seed)
    var samples: [MetricSample] = []
    var levels = Array(repeating: 0.01, count: 4)
    for minute in 0..<120 {
      for series in 0..<4 {
        if generator.uniform() < 0.3 {
          levels[series] = [0.01, 0.03, 0.05, 0.07, 0.95][Int(generator.uniform() * 5)]
        }
        let value: Double? = holes && generator.uniform() < 0.2 ? .nan : levels[series]
        samples.append(
          MetricSample(
            metric: series < 2 ? "error_rate" : "latency",
            labels: ["model_name": series % 2 == 0 ? "a" : "b"], at: Scenario.time(minute),
            value: value))
      }
    }
    return samples
  }

  private func engine() -> AlertEngine {
    AlertEngine(rules: Self.rules, startedAt: Scenario.time(0))
  }

  /// Transitions in an order that does not hang on the order of series.
  private func lines(_ transitions: [AlertTransition]) -> [String] {
    transitions.enumerated().sorted {
      ($0.element.at, $0.element.record.fingerprint, $0.offset)
        < ($1.element.at, $1.element.record.fingerprint, $1.offset)
    }.map { "\($0.element.at.iso8601) \($0.element.line) \($0.element.record.value ?? .nan)" }
  }

  @Test(arguments: seeds)
  func `It makes no difference how samples come in batches`(_ seed: UInt64) {
    let samples = Self.samples(seed)
    var whole = engine()
    let expected = lines(whole.evaluate(samples))
    #expect(expected.count > 20)

    var one = engine()
    #expect(lines(samples.flatMap { one.evaluate([$0]) }) == expected)

    var generator = SeededGenerator(seed: seed)
    var some = engine()
    var rest = samples[...]
    var transitions: [AlertTransition] = []
    while !rest.isEmpty {
      let count = 1 + Int(generator.uniform() * 30)
      transitions += some.evaluate(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(lines(transitions) == expected)

    var shuffled = engine()
    #expect(lines(shuffled.evaluate(samples.reversed())) == expected)
  }

  @Test(arguments: seeds)
  func `Samples without data, wherever they come, change nothing`(_ seed: UInt64) {
    let samples = Self.samples(seed, holes: false)
    var generator = SeededGenerator(seed: seed)
    let more = samples.flatMap { sample -> [MetricSample] in
      guard generator.uniform() < 0.5 else { return [sample] }
      var empty = sample
      empty.at = Instant(microseconds: sample.at.microseconds + 1 + Int64(generator.uniform() * 9))
      empty.value = generator.uniform() < 0.5 ? nil : .nan
      return [sample, empty]
    }
    var plain = engine()
    var holed = engine()
    let expected = lines(plain.evaluate(samples))
    #expect(more.count > samples.count)
    #expect(lines(holed.evaluate(more)) == expected)
  }

  @Test(arguments: seeds)
  func `Alerts only go from one state to those that may follow it`(_ seed: UInt64) {
    let next: [AlertTransition.Kind?: Set<AlertTransition.Kind>] = [
      nil: [.pending], .pending: [.firing, .cleared], .firing: [.resolved],
      .resolved: [.pending], .cleared: [.pending],
    ]
    var engine = engine()
    var states: [String: AlertTransition.Kind] = [:]
    var seen: Set<AlertTransition.Kind> = []
    for sample in Self.samples(seed) {
      for transition in engine.evaluate([sample]) + engine.advance(to: sample.at) {
        let before = states[transition.record.fingerprint]
        #expect(next[before]?.contains(transition.kind) == true, "\(transition)")
        states[transition.record.fingerprint] = transition.kind
        seen.insert(transition.kind)
      }
    }
    #expect(seen.count == 4)
  }

  @Test(arguments: seeds)
  func `What was kept goes on as if nothing had been between`(_ seed: UInt64) {
    let samples = Self.samples(seed)
    var usual = engine()
    let expected = lines(usual.evaluate(samples))
    var current = engine()
    var known: [MetricSample] = []
    var transitions: [AlertTransition] = []
    for sample in samples {
      var next = engine()
      next.recall(known)
      transitions += next.restore(Array(current.keptByFingerprint().values), at: sample.at)
      current = next
      transitions += current.evaluate([sample])
      known.append(sample)
    }
    #expect(lines(transitions) == expected)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `A pager gets each beginning once and, once all is well, each end`(_ seed: UInt64) throws {
    let run = try ScenarioRun.transcript(random(seed))
    var began: Set<String> = []
    var last: [String: AlertMessage.Kind] = [:]
    for message in run.messages(of: "pager") {
      guard let alert = message.alerts.first else { continue }
      #expect(message.alerts.count == 1)
      if message.kind == .firing {
        let isNew = began.insert("\(alert.fingerprint) \(alert.startsAt?.iso8601 ?? "")").inserted
        #expect(isNew, "\(alert.name) was told twice of the same time")
      }
      if message.kind == .resolved {
        #expect(last[alert.fingerprint] != nil && last[alert.fingerprint] != .resolved)
      }
      last[alert.fingerprint] = message.kind
    }
    #expect(began.count > 5)
    #expect(last.values.allSatisfy { $0 == .resolved })
    #expect(run.manager.records().allSatisfy { $0.state != .firing })
  }

  @Test(arguments: [UInt64(1), 2, 3], [ScenarioRun.Trouble.restarts, .failingCommits])
  func `Trouble at every step changes nothing of it`(
    _ seed: UInt64, _ trouble: ScenarioRun.Trouble
  ) throws {
    let usual = try ScenarioRun.transcript(random(seed)).lines
    let lines = try ScenarioRun.transcript(random(seed), trouble).lines
    let differing = zip(lines, usual).first { $0 != $1 }
    #expect(lines == usual, "\(String(describing: differing))")
  }

  /// An hour of all that may happen, and two in which all is well.
  private func random(_ seed: UInt64) -> Scenario {
    var generator = SeededGenerator(seed: seed)
    var script = ""
    for sample in Self.samples(seed) where sample.at < Scenario.time(60) {
      let minute = (sample.at.microseconds - Scenario.start) / 60_000_000
      let model = sample.labels["model_name"] ?? ""
      let value = sample.value.map { "\($0)" } ?? "none"
      script += "at \(minute)m \(sample.metric){model_name=\"\(model)\"} \(value)\n"
      let chance = generator.uniform()
      if chance < 0.03 {
        script += "at \(minute)m ack keep/\(model)\n"
      } else if chance < 0.04 {
        script += "at \(minute)m silence model_name=\(model) 7m\n"
      } else if chance < 0.06 {
        // Not for long: the pauses between attempts are by chance, and longer than a minute then.
        script += "at \(minute)m down chat\nat \(minute + 3)m up chat\n"
      }
    }
    script += "at 60m up chat\n"
    for minute in [60, 61, 70, 71, 179] {
      for model in ["a", "b"] {
        script += "at \(minute)m error_rate{model_name=\"\(model)\"} 0.01\n"
        script += "at \(minute)m latency{model_name=\"\(model)\"} 0.5\n"
      }
    }
    return Scenario(
      "seed \(seed)",
      alerting(Self.rules, channels: ["chat"], pagers: ["pager"]) { $0.flapping.starts = 3 },
      script)
  }
}
