import Alerting
import Monitoring
import Store
import Support
import Testing

struct ThresholdLogTests {
  let folder: TemporaryFolder
  let history: History
  let log: ThresholdLog
  private let minute = MinuteSeries.minute

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
    log = ThresholdLog(history)
  }

  private func rule(_ condition: String = "> 0.5") throws -> AlertRule {
    try NoisySeries.rule(condition, dynamic: "mode: apply, minimum: 0.3, maximum: 0.7")
  }

  @Test func `What is applied is in force until it is reverted, step by step`() throws {
    let rule = try rule()
    #expect(try log.conditions(for: [rule]).isEmpty)
    try log.apply(0.6, to: rule, at: minute(1), explanation: "noise")
    try log.apply(0.65, to: rule, at: minute(2), explanation: "more noise")
    #expect(try history.thresholdsInForce() == ["slow": .init(value: 0.65, own: 0.5)])
    #expect(
      try log.conditions(for: [rule]) == ["slow": rule.condition.replacingBounds(upper: 0.65)])
    let back = try log.revert("slow", at: minute(3), explanation: "it hid an outage")
    #expect((back.before, back.after) == (0.65, 0.6))
    #expect(try history.thresholdsInForce()["slow"]?.value == 0.6)
    #expect(try log.revert("slow", at: minute(4)).after == 0.5)
    #expect(try history.thresholdsInForce().isEmpty)
    #expect(throws: ThresholdError.nothingInForce(rule: "slow")) {
      try log.revert("slow", at: minute(5))
    }
    let lines = try History(path: folder.path + "/h.db").thresholdChanges(of: "slow")
    #expect(lines.map(\.state) == [.reverted, .reverted, .applied, .applied])
    #expect(lines.map(\.explanation).last == "noise")
    #expect(try history.thresholdChanges(limit: 1).map(\.after) == [0.5])
    #expect(try history.thresholdChanges(of: "other").isEmpty)
  }

  @Test func `A proposal changes nothing until it is applied`() throws {
    let rule = try rule()
    let samples = NoisySeries.samples(days: 14, seed: 1)
    let proposal = try DynamicThreshold.propose(
      rule: rule, history: samples, now: minute(14 * 1_440))
    try log.keep(proposal, at: minute(1))
    #expect(try history.thresholdsInForce().isEmpty)
    try log.apply(proposal, to: rule, at: minute(2))
    #expect(try history.thresholdsInForce()["slow"]?.value == proposal.newThreshold)
    #expect(
      try history.thresholdChanges().map(\.explanation)
        == [proposal.explanation, proposal.explanation])
  }

  @Test func `Nothing is applied beyond the owner's bounds, or without them`() throws {
    let bounded = try rule()
    for threshold in [0.71, 0.29, .nan, .infinity, -.infinity] {
      #expect(throws: ThresholdError.self) {
        try log.apply(threshold, to: bounded, at: minute(1), explanation: "")
      }
    }
    #expect(
      throws: ThresholdError.beyondBounds(rule: "slow", threshold: 9, minimum: 0.3, maximum: 0.7)
    ) { try log.apply(9, to: bounded, at: minute(1), explanation: "") }
    for dynamic in ["mode: propose", "mode: propose, maximum: 0.7"] {
      let open = try NoisySeries.rule("> 0.5", dynamic: dynamic)
      #expect(throws: ThresholdError.noBounds(rule: "slow")) {
        try log.apply(0.6, to: open, at: minute(1), explanation: "")
      }
    }
    #expect(try history.thresholdChanges().isEmpty)
  }

  @Test func `What the owner has changed since overrules it`() throws {
    try log.apply(0.6, to: try rule(), at: minute(1), explanation: "noise")
    #expect(try log.conditions(for: [rule("> 0.55")]).isEmpty)
    #expect(try log.conditions(for: [MinuteSeries.rule("slow", "latency", "absent")]).isEmpty)
    let narrower = try NoisySeries.rule(
      "> 0.5", dynamic: "mode: apply, minimum: 0.4, maximum: 0.55")
    #expect(try log.conditions(for: [narrower]).isEmpty)
    #expect(try log.conditions(for: []).isEmpty)
  }

  @Test func `Of what is overruled it is said why, and everybody goes by the rule's own`() throws {
    try log.apply(0.6, to: try rule(), at: minute(1), explanation: "noise")
    let standing = try #require(try log.standings(of: [rule()]).first)
    #expect(standing.own == 0.5 && standing.applied == 0.6 && standing.overruled == nil)
    #expect(try log.inForce(for: [rule()]) == ["slow": 0.6])
    for (changed, words) in [
      (try rule("> 0.55"), "the rule's own threshold was 0.5"),
      (
        try NoisySeries.rule("> 0.5", dynamic: "mode: apply, minimum: 0.4, maximum: 0.55"),
        "dynamic"
      ),
      (try MinuteSeries.rule("slow", "latency", "> 0.5"), "has no `dynamic`"),
      (try MinuteSeries.rule("slow", "latency", "absent"), "no single threshold"),
    ] {
      let standing = try #require(try log.standings(of: [changed]).first)
      #expect(standing.overruled?.contains(words) == true, "\(standing)")
      #expect(try log.inForce(for: [changed]).isEmpty)
      #expect(try log.conditions(for: [changed]).isEmpty)
      #expect(try log.threshold(inForceFor: changed) == nil)
    }
  }

  @Test func `What is applied after the owner changed the rule is in force`() throws {
    try log.apply(0.6, to: try rule(), at: minute(1), explanation: "noise")
    try log.apply(0.65, to: try rule(), at: minute(2), explanation: "noise")
    let changed = try rule("> 0.55")
    #expect(try log.threshold(inForceFor: rule()) == 0.65)
    #expect(try log.threshold(inForceFor: changed) == nil)
    let change = try log.apply(0.62, to: changed, at: minute(3), explanation: "anew")
    #expect(change.before == 0.55)
    #expect(try log.threshold(inForceFor: changed) == 0.62)
    #expect(
      try history.thresholdChanges().map(\.explanation)
        == ["anew", "overruled by the owner", "overruled by the owner", "noise", "noise"])
    #expect(try log.revert("slow", at: minute(4)).after == 0.55)
  }

  @Test func `The manager goes by the threshold in force, and by its own again`() throws {
    let rule = try rule()
    var configuration = AlertingConfiguration()
    configuration.rules = [rule]
    let manager = try AlertManager(configuration, history: history, now: minute(0))
    func fires(at step: Int) throws -> Bool {
      manager.follow(try log.conditions(for: [rule])["slow"], for: "slow")
      return try manager.record(
        MinuteSeries.samples("latency", [0.55], from: step), at: minute(step)
      ).contains { $0.kind == .firing }
    }
    try log.apply(0.6, to: rule, at: minute(1), explanation: "noise")
    #expect(try !fires(at: 2))
    try log.revert("slow", at: minute(3))
    #expect(try fires(at: 4))
  }
}
