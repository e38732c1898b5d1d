import Alerting
import Monitoring
import Statistics
import Support
import Testing

/// Prometheus and Plumbline hold the same rules against the same series, and have to say the same at
/// every minute: which alerts are pending, which fire, with which labels and words.
struct PrometheusEqualityTests {
  /// Numbers a sixteenth apart, so that values meet bounds and both sides compute without an error.
  private static func number(_ generator: inout SeededGenerator, _ range: ClosedRange<Int>)
    -> Double
  {
    let width = Double(range.upperBound - range.lowerBound + 1)
    return Double(range.lowerBound + Int(generator.uniform() * width)) / 16
  }

  /// A change against 0 is no data, which keeps alerts here and ends them there.
  private static func reference(_ generator: inout SeededGenerator) -> Double {
    let number = number(&generator, -4...8)
    return number == 0 ? 1 : number
  }

  private static func pick<Value>(
    _ generator: inout SeededGenerator, _ values: [Value]
  ) throws -> Value {
    try #require(values.randomElement(using: &generator))
  }

  private static func condition(_ generator: inout SeededGenerator) throws -> String {
    let number = number(&generator, -8...24)
    let text = "\(number)"
    return switch try pick(&generator, [0, 1, 2, 3, 4, 5, 6]) {
    case 0: "> \(text)"
    case 1: ">= \(text)"
    case 2: "< \(text)"
    case 3: "<= \(text)"
    case 4: "outside \(number - 0.5)..\(number + 0.5)"
    case 5: "change \(try pick(&generator, [">", "<", ">=", "<="])) \(text)"
    default: "change outside -50%..\(try pick(&generator, [50, 75, 100]))%"
    }
  }

  private static func rule(
    _ name: String, _ generator: inout SeededGenerator
  ) throws -> AlertRule {
    var rule = try MinuteSeries.rule(
      name, try pick(&generator, ["errors", "latency"]), try condition(&generator),
      failures: try pick(&generator, [1, 1, 2, 3, 5]),
      severity: try pick(&generator, AlertSeverity.allCases))
    rule.description = try #require(
      DescriptionTemplate("{{{rule}}} of {metric} at {labels.zone}, {labels.team}: {severity}"))
    rule.requiresSignificance = try pick(&generator, [true, false])
    rule.holdFor = try pick(&generator, [nil, nil, TimeSpan("90s"), TimeSpan("3m")])
    rule.matchers = try pick(
      &generator,
      [
        [], [.init(label: "model_name", value: "fraud")],
        [.init(label: "zone", operation: .notEqual, value: "eu")],
        [
          .init(label: "zone", operation: .matches, value: "e.|"),
          .init(label: "model_name", operation: .matchesNot, value: "fr.*\\.d"),
        ],
        [.init(label: "model_name", operation: .matches, value: "(?i)FRAUD|ch[a-z]{2}n")],
      ])
    rule.labels = try pick(&generator, [[:], ["team": "{{ $value }}", "topic": "a \"topic\""]])
    rule.keepFiringFor = try pick(
      &generator, [nil, TimeSpan("1m"), TimeSpan("150s"), TimeSpan("4m")])
    if try pick(&generator, [true, false]), case .beyond(_, var bounds) = rule.condition.test {
      bounds.lower += 0.25
      bounds.upper -= 0.25
      bounds.isInclusive = try pick(&generator, [true, false])
      rule.recovery = bounds
    }
    return rule
  }

  /// A rule on what is missing, for a time that ends between two minutes: on a minute Prometheus still has the value
  /// of its beginning.
  private static func absence(
    _ name: String, _ generator: inout SeededGenerator
  ) throws -> AlertRule {
    var rule = try rule(name, &generator)
    rule.metric = "heartbeat"
    rule.condition = .absent
    rule.recovery = nil
    rule.holdFor = try pick(&generator, [TimeSpan("90s"), TimeSpan("150s"), TimeSpan("210s")])
    return rule
  }

  /// Values with holes, the first of them there.
  private static func heartbeats(_ generator: inout SeededGenerator) -> [Double] {
    var isThere = true
    return (0..<40).map { minute in
      if minute > 0, generator.uniform() < 0.25 { isThere.toggle() }
      return isThere ? 1 : .nan
    }
  }

  private static func scenario(seed: UInt64) throws -> PrometheusScenario {
    var generator = SeededGenerator(seed: seed)
    var scenario = PrometheusScenario(
      rules: [], series: [], references: [], intervals: [], steps: 40)
    for index in 0..<12 { scenario.rules.append(try rule("rule \(index)", &generator)) }
    for metric in ["errors", "latency"] {
      for model in ["fraud", "churn"] {
        for zone in ["eu", "us", nil] {
          var labels = ["model_name": model]
          labels["zone"] = zone
          let values = (0..<40).map { _ in number(&generator, -16...32) }
          scenario.series.append((metric, labels, values))
          scenario.references.append(
            try pick(
              &generator, [nil, values.map { _ in reference(&generator) }]))
          scenario.intervals.append(
            try pick(
              &generator,
              [
                nil,
                values.map {
                  Interval(
                    lower: $0 - number(&generator, 0...8), upper: $0 + number(&generator, 0...8))
                },
              ]))
        }
      }
    }
    for index in 0..<4 { scenario.rules.append(try absence("absence \(index)", &generator)) }
    for labels in [
      ["model_name": "fraud", "zone": "eu"], ["model_name": "churn", "zone": "us"],
      ["model_name": "fraud"],
    ] {
      scenario.series.append(("heartbeat", labels, heartbeats(&generator)))
      scenario.references.append(nil)
      scenario.intervals.append(nil)
    }
    return scenario
  }

  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func `Prometheus says the same at every minute`(seed: UInt64) throws {
    let scenario = try Self.scenario(seed: seed)
    let rules = PrometheusRules(rules: scenario.rules)
    #expect(rules.leftOut.isEmpty)
    let folder = try TemporaryFolder()
    let yaml = try rules.yaml
    _ = try folder.write("rules.yaml", yaml)
    let tests = try folder.write("tests.yaml", scenario.expectations(rulesFile: "rules.yaml"))
    let (code, output) = try promtool(["test", "rules", tests])
    #expect(code == 0, "\(output.prefix(2_000))\(yaml)")
  }

  @Test func `A difference would be found`() throws {
    var scenario = try Self.scenario(seed: 1)
    let yaml = try PrometheusRules(rules: scenario.rules).yaml
    for index in scenario.rules.indices { scenario.rules[index].consecutiveFailures += 2 }
    let folder = try TemporaryFolder()
    _ = try folder.write("rules.yaml", yaml)
    let tests = try folder.write("tests.yaml", scenario.expectations(rulesFile: "rules.yaml"))
    #expect(try promtool(["test", "rules", tests]).code != 0)
  }
}
