// Times the evaluation of alert rules.
//
// Usage: Alerts [RULES] [SERIES] [STEPS]; prints seconds as one JSON object.

import Foundation
import Plumbline

let numbers = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
let ruleCount = numbers.first ?? 10_000
let seriesCount = numbers.dropFirst().first ?? 1_000
let steps = numbers.dropFirst(2).first ?? 10_080
let start = Instant(microseconds: 1_700_000_000_000_000)
let minute: Int64 = 60_000_000

struct Unreadable: Error {}

@MainActor func seconds(_ work: () throws -> Void) rethrows -> Double {
  let begun = ContinuousClock.now
  try work()
  let taken = begun.duration(to: .now).components
  return Double(taken.seconds) + Double(taken.attoseconds) * 1e-18
}

func time(_ step: Int) -> Instant {
  Instant(microseconds: start.microseconds + Int64(step) * minute)
}

@MainActor func manyRules() throws -> [AlertRule] {
  guard let condition = AlertCondition("> 0.05"),
    let description = DescriptionTemplate("{labels.model_name} fails at {value:.1%}")
  else { throw Unreadable() }
  return (0..<ruleCount).map {
    AlertRule(
      name: "rule_\($0)", metric: "error_rate", condition: condition, severity: .warning,
      description: description)
  }
}

/// One value of each series, the first of which fail.
@MainActor func batch(_ step: Int, failing: Int) -> [MetricSample] {
  (0..<seriesCount).map {
    MetricSample(
      metric: "error_rate", labels: ["model_name": "model_\($0)", "region": "eu"], at: time(step),
      value: $0 < failing ? 0.5 : 0.01)
  }
}

var times: [String: Double] = [:]
let rules = try manyRules()
let healthy = (0..<4).map { batch($0, failing: 0) }
let failing = (4..<8).map { batch($0, failing: seriesCount / 100) }
var engine = AlertEngine(rules: rules, startedAt: start)
times["meeting the series"] = seconds { _ = engine.evaluate(healthy[0]) }
times["all healthy"] = (1..<4).map { step in
  seconds { _ = engine.evaluate(healthy[step]) }
}.min()
var transitions = 0
for (name, samples) in zip(
  ["1 % begin to fail", "1 % fail on", "1 % begin to fire", "1 % fire on"], failing)
{
  times[name] = seconds { transitions += engine.evaluate(samples).count }
}
times["transitions of 1 %"] = Double(transitions)

// A week of live traffic: five metrics of ten models, each of which has a bad quarter of an hour a day.
let metrics = [
  ("error_rate", 0.005, 0.2), ("prediction_latency_p95", 0.1, 0.9),
  ("prediction_latency_p99", 0.3, 3), ("traffic_pattern_change", 0.05, 3),
  ("data_drift_score", 0.05, 0.6),
]
let models = (0..<10).map { "model_\($0)" }
var generator = SeededGenerator(seed: 1)
let week = (0..<steps).map { step in
  models.indices.flatMap { model in
    metrics.map { metric, usual, bad in
      let isBad = (step + model * 60) % 1_440 < 15
      return MetricSample(
        metric: metric, labels: ["model_name": models[model]], at: time(step),
        value: (isBad ? bad : usual) * (0.9 + 0.2 * generator.uniform()))
    }
  }
}
var weekly = AlertEngine(rules: AlertRule.defaults, startedAt: start)
var changes: [AlertTransition.Kind: Int] = [:]
times["a week of minutes"] = seconds {
  for (step, samples) in week.enumerated() {
    let happened = weekly.evaluate(samples) + weekly.advance(to: time(step))
    for transition in happened { changes[transition.kind, default: 0] += 1 }
  }
}
times["alerts of the week"] = Double(changes[.firing] ?? 0)
times["ends of the week"] = Double(changes[.resolved] ?? 0)
times["evaluations"] = Double(ruleCount * seriesCount)
times["minutes"] = Double(steps)
print(String(decoding: try JSONEncoder().encode(times), as: UTF8.self))
