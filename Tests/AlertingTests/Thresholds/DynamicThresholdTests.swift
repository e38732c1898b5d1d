import Alerting
import Foundation
import Monitoring
import Statistics
import Testing

struct DynamicThresholdTests {
  private func end(_ samples: [MetricSample]) -> Instant {
    samples.map(\.at).max() ?? MinuteSeries.start
  }

  @Test func `A threshold in the daily noise is raised until it fires about once a week`() throws {
    let history = NoisySeries.samples(
      days: 28, seed: 1, shifts: [(fromHour: 24 * 20, hours: 6, by: 0.4)])
    let rule = try NoisySeries.rule("> 0.5")
    let proposal = try DynamicThreshold.propose(rule: rule, history: history, now: end(history))
    #expect(proposal.direction == .loosen)
    #expect(proposal.season == .hourOfWeek)
    #expect(proposal.old.falseFirings > 100)
    #expect(proposal.new.falseFirings <= 4)
    #expect((0.53...0.57).contains(proposal.newThreshold))
    #expect(abs(proposal.residualScale - 0.02) < 0.005)
    #expect(proposal.unhealthyStretches == 1)
    #expect(proposal.old.caughtStretches == 1)
    #expect(proposal.new.caughtStretches == 1)
    #expect(proposal.confidence == .high)
    // Weeks it has not seen are about as quiet, and a shift in them is told.
    var raised = rule
    raised.condition = rule.condition.replacingBounds(upper: proposal.newThreshold)
    let later = NoisySeries.samples(days: 28, seed: 2)
    #expect(AlertReplay(rules: [raised]).run(later).rules[0].firings <= 10)
    #expect(AlertReplay(rules: [rule]).run(later).rules[0].firings > 100)
    let shifted = NoisySeries.samples(
      days: 7, seed: 3, shifts: [(fromHour: 100, hours: 5, by: 0.3)])
    let report = AlertReplay(rules: [raised]).run(
      shifted,
      degradations: [
        Degradation(
          model: nil, start: MinuteSeries.minute(6_000), end: MinuteSeries.minute(6_300))
      ])
    #expect(report.rules[0].detection?.episodeRecall == 1)
  }

  @Test func `The explanation has the figures`() throws {
    let history = NoisySeries.samples(days: 14, seed: 4)
    let proposal = try DynamicThreshold.propose(
      rule: NoisySeries.rule("> 0.5"), history: history, now: end(history))
    #expect(proposal.season == .hourOfDay)
    let text = proposal.explanation
    for figure in [
      "slow fired \(proposal.old.firings) times", "threshold of 0.5",
      "With \(proposal.newThreshold)",
      "\(proposal.new.firings) time", "2016 values", "hour of the day",
      "Confidence is \(proposal.confidence.rawValue)",
    ] {
      #expect(text.contains(figure), "\(figure) in: \(text)")
    }
    let written = try JSONEncoder().encode(proposal)
    #expect(try JSONDecoder().decode(ThresholdProposal.self, from: written) == proposal)
  }

  @Test func `A lower bound goes down`() throws {
    let history = NoisySeries.samples(
      days: 21, seed: 5, metric: "accuracy", level: 0.9, swing: 0.02, noise: 0.01,
      shifts: [(fromHour: 300, hours: 10, by: -0.2)])
    let rule = try NoisySeries.rule("< 0.88", metric: "accuracy", failures: 2)
    let proposal = try DynamicThreshold.propose(rule: rule, history: history, now: end(history))
    #expect(proposal.direction == .loosen)
    #expect((0.8..<0.88).contains(proposal.newThreshold))
    #expect(proposal.new.falseFirings <= 3)
    #expect(proposal.new.caughtStretches == 1)
  }

