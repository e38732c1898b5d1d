import Foundation
public import Monitoring
import Statistics

/// Thresholds that follow a metric's own history: against alerts that come so often for nothing that
/// nobody looks any more.
///
/// **What is usual.** For each series of the rule, medians by the hour of the week (three weeks of history
/// or more), of the day (three days) or of all; what they leave has a robust standard deviation (see
/// ``SeasonalBaseline``, ``RobustSpread``). A run of at least three values, or as many as the rule asks
/// for, that are more than six of these on the wrong side is taken for a real degradation, as are those
/// that are given; single ones are noise. What is left is healthy; where that is less than three
/// quarters, nothing is proposed.
///
/// **The threshold.** The strictest with which the rule, replayed over the healthy history with its own
/// counts and times, fires at most once a week (not at all in a history of less), as do all looser ones,
/// and beyond which at most a tenth of the values are. It is proposed where it is looser than the one in
/// force and that one is not as quiet, rounded to the next number that is readable
/// at half the noise's size. A stricter one is named and is proposed only where that is asked for. No
/// threshold is proposed that tells a degradation for less than half as long as the one in force; and none
/// beyond the owner's bounds.
///
/// Limits: a degradation that lasts for most of the history is what is usual; a burst at the same
/// time every day that takes less than half an hour's values counts as a degradation each time.
///
/// Sources: Rousseeuw and Croux (1993) and Cleveland et al. (1990) as named there; one false alarm a week
/// as the aim of a control chart's limits, Montgomery, "Introduction to Statistical Quality Control".
public enum DynamicThreshold {
  /// Works out a threshold.
  ///
  /// - Parameters:
  ///   - rule: with a condition on the value and one bound.
  ///   - history: samples of any metrics in any order; the last eight weeks of the rule's own count.
  ///   - now: what is later does not count.
  ///   - inForce: the threshold in force; nil for the rule's own.
  ///   - degradations: known ones. More are found, see above.
  ///   - allowsTightening: whether a stricter threshold is proposed too.
  public static func propose(
    rule: AlertRule, history: [MetricSample], now: Instant, inForce: Double? = nil,
    degradations: [Degradation] = [], allowsTightening: Bool = false
  ) throws(ThresholdError) -> ThresholdProposal {
    let (own, sign) = try threshold(of: rule)
    let bounds = try bounds(of: rule)
    let old = inForce.flatMap { $0.isFinite ? $0 : nil } ?? own
    let healthy = try HealthyHistory(
      rule, history, now: now, sign: sign, degradations: degradations)
    let trial = ThresholdTrial(rule, healthy, sign: sign)
    let quiet = rounded(trial.quietest(), away: sign, scale: healthy.scale)
    var choice = Choice(threshold: old)
    if sign * quiet > sign * old, !trial.isQuiet(old) {
      choice = loosened(trial, from: old, to: quiet)
    } else if allowsTightening, sign * quiet < sign * old {
      choice.threshold = held(quiet, by: rule.recovery, sign: sign)
    }
    choice.clip(to: bounds, from: old, sign: sign)
    let (first, last) = (healthy.all.first?.at ?? now, healthy.all.last?.at ?? now)
    let isChanged = choice.threshold != old
    let isLooser = sign * choice.threshold > sign * old
    let oldRecord = trial.record(old)
    var proposal = ThresholdProposal(
      rule: rule.name, metric: rule.metric,
      direction: !isChanged ? .keep : isLooser ? .loosen : .tighten, oldThreshold: old,
      newThreshold: choice.threshold, isClipped: choice.isClipped,
      isLimitedByDegradations: choice.isLimited, from: first, to: last,
      values: healthy.all.count, series: healthy.series, season: healthy.season,
      residualScale: healthy.scale,
      lowerResidual: quantile(healthy.residuals.span, 0.01) ?? 0,
      upperResidual: quantile(healthy.residuals.span, 0.99) ?? 0,
      unhealthyStretches: healthy.stretches.count, unhealthyShare: healthy.unhealthyShare,
      old: oldRecord, new: isChanged ? trial.record(choice.threshold) : oldRecord,
      confidence: confidence(healthy, choice))
    if sign * quiet < sign * old, !allowsTightening {
      proposal.tighterThreshold =
        bounds.map { min(max(quiet, $0.lowerBound), $0.upperBound) } ?? quiet
      if proposal.tighterThreshold == old { proposal.tighterThreshold = nil }
    }
    proposal.explanation = proposal.explained(bounds: bounds)
    return proposal
  }

