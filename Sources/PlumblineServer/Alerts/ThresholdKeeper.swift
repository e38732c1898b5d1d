import Alerting
import DataSources
import Logging
import Monitoring
import Store

/// Puts thresholds that follow history in force: those people applied at once, those of rules that ask for
/// it once a day, but for what somebody reverted: that is proposed until somebody applies it.
struct ThresholdKeeper: Sendable {
  let history: History
  let manager: AlertManager
  let logger: Logger

  /// How often thresholds are worked out.
  static let pauseMicroseconds: Int64 = 86_400_000_000

  /// Has the manager use the conditions in force.
  func follow(_ rules: [AlertRule]) throws {
    let conditions = try ThresholdLog(history).conditions(for: rules)
    // Also rules that follow nothing: a look that began before a reload may have given one the condition of the
    // rule that had its name.
    for rule in rules { manager.follow(conditions[rule.name], for: rule.name) }
  }

  /// Works out the thresholds of rules that have them follow history, which may take a while.
  ///
  /// - Parameter goesOn: is asked before each rule, so that a service that stops need not wait for all.
  func update(
    _ rules: [AlertRule], at now: Instant, while goesOn: () -> Bool = { true }
  ) throws {
    let dynamic = rules.filter { $0.dynamic != nil }
    guard !dynamic.isEmpty else { return }
    let telling = try Degradation.metrics.flatMap { try history.samples(of: $0) }
    let degradations = Degradation.found(in: telling) ?? []
    // The values of one metric at a time are in memory, read once for all its rules.
    let byMetric = Dictionary(grouping: dynamic, by: \.metric)
    for metric in byMetric.keys.sorted() {
      guard goesOn() else { return }
      let samples = try history.samples(of: metric, from: DynamicThreshold.start(before: now))
      for rule in byMetric[metric] ?? [] {
        guard goesOn() else { return }
        try update(rule, samples, degradations, at: now)
      }
    }
  }

  private func update(
    _ rule: AlertRule, _ samples: [MetricSample], _ degradations: [Degradation], at now: Instant
  ) throws {
    do {
      let proposal = try DynamicThreshold.propose(
        rule: rule, history: samples, now: now,
        inForce: ThresholdLog(history).threshold(inForceFor: rule), degradations: degradations)
      try keep(proposal, rule, at: now)
    } catch let error as ThresholdError {
      // Too little history is no news.
      logger.debug(
        "no threshold follows history yet",
        metadata: ["rule": "\(rule.name)", "reason": "\(error.what)"])
    }
  }

  private func keep(_ proposal: ThresholdProposal, _ rule: AlertRule, at now: Instant) throws {
    guard proposal.newThreshold != proposal.oldThreshold else { return }
    let log = ThresholdLog(history)
    let about: Logger.Metadata = [
      "rule": "\(rule.name)", "from": "\(proposal.oldThreshold)", "to": "\(proposal.newThreshold)",
    ]
    let changes = try history.thresholdChanges(of: rule.name)
    // What somebody took back is theirs to put in force again, or it could not be reverted for longer than a day.
    let isTakenBack = changes.first { $0.state != .proposed }?.state == .reverted
    guard rule.dynamic?.mode == .apply, !isTakenBack else {
      let last = changes.first
      guard last?.after != proposal.newThreshold || last?.state != .proposed else { return }
      try log.keep(proposal, at: now)
      logger.notice("a threshold is proposed", metadata: about)
      return
    }
    try log.apply(proposal, to: rule, at: now)
    logger.notice("a threshold follows its metric's history", metadata: about)
  }
}
