import Monitoring
import Statistics
import Testing

@testable import Alerting

/// What many thresholds do over a history is what the engine does with each.
struct ThresholdTrialTests {
  /// Values in stretches, of two series, one of which is silent for more than a week.
  private static func samples(_ seed: UInt64) -> [MetricSample] {
    var generator = SeededGenerator(seed: seed)
    return ["a", "b"].flatMap { model -> [MetricSample] in
      var level = 0.5
      return (0..<400).map { step in
        if generator.uniform() < 0.3 { level = generator.uniform() }
        let value = level + 0.05 * generator.uniform()
        let hole = model == "b" && step >= 200 ? 11 * 1_440 : 0
        var sample = MetricSample(
          metric: "errors", labels: ["model_name": model],
          at: MinuteSeries.minute(step * 10 + hole), value: value)
        if generator.uniform() < 0.5 {
          sample.interval = Interval(lower: value - 0.1, upper: value + 0.1)
        }
        return sample
      }
    }.sorted { $0.at < $1.at }
  }

  private static func rule(_ generator: inout SeededGenerator, isAbove: Bool) throws -> AlertRule {
    var rule = try MinuteSeries.rule("errors", "errors", isAbove ? "> 0.5" : "< 0.5")
    rule.consecutiveFailures = 1 + Int(generator.uniform() * 3)
    rule.holdFor = generator.uniform() < 0.3 ? TimeSpan("25m") : nil
    rule.keepFiringFor = generator.uniform() < 0.3 ? TimeSpan("35m") : nil
    rule.requiresSignificance = generator.uniform() < 0.3
    if generator.uniform() < 0.3 {
      rule.recovery = isAbove ? .init(upper: 0.3) : .init(lower: 0.7)
    }
    return rule
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `Firings are as many as in a replay, and told for as long`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let sign = seed % 2 == 0 ? 1.0 : -1
    let rule = try Self.rule(&generator, isAbove: sign > 0)
    let samples = Self.samples(seed)
    let last = try #require(samples.last).at
    let degradation = Degradation(
      model: "a", start: MinuteSeries.minute(500), end: MinuteSeries.minute(900))
    let history = try HealthyHistory(
      rule, samples, now: last, sign: sign, degradations: [degradation])
    #expect(history.stretches.count == 1)
    let trial = ThresholdTrial(rule, history, sign: sign)
    let levels = (1..<20).map { Double($0) / 20 }
    let counts = trial.falseFirings(of: levels)
    let replays = levels.map {
      AlertReplay(rules: [trial.rule(with: $0)]).run(history.healthy).rules[0].firings
    }
    #expect(counts == replays)
    #expect(counts.max() ?? 0 > 5)
    // What is too loud is counted no further.
    #expect(trial.falseFirings(of: levels, most: 3) == replays.map { min($0, 4) })

    let stretch = try #require(history.stretches.first).range
    for told in trial.told(by: levels) {
      let firings = AlertReplay(rules: [trial.rule(with: told.threshold)]).run(history.all).firings
      let ranges = TimeRanges(
        firings.filter { $0.labels["model_name"] == "a" }.map {
          .init(start: $0.start.microseconds, end: $0.end?.microseconds ?? .max)
        })
      #expect(
        told.lengths == [ranges.touches(stretch) ? ranges.clipped(to: stretch).total : nil])
    }
  }
}
