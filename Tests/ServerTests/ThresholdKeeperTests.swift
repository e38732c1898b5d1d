import Alerting
import Foundation
import Logging
import Monitoring
import Statistics
import Store
import Support
import Testing

@testable import PlumblineServer

/// Thresholds that follow history while the service runs, whatever day it is.
struct ThresholdKeeperTests {
  let folder: TemporaryFolder
  let history: History
  private static let start = Instant("2026-11-01T00:00:00Z") ?? Instant(microseconds: 0)

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private static func day(_ day: Int, minutes: Int = 0) -> Instant {
    Instant(microseconds: start.microseconds + Int64(day * 1_440 + minutes) * 60_000_000)
  }

  /// A value every ten minutes: the rhythm of the day, and noise.
  private func addDays(_ days: Range<Int>, seed: UInt64 = 1) throws {
    var generator = SeededGenerator(seed: seed)
    try history.add(
      days.flatMap { day in
        (0..<144).map { step in
          let noise = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
          let value = 0.4 + 0.1 * sin(Double(step) / 144 * 2 * .pi) + 0.02 * noise
          return sample(value, at: Self.day(day, minutes: step * 10))
        }
      })
  }

  private func sample(_ value: Double, at time: Instant) -> MetricSample {
    MetricSample(metric: "latency", labels: ["model_name": "m"], at: time, value: value)
  }

  private func rules(_ dynamic: String, condition: String = "> 0.5") throws -> [AlertRule] {
    try ConfigurationReader.rules(
      """
      rules:
        - {name: slow, metric: latency, condition: "\(condition)", consecutive_failures: 1,
           dynamic: {\(dynamic)}}
        - {name: plain, metric: latency, condition: "> 0.5", consecutive_failures: 1}
      """, path: "rules.yaml", environment: [:])
  }

  private func keeper(_ rules: [AlertRule], at now: Instant) throws -> ThresholdKeeper {
    var configuration = AlertingConfiguration()
    configuration.rules = rules
    return ThresholdKeeper(
      history: history, manager: try AlertManager(configuration, history: history, now: now),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Rules that begin to fire at a value.
  private func fires(
    _ keeper: ThresholdKeeper, _ rules: [AlertRule], _ value: Double, at time: Instant
  ) throws -> [String] {
    try keeper.follow(rules)
    let transitions = try keeper.manager.record([sample(value, at: time)], at: time)
    return transitions.filter { $0.kind == .firing }.map(\.record.rule).sorted()
  }

  @Test func `What a rule asks to be applied is in force, within its bounds, and once`() throws {
    try addDays(0..<14)
    let rules = try rules("mode: apply, minimum: 0.3, maximum: 0.7")
    let now = Self.day(14)
    let keeper = try keeper(rules, at: now)
    try keeper.update(rules, at: now)
    let change = try #require(try history.thresholdChanges().first)
    #expect(change.state == .applied && change.rule == "slow" && change.at == now)
    #expect(change.before == 0.5 && (0.52...0.7).contains(change.after))
    #expect(!change.explanation.isEmpty)
    // The next days say nothing new.
    for day in 15..<20 { try keeper.update(rules, at: Self.day(day)) }
    #expect(try history.thresholdChanges().count == 1)
    let between = (0.5 + change.after) / 2
    #expect(try fires(keeper, rules, between, at: Self.day(19, minutes: 1)) == ["plain"])
    #expect(
      try fires(keeper, rules, change.after + 0.01, at: Self.day(19, minutes: 2)) == ["slow"])
    // What somebody takes back is the rule's own again at once.
    _ = try keeper.manager.record(
      [sample(0.3, at: Self.day(20))], at: Self.day(20))
    try ThresholdLog(history).revert("slow", at: Self.day(20))
    #expect(
      try fires(keeper, rules, between, at: Self.day(20, minutes: 1)) == ["plain", "slow"])
  }

  @Test func `What somebody took back is proposed, and not applied by itself again`() throws {
    try addDays(0..<14)
    let rules = try rules("mode: apply, minimum: 0.3, maximum: 0.7")
    let keeper = try keeper(rules, at: Self.day(14))
    try keeper.update(rules, at: Self.day(14))
    let log = ThresholdLog(history)
    try log.revert("slow", at: Self.day(14))
    for day in 15..<20 { try keeper.update(rules, at: Self.day(day)) }
    let changes = try history.thresholdChanges()
    #expect(changes.map(\.state) == [.proposed, .reverted, .applied])
    #expect(try log.inForce(for: rules).isEmpty)
    // Until somebody applies one: from then on it follows history as before.
    try log.apply(0.51, to: rules[0], at: Self.day(20), explanation: "chosen by hand")
    try keeper.update(rules, at: Self.day(21))
    #expect(try history.thresholdChanges().first?.state == .applied)
    #expect(try log.inForce(for: rules)["slow"] == changes.last?.after)
  }

