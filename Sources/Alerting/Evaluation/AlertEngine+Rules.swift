public import Monitoring

extension AlertEngine {
  private static let ruleIsGone = "its rule is no longer there"

  /// Takes other rules: alerts of those of the same name go on, alerts of those that are gone end.
  public mutating func replaceRules(_ rules: [AlertRule], at now: Instant) -> [AlertTransition] {
    var transitions: [AlertTransition] = []
    let successors = Dictionary(
      rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let before = Dictionary(
      compiled.map { ($0.rule.name, $0) }, uniquingKeysWith: { first, _ in first })
    var memory = MatchMemory()
    for index in compiled.indices {
      let old = compiled[index]
      guard let table = tables[old.rule.metric] else { continue }
      let successor = successors[old.rule.name].flatMap {
        $0.metric == old.rule.metric ? $0 : nil
      }
      let matchers = successor.map { PreparedMatchers($0.matchers) }
      func isOver(_ series: Int) -> Bool {
        matchers?.match(table.labels[series], &memory) != true
      }
      for series in old.tracked.keys.sorted() where isOver(series) {
        var changes: [CompiledRule.Change] = []
        compiled[index].end(series, reason: Self.ruleIsGone, at: now, into: &changes)
        transitions += changes.map { transition($0, index, table) }
      }
      for series in old.follows.indices
      where old.follows[series] && old.isShown(series, table) && isOver(series) {
        gone.insert(Self.fingerprint(old.rule.name, table.labels[series]))
      }
    }
    compiled = rules.map { rule in
      var fresh = CompiledRule(rule)
      let old = before[rule.name].flatMap { $0.rule.metric == rule.metric ? $0 : nil }
      // A threshold that follows history goes on doing so where it is still asked for.
      if let old, old.rule.condition == rule.condition, old.rule.dynamic == rule.dynamic {
        fresh.follow(old.condition)
      }
      guard let table = tables[rule.metric] else { return fresh }
      fresh.meet(table, &memory)
      for (series, alert) in old?.tracked ?? [:] where fresh.follows[series] {
        fresh.put(alert, for: series)
      }
      return fresh
    }
    for index in compiled.indices { meetExpected(index, since: now) }
    return transitions
  }

  /// Series that are waited for from now on.
  mutating func takeExpected() -> [MetricSample] {
    defer { expected = [] }
    return expected
  }

  /// Puts another condition in force for a rule; nil for its own.
  public mutating func follow(_ condition: AlertCondition?, for rule: String) {
    for index in compiled.indices where compiled[index].rule.name == rule {
      compiled[index].follow(condition)
    }
  }

  /// Takes up what was kept; what has no rule any more comes back as alerts that have ended.
  public mutating func restore(_ kept: [Kept], at now: Instant) -> [AlertTransition] {
    let indexes = Dictionary(
      compiled.indices.map { (compiled[$0].rule.name, $0) },
      uniquingKeysWith: { first, _ in first })
    let latest = Self.latest(at: now)
    var transitions: [AlertTransition] = []
    var memory = MatchMemory()
    for entry in kept {
      let alert = entry.alert.setBack(to: now, after: latest)
      guard let index = indexes[entry.rule], compiled[index].rule.metric == entry.metric,
        compiled[index].matchers.match(entry.series, &memory)
      else {
        gone.insert(Self.fingerprint(entry.rule, entry.series))
        if let ended = ended(entry, at: now) { transitions.append(ended) }
        continue
      }
      let series = tables[entry.metric, default: SeriesTable(metric: entry.metric)]
        .place(of: entry.series, since: alert.updatedAt)
      if let table = tables[entry.metric] { compiled[index].meet(table, &memory) }
      compiled[index].put(alert, for: series)
    }
    for metric in tables.keys.sorted() { transitions += dropPlaceholders(of: metric, at: now) }
    return transitions
  }

  /// The end of an alert whose rule is gone, of which no more is known than was kept.
  private func ended(_ entry: Kept, at now: Instant) -> AlertTransition? {
    guard entry.alert.phase != .resolved else { return nil }
    let hasFired = entry.alert.phase == .firing
    var record = AlertRecord(
      fingerprint: Self.fingerprint(entry.rule, entry.series), rule: entry.rule,
      metric: entry.metric, severity: .info, state: hasFired ? .resolved : .inactive,
      labels: entry.series, title: entry.rule, description: entry.rule, updatedAt: now)
    record.startsAt = entry.alert.startsAt
    record.endsAt = hasFired ? now : nil
    record.reason = Self.ruleIsGone
    return AlertTransition(kind: hasFired ? .resolved : .cleared, at: now, record: record)
  }
}
