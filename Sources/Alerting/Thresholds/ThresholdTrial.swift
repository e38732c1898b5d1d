import Monitoring
import Statistics

/// Tries thresholds of a rule over a history, many in one replay.
struct ThresholdTrial {
  let rule: AlertRule
  let history: HealthyHistory
  /// 1 where values above the threshold fail, −1 where those below do.
  let sign: Double
  private let healthy: ReplayInput
  private let all: ReplayInput

  /// What a threshold did.
  struct Outcome {
    var threshold: Double
    /// Firings over the healthy part.
    var falseFirings: Int
    /// How long it fires in each stretch; nil where it does not.
    var told: [Int64?]

    /// Whether it tells every stretch another threshold tells, for at least half as long: a spike within
    /// a degradation is not enough.
    func tells(as other: Outcome) -> Bool {
      zip(told, other.told).allSatisfy { own, other in
        guard let other else { return true }
        return own.map { $0 * 2 >= other } ?? false
      }
    }
  }

  init(_ rule: AlertRule, _ history: HealthyHistory, sign: Double) {
    self.rule = rule
    self.history = history
    self.sign = sign
    healthy = ReplayInput(history.healthy)
    all = ReplayInput(history.all)
  }

  func rule(with threshold: Double, name: String? = nil) -> AlertRule {
    var rule = rule
    rule.name = name ?? rule.name
    rule.condition =
      sign > 0
      ? rule.condition.replacingBounds(upper: threshold)
      : rule.condition.replacingBounds(lower: threshold)
    return rule
  }

  /// O(thresholds · values that fail + values).
  func outcomes(of thresholds: [Double]) -> [Outcome] {
    var configuration = AlertingConfiguration()
    configuration.rules = thresholds.enumerated().map { rule(with: $1, name: "\($0)") }
    let quiet = firings(configuration, healthy)
    let loud = history.stretches.isEmpty ? [] : firings(configuration, all)
    let counts = Dictionary(grouping: quiet, by: \.record.rule).mapValues(\.count)
    let ranges = Dictionary(grouping: loud, by: \.record.fingerprint).mapValues { firings in
      TimeRanges(
        firings.map {
          .init(
            start: $0.start.microseconds,
            end: max($0.start.microseconds, $0.end?.microseconds ?? .max))
        })
    }
    return thresholds.enumerated().map { place, threshold in
      let told = history.stretches.map { stretch -> Int64? in
        let ranges = ranges[AlertEngine.fingerprint("\(place)", stretch.labels)]
        guard let ranges, ranges.touches(stretch.range) else { return nil }
        return ranges.clipped(to: stretch.range).total
      }
      return Outcome(
        threshold: threshold, falseFirings: counts["\(place)"] ?? 0, told: told)
    }
  }

  private func firings(
    _ configuration: AlertingConfiguration, _ input: ReplayInput
  ) -> [ReplayRun.Firing] {
    var run = ReplayRun(configuration, startedAt: input.samples.first?.at, countsMessages: false)
    run.replay(input)
    return run.firings
  }

  /// A threshold's whole record, as people would have met it.
  func record(_ threshold: Double) -> ThresholdProposal.Record {
    let report = AlertReplay(rules: [rule(with: threshold)]).run(history.all)
    let outcome = outcomes(of: [threshold])[0]
    let weeks = Double(history.microseconds) / 604_800e6
    let replay = report.rules.first
    return ThresholdProposal.Record(
      firings: replay?.firings ?? 0,
      firingsPerWeek: weeks > 0 ? Double(replay?.firings ?? 0) / weeks : 0,
      falseFirings: outcome.falseFirings, firingShare: replay?.firingShare,
      notifications: report.notifications, caughtStretches: outcome.told.count { $0 != nil })
  }

  // MARK: Search

  /// Firings for nothing a threshold may have: one in each whole week.
  var allowed: Int { Int(history.microseconds / 604_800_000_000) }

  /// The share of healthy values that may be beyond a threshold that is quiet.
  private static let mostBeyond = 0.1

  /// Whether a threshold is quiet enough by itself, whatever looser ones are.
  func isQuiet(_ threshold: Double) -> Bool {
    let beyond = history.healthy.count { sign * ($0.value ?? 0) > sign * threshold }
    return Double(beyond) <= Self.mostBeyond * Double(history.healthy.count)
      && outcomes(of: [threshold])[0].falseFirings <= allowed
  }

  /// The strictest threshold that, and all looser than that, are quiet enough.
  func quietest() -> Double {
    let levels = candidates()
    guard let loosest = levels.last else { return 0 }
    let found = strictest(of: levels)
    guard let place = levels.firstIndex(of: found), place > 0 else { return found }
    // Between it and the next stricter one, which is too loud.
    let below = levels[place - 1]
    let step = (found - below) / 16
    guard step.isFinite, abs(step) > 0 else { return found }
    let finer = (1...16).map { below + step * Double($0) }.filter { $0 != below } + [loosest]
    return strictest(of: finer)
  }

  private func strictest(of levels: [Double]) -> Double {
    let outcomes = outcomes(of: levels)
    let tooLoud = outcomes.lastIndex { $0.falseFirings > allowed }
    let place = tooLoud.map { min($0 + 1, outcomes.count - 1) } ?? 0
    return outcomes[place].threshold
  }

  /// Healthy values, the strictest first: quantiles, closer together the rarer they are, and steps. What
  /// more than a tenth of them is beyond fires all the time, whatever the number of its firings.
  private func candidates() -> [Double] {
    var badness = history.healthy.map { sign * ($0.value ?? 0) }
    sortAscending(&badness)
    guard let worst = badness.last, let least = quantile(badness.span, 1 - Self.mostBeyond)
    else { return [] }
    let levels: [Double] = [
      0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999,
    ]
    var found = levels.compactMap { quantile(badness.span, $0) }
    found += (1...20).map { least + (worst - least) * Double($0) / 20 }
    // A bound that a value on it fails at has to be beyond the worst.
    found += [worst, worst + max(history.scale * 0.01, abs(worst) * 1e-9)]
    return Set(found.filter(\.isFinite)).sorted().map { sign * $0 }
  }
}
