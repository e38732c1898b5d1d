public import Monitoring
public import Store

/// Proposes thresholds, puts them in force and takes them back: every step is a line in the history that
/// says why, and none is beyond what the rule's owner allows.
///
/// ```swift
/// let log = ThresholdLog(history)
/// try log.apply(proposal, to: rule, at: now)
/// let conditions = try log.conditions(for: rules)
/// for rule in rules { manager.follow(conditions[rule.name], for: rule.name) }
/// ```
public struct ThresholdLog: Sendable {
  private let history: History

  public init(_ history: History) {
    self.history = history
  }

  /// Keeps a proposal, to be shown; the threshold stays as it is.
  @discardableResult
  public func keep(
    _ proposal: ThresholdProposal, at now: Instant
  ) throws(HistoryError) -> ThresholdChange {
    var change = ThresholdChange(
      rule: proposal.rule, at: now, before: proposal.oldThreshold, after: proposal.newThreshold,
      explanation: proposal.explanation, state: .proposed)
    change.id = try history.add(change)
    return change
  }

  /// Puts a proposal in force. A person may do so for any rule that has bounds; what does so by itself
  /// asks ``AlertRule/Dynamic/mode`` first.
  ///
  /// - Throws: ``ThresholdError`` where the threshold is beyond the owner's bounds or there are none,
  ///   ``HistoryError``.
  @discardableResult
  public func apply(
    _ proposal: ThresholdProposal, to rule: AlertRule, at now: Instant
  ) throws -> ThresholdChange {
    try apply(proposal.newThreshold, to: rule, at: now, explanation: proposal.explanation)
  }

  /// As ``apply(_:to:at:)``, for a threshold somebody chose.
  @discardableResult
  public func apply(
    _ threshold: Double, to rule: AlertRule, at now: Instant, explanation: String
  ) throws -> ThresholdChange {
    let (own, _) = try DynamicThreshold.threshold(of: rule)
    guard let bounds = try DynamicThreshold.bounds(of: rule), bounds.lowerBound.isFinite,
      bounds.upperBound.isFinite
    else {
      throw ThresholdError.noBounds(rule: rule.name)
    }
    guard bounds.contains(threshold) else {
      throw ThresholdError.beyondBounds(
        rule: rule.name, threshold: threshold, minimum: bounds.lowerBound,
        maximum: bounds.upperBound)
    }
    let inForce = try self.threshold(inForceFor: rule)
    if inForce == nil {
      // What was applied to the rule as it was would keep hidden what is applied to it now.
      while try history.revertThreshold(
        of: rule.name, at: now, explanation: "overruled by the owner") != nil
      {}
    }
    var change = ThresholdChange(
      rule: rule.name, at: now, before: inForce ?? own, after: threshold,
      explanation: explanation, state: .applied)
    change.id = try history.add(change)
    return change
  }

  /// Takes the newest threshold of a rule back.
  ///
  /// - Throws: ``ThresholdError/nothingInForce(rule:)``, ``HistoryError``.
  @discardableResult
  public func revert(
    _ rule: String, at now: Instant, explanation: String = "reverted"
  ) throws -> ThresholdChange {
    guard
      let change = try history.revertThreshold(of: rule, at: now, explanation: explanation)
    else { throw ThresholdError.nothingInForce(rule: rule) }
    return change
  }

  /// The threshold in force in place of a rule's own; nil for its own, also where its owner overruled another.
  public func threshold(inForceFor rule: AlertRule) throws(HistoryError) -> Double? {
    try inForce(for: [rule])[rule.name]
  }

  /// What was applied last to a rule, and whether it is in force.
  public struct Standing: Codable, Sendable, Equatable {
    public var rule: String
    /// The rule's own threshold.
    public var own: Double
    public var applied: Double
    /// nil where the applied one is in force.
    @NullCoded public var overruled: String?
  }

  /// Rules a threshold was applied to, in their order.
  ///
  /// One that the rule's owner has since overruled is not in force: where the rule asks for something else,
  /// has another threshold than when its first change was applied, or bounds that are narrower.
  public func standings(of rules: [AlertRule]) throws(HistoryError) -> [Standing] {
    let applied = try history.thresholdsInForce()
    return rules.compactMap { rule in
      guard let threshold = applied[rule.name] else { return nil }
      // What cannot be had of a rule that was changed since is why its threshold is in force no more.
      guard let (own, _) = try? DynamicThreshold.threshold(of: rule) else {
        return Standing(
          rule: rule.name, own: threshold.own, applied: threshold.value,
          overruled: "the rule's condition has no single threshold any more")
      }
      var standing = Standing(rule: rule.name, own: own, applied: threshold.value)
      if own != threshold.own {
        standing.overruled = "the rule's own threshold was \(threshold.own) when it was applied"
      } else if let bounds = try? DynamicThreshold.bounds(of: rule) {
        if !bounds.contains(threshold.value) {
          standing.overruled = "the rule's `dynamic` does not allow it"
        }
      } else {
        standing.overruled = "the rule has no `dynamic` any more"
      }
      return standing
    }
  }

  /// Thresholds in force in place of rules' own, by rule: what everybody asks who needs to know.
  public func inForce(for rules: [AlertRule]) throws(HistoryError) -> [String: Double] {
    try standings(of: rules).filter { $0.overruled == nil }
      .reduce(into: [:]) { $0[$1.rule] = $1.applied }
  }

  /// Conditions in force in place of rules' own.
  public func conditions(
    for rules: [AlertRule]
  ) throws(HistoryError) -> [String: AlertCondition] {
    let inForce = try inForce(for: rules)
    return rules.reduce(into: [:]) { conditions, rule in
      // One whose condition has no threshold is not in force.
      guard let threshold = inForce[rule.name],
        let (_, sign) = try? DynamicThreshold.threshold(of: rule)
      else { return }
      conditions[rule.name] =
        sign > 0
        ? rule.condition.replacingBounds(upper: threshold)
        : rule.condition.replacingBounds(lower: threshold)
    }
  }
}