  /// Since when samples count; what is before need not be read.
  public static func start(before now: Instant) -> Instant {
    now.adding(microseconds: -HealthyHistory.weeks * 604_800_000_000)
  }

  /// The rule's own threshold, and 1 where values above it fail, −1 where those below do.
  static func threshold(
    of rule: AlertRule
  ) throws(ThresholdError) -> (threshold: Double, sign: Double) {
    if case .beyond(.value, let bounds) = rule.condition.test,
      bounds.lower.isFinite != bounds.upper.isFinite
    {
      return bounds.upper.isFinite ? (bounds.upper, 1) : (bounds.lower, -1)
    }
    throw .notOneSided(rule: rule.name, condition: rule.condition.text)
  }

  /// The owner's, which may be open on a side; nil where there are none.
  static func bounds(
    of rule: AlertRule
  ) throws(ThresholdError) -> ClosedRange<Double>? {
    guard let dynamic = rule.dynamic else { return nil }
    guard dynamic.minimum <= dynamic.maximum else {
      throw .invalidBounds(
        rule: rule.name, minimum: dynamic.minimum, maximum: dynamic.maximum)
    }
    return dynamic.minimum...dynamic.maximum
  }

  // MARK: Choice

  private struct Choice {
    var threshold: Double
    var isClipped = false
    var isLimited = false

    /// What the owner's bounds leave of it; never the other way than was meant.
    mutating func clip(to bounds: ClosedRange<Double>?, from old: Double, sign: Double) {
      guard let bounds, threshold != old, !bounds.contains(threshold) else { return }
      let within = min(max(threshold, bounds.lowerBound), bounds.upperBound)
      isClipped = true
      threshold = (sign * (threshold - old) > 0) == (sign * (within - old) > 0) ? within : old
    }
  }

  /// A looser threshold, as far as it still tells every degradation the old one does.
  private static func loosened(
    _ trial: ThresholdTrial, from old: Double, to quiet: Double
  ) -> Choice {
    let steps = [old] + (1...24).map { old + (quiet - old) * Double($0) / 24 }
    let told = trial.told(by: steps.dropLast() + [quiet])
    let place = told.lastIndex { $0.tells(as: told[0]) } ?? 0
    var choice = Choice(threshold: told[place].threshold)
    guard place < told.count - 1 else { return choice }
    choice.isLimited = true
    if place > 0 {
      // Rounded back, which cannot lose what it tells; not so far that nothing is won.
      let back = rounded(
        choice.threshold, away: -trial.sign, scale: abs(quiet - old) / 4)
      if trial.sign * back > trial.sign * old { choice.threshold = back }
    }
    return choice
  }

  /// A stricter threshold not beyond the bound at which an alert recovers.
  private static func held(
    _ threshold: Double, by recovery: AlertCondition.Bounds?, sign: Double
  ) -> Double {
    guard let recovery else { return threshold }
    let bound = sign > 0 ? recovery.upper : recovery.lower
    return bound.isFinite && sign * bound > sign * threshold ? bound : threshold
  }

  /// The next number of few digits, in steps of at most half the noise.
  static func rounded(_ value: Double, away sign: Double, scale: Double) -> Double {
    let size = max(scale / 2, abs(value) * 1e-3)
    guard value.isFinite, size > 0, size.isFinite else { return value }
    let exponent = Int(log10(size).rounded(.down))
    guard (-300...300).contains(exponent) else { return value }
    let step = pow(10, Double(exponent))
    let count = (value / step).rounded(sign > 0 ? .up : .down)
    guard abs(count) < 1e15 else { return value }
    // Through text, so that 535 thousandths are 0.535 and not the sum of their errors.
    return Double("\(Int64(count))e\(exponent)") ?? value
  }

  private static func confidence(
    _ history: HealthyHistory, _ choice: Choice
  ) -> ThresholdProposal.Confidence {
    let weeks = Double(history.microseconds) / 604_800e6
    if weeks < 1 || choice.isLimited || history.unhealthyShare > 0.15 { return .low }
    return weeks >= 3 && history.unhealthyShare <= 0.05 && !choice.isClipped ? .high : .medium
  }
}
