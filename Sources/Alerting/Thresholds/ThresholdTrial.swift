import Monitoring
import Statistics

/// Tries thresholds of a rule over a history, many in one replay.
///
/// What the engine would do is asked of its rules and series themselves, without the records it makes of each
/// change: of the many a strict threshold makes only the number counts, and only up to what is allowed.
struct ThresholdTrial {
  let rule: AlertRule
  let history: HealthyHistory
  /// 1 where values above the threshold fail, −1 where those below do.
  let sign: Double

  /// What a threshold tells of the stretches that were no noise.
  struct Told {
    var threshold: Double
    /// How long it fires in each stretch; nil where it does not.
    var lengths: [Int64?]

    /// Whether it tells every stretch another threshold tells, for at least half as long: a spike within
    /// a degradation is not enough.
    func tells(as other: Told) -> Bool {
      zip(lengths, other.lengths).allSatisfy { own, other in
        guard let other else { return true }
        return own.map { $0 * 2 >= other } ?? false
      }
    }
  }

  init(_ rule: AlertRule, _ history: HealthyHistory, sign: Double) {
    self.rule = rule
    self.history = history
    self.sign = sign
  }

  func rule(with threshold: Double) -> AlertRule {
    var rule = rule
    rule.condition =
      sign > 0
      ? rule.condition.replacingBounds(upper: threshold)
      : rule.condition.replacingBounds(lower: threshold)
    return rule
  }

  /// How often each of some thresholds fires over the healthy part, which is for nothing.
  ///
  /// - Parameter most: what fires more often is not looked at any longer: its number is one more.
  /// O(values · thresholds that are quiet).
  func falseFirings(of thresholds: [Double], most: Int = .max) -> [Int] {
    var counts = [Int](repeating: 0, count: thresholds.count)
    replay(thresholds, over: history.healthy) { place, change, _ in
      if change.kind == .firing { counts[place] += 1 }
      return counts[place] <= most
    }
    return counts
  }

  /// What each of some thresholds tells. O(values · thresholds).
  func told(by thresholds: [Double]) -> [Told] {
    var ranges: [[[String: String]: [TimeRanges.Range]]] = thresholds.map { _ in [:] }
    if !history.stretches.isEmpty {
      replay(thresholds, over: history.all) { place, change, labels in
        let at = change.at.microseconds
        switch change.kind {
        case .firing: ranges[place][labels, default: []].append(.init(start: at, end: .max))
        case .resolved:
          if let last = ranges[place][labels]?.indices.last {
            ranges[place][labels]?[last].end = at
          }
        case .pending, .cleared: break
        }
        return true
      }
    }
    return zip(thresholds, ranges).map { threshold, ranges in
      let ranges = ranges.mapValues { TimeRanges($0) }
      return Told(
        threshold: threshold,
        lengths: history.stretches.map { stretch in
          guard let own = ranges[stretch.labels], own.touches(stretch.range) else { return nil }
          return own.clipped(to: stretch.range).total
        })
    }
  }

  /// Holds the rule with each threshold against samples in the order of their times.
  ///
  /// - Parameter goesOn: is told of each change, and says whether the threshold is looked at any longer.
  private func replay(
    _ thresholds: [Double], over samples: [MetricSample],
    _ goesOn: (_ place: Int, _ change: CompiledRule.Change, _ labels: [String: String]) -> Bool
  ) {
    var table = SeriesTable(metric: rule.metric)
    var memory = MatchMemory()
    var levels = thresholds.enumerated().map {
      (place: $0, rule: CompiledRule(rule(with: $1)))
    }
    var changes: [CompiledRule.Change] = []
    for sample in samples {
      let silentSince = table.index(of: sample.labels).map { table.dataAt[$0] }
      table.take(sample)
      guard let series = table.index(of: sample.labels) else { continue }
      var isOver = false
      for index in levels.indices
      where levels[index].rule.isTouched(by: sample.value ?? .nan, of: series) {
        changes.removeAll(keepingCapacity: true)
        levels[index].rule.meet(table, &memory)
        // What has had no data for days is over, as in the engine.
        if let silentSince, sample.at.since(silentSince) > Self.noData {
          levels[index].rule.end(
            series, reason: "", at: silentSince.adding(microseconds: Self.noData), into: &changes)
        }
        levels[index].rule.evaluate(table, into: &changes)
        for change in changes
        where !goesOn(levels[index].place, change, table.labels[change.series]) {
          isOver = true
          levels[index].place = -1
          break
        }
      }
      if isOver { levels.removeAll { $0.place < 0 } }
      table.lookedAt()
    }
  }

  /// The engine ends alerts that have been without data for longer than this.
  private static let noData = AlertEngine.noDataDays * AlertEngine.day + 1

  /// A threshold's whole record, as people would have met it.
  func record(_ threshold: Double) -> ThresholdProposal.Record {
    let report = AlertReplay(rules: [rule(with: threshold)]).run(history.all)
    let weeks = Double(history.microseconds) / 604_800e6
    let replay = report.rules.first
    return ThresholdProposal.Record(
      firings: replay?.firings ?? 0,
      firingsPerWeek: weeks > 0 ? Double(replay?.firings ?? 0) / weeks : 0,
      falseFirings: falseFirings(of: [threshold])[0], firingShare: replay?.firingShare,
      notifications: report.notifications,
      caughtStretches: told(by: [threshold])[0].lengths.count { $0 != nil })
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
      && falseFirings(of: [threshold], most: allowed)[0] <= allowed
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
    let tooLoud = falseFirings(of: levels, most: allowed).lastIndex { $0 > allowed }
    return levels[tooLoud.map { min($0 + 1, levels.count - 1) } ?? 0]
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

extension CompiledRule {
  /// Whether a value of a series can change anything: it fails, or the series has failed and is not over.
  fileprivate func isTouched(by value: Double, of series: Int) -> Bool {
    guard case .beyond(.value, let bounds) = condition.test, !bounds.fails(value) else {
      return true
    }
    return tracked[series].map { $0.phase != .resolved } ?? false
  }
}