  @Test func `Nothing goes beyond the owner's bounds, also those of today`() throws {
    try addDays(0..<14)
    let wide = try rules("mode: apply, minimum: 0.3, maximum: 0.51")
    let keeper = try keeper(wide, at: Self.day(14))
    try keeper.update(wide, at: Self.day(14))
    #expect(try history.thresholdChanges().map(\.after) == [0.51])
    // Bounds that are narrower now: the threshold in force is out of force, and none comes in its place.
    let narrow = try rules("mode: apply, minimum: 0.3, maximum: 0.505", condition: "> 0.5")
    #expect(
      try fires(keeper, narrow, 0.508, at: Self.day(14, minutes: 1)) == ["plain", "slow"])
    try keeper.update(narrow, at: Self.day(15))
    let inForce = try ThresholdLog(history).inForce(for: narrow)
    #expect(inForce.values.allSatisfy { (0.3...0.505).contains($0) }, "\(inForce)")
  }

  @Test func `What is only proposed changes nothing, and is proposed once`() throws {
    try addDays(0..<14)
    let rules = try rules("mode: propose")
    let keeper = try keeper(rules, at: Self.day(14))
    for day in 14..<18 { try keeper.update(rules, at: Self.day(day)) }
    let changes = try history.thresholdChanges()
    #expect(changes.map(\.state) == [.proposed] && changes.first?.at == Self.day(14))
    let proposed = try #require(changes.first).after
    #expect(proposed > 0.5)
    #expect(
      try fires(keeper, rules, (0.5 + proposed) / 2, at: Self.day(18)) == ["plain", "slow"])
    #expect(try history.thresholdsInForce().isEmpty)
    // Where history says something else, that is news.
    try addDays(18..<32, seed: 2)
    try history.add(
      (0..<40).map { sample(0.62, at: Self.day(18 + $0 / 3, minutes: 5 + $0 % 3 * 400)) })
    try keeper.update(rules, at: Self.day(32))
    let later = try history.thresholdChanges()
    #expect(later.count == 2 && later.first?.state == .proposed)
    #expect(later.first?.after != proposed)
  }

  @Test func `Too little history, or none of the metric, is no news and no fault`() throws {
    let rules = try rules("mode: apply, minimum: 0.3, maximum: 0.7")
    let keeper = try keeper(rules, at: Self.day(0))
    try keeper.update(rules, at: Self.day(0))
    try history.add([sample(0.9, at: Self.day(0, minutes: 1))])
    try keeper.update(rules, at: Self.day(1))
    #expect(try history.thresholdChanges().isEmpty)
    try keeper.update([], at: Self.day(1))
  }

  @Test func `Where the service stops no other rule is begun with`() throws {
    try addDays(0..<14)
    let one = try rules("mode: propose")
    var other = one[0]
    other.name = "other"
    let keeper = try keeper(one, at: Self.day(14))
    try keeper.update(one + [other], at: Self.day(14)) { false }
    #expect(try history.thresholdChanges().isEmpty)
    // Asked before the metric is read, and before each rule.
    var asked = 0
    try keeper.update(one + [other], at: Self.day(14)) {
      asked += 1
      return asked < 3
    }
    #expect(try history.thresholdChanges().map(\.rule) == ["slow"])
  }

  @Test func `A condition that comes late, from before a reload, does not stay with a rule`() throws
  {
    let rules = try rules("mode: propose")
    let keeper = try keeper(rules, at: Self.day(0))
    // A look that began with the old rules has just given their conditions to the new ones.
    let old = try #require(AlertCondition("> 0.9"))
    keeper.manager.follow(old, for: "plain")
    #expect(try fires(keeper, rules, 0.6, at: Self.day(0, minutes: 1)) == ["plain", "slow"])
  }

  @Test func `Thresholds are worked out once a day, and a clock that was ahead is not waited for`()
  {
    let pause = ThresholdKeeper.pauseMicroseconds
    let next = Instant(microseconds: Self.day(1).microseconds + pause)
    #expect(AlertService.isDue(nil, at: Self.day(1), every: pause))
    #expect(!AlertService.isDue(next, at: Self.day(1, minutes: 1_439), every: pause))
    #expect(AlertService.isDue(next, at: Self.day(2), every: pause))
    #expect(AlertService.isDue(next, at: Self.day(-30), every: pause))
  }
}