  @Test func `A quiet threshold is kept, and tightened only where that is asked for`() throws {
    let history = NoisySeries.samples(days: 21, seed: 6)
    let rule = try NoisySeries.rule("> 2")
    let kept = try DynamicThreshold.propose(rule: rule, history: history, now: end(history))
    #expect(kept.direction == .keep)
    #expect(kept.newThreshold == 2)
    let tighter = try #require(kept.tighterThreshold)
    #expect((0.52...0.6).contains(tighter))
    #expect(kept.explanation.contains("\(tighter) would have been quiet enough too"))
    let tightened = try DynamicThreshold.propose(
      rule: rule, history: history, now: end(history), allowsTightening: true)
    #expect(tightened.direction == .tighten)
    #expect(tightened.newThreshold == tighter)
    var recovering = rule
    recovering.recovery = try MinuteSeries.bounds("> 1.5")
    #expect(
      try DynamicThreshold.propose(
        rule: recovering, history: history, now: end(history), allowsTightening: true
      ).newThreshold == 1.5)
  }

  @Test func `The owner's bounds are kept`() throws {
    let history = NoisySeries.samples(days: 21, seed: 7)
    func propose(_ dynamic: String) throws -> ThresholdProposal {
      try DynamicThreshold.propose(
        rule: NoisySeries.rule("> 0.45", dynamic: dynamic), history: history, now: end(history))
    }
    let clipped = try propose("mode: apply, minimum: 0.4, maximum: 0.5")
    #expect(clipped.newThreshold == 0.5)
    #expect(clipped.isClipped)
    #expect(clipped.explanation.contains("its owner allows 0.4 to 0.5"))
    // Bounds that allow only what makes it worse are no reason to make it worse.
    let stuck = try propose("mode: apply, minimum: 0.1, maximum: 0.4")
    #expect(stuck.direction == .keep)
    #expect(stuck.newThreshold == 0.45)
    #expect(stuck.isClipped)
  }

  @Test func `It is not raised over a degradation that the old threshold tells`() throws {
    var history = NoisySeries.samples(
      days: 21, seed: 8, shifts: [(fromHour: 200, hours: 12, by: 0.25)])
    // Single spikes, higher than the degradation: noise.
    for index in stride(from: 50, to: history.count, by: 100) { history[index].value = 1.5 }
    let proposal = try DynamicThreshold.propose(
      rule: NoisySeries.rule("> 0.45"), history: history, now: end(history))
    #expect(proposal.isLimitedByDegradations)
    #expect(proposal.newThreshold < 0.8)
    #expect(proposal.new.caughtStretches == proposal.old.caughtStretches)
    #expect(proposal.confidence == .low)
    #expect(proposal.explanation.contains("would have left a degradation untold"))
  }

  @Test func `A known degradation is no noise, however long`() throws {
    let history = NoisySeries.samples(
      days: 21, seed: 9, shifts: [(fromHour: 0, hours: 100, by: 0.06)])
    let known = Degradation(
      model: "fraud", start: MinuteSeries.minute(0), end: MinuteSeries.minute(6_000))
    let rule = try NoisySeries.rule("> 0.5")
    let told = try DynamicThreshold.propose(
      rule: rule, history: history, now: end(history), degradations: [known])
    let untold = try DynamicThreshold.propose(rule: rule, history: history, now: end(history))
    #expect(told.newThreshold < untold.newThreshold)
    #expect(told.unhealthyStretches == 1)
  }

  @Test func `Without enough to go by it says why`() throws {
    let history = NoisySeries.samples(days: 10, seed: 10)
    let rule = try NoisySeries.rule("> 0.5")
    func error(_ rule: AlertRule, _ history: [MetricSample]) -> ThresholdError? {
      #expect(throws: ThresholdError.self) {
        try DynamicThreshold.propose(
          rule: rule, history: history, now: MinuteSeries.minute(20_000))
      }
    }
    #expect(error(rule, [])?.code == "too_little_history")
    #expect(error(rule, Array(history.prefix(100)))?.code == "too_little_history")
    #expect(
      error(
        rule,
        history.map { sample in
          var sample = sample
          sample.value = .nan
          return sample
        })?.code == "too_little_history")
    let half = NoisySeries.samples(
      days: 10, seed: 11, shifts: [(fromHour: 160, hours: 80, by: 1)])
    #expect(error(rule, half)?.code == "unhealthy_history")
    let twoSided = try MinuteSeries.rule("slow", "latency", "outside 0.1..0.5")
    #expect(error(twoSided, history)?.code == "threshold_not_one_sided")
    #expect(
      error(try MinuteSeries.rule("slow", "latency", "absent"), history)?.mend.isEmpty == false)
    // Nothing later than now counts.
    #expect(throws: ThresholdError.self) {
      try DynamicThreshold.propose(rule: rule, history: history, now: MinuteSeries.minute(60))
    }
  }

  @Test func `A metric that never moves is left alone`() throws {
    let flat = NoisySeries.samples(days: 7, seed: 12, swing: 0, noise: 0)
    let proposal = try DynamicThreshold.propose(
      rule: NoisySeries.rule("> 0.5"), history: flat, now: end(flat))
    #expect(proposal.direction == .keep)
    #expect(proposal.residualScale < 1e-12)
  }
}
