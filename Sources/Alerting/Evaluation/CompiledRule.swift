import Monitoring

/// A rule with what it is held against, and how far it is with each series that is not as it should be.
struct CompiledRule: Sendable {
  let rule: AlertRule
  /// The rule's own, or that which follows the metric's history.
  private(set) var condition: AlertCondition
  /// Series the rule is about.
  private(set) var follows: [Bool] = []
  /// By series. What is not here is inactive.
  var tracked: [Int: TrackedAlert] = [:]

  /// Time without data after which an absence is one, where the rule says no other.
  static let absentAfterSeconds: Int64 = 600

  /// What a step of evaluation did to a series.
  struct Change {
    var kind: AlertTransition.Kind
    var series: Int
    var at: Instant
    /// As it was, where it is no longer tracked.
    var cleared: TrackedAlert?
  }

  init(_ rule: AlertRule) {
    self.rule = rule
    condition = rule.condition
  }

  mutating func follow(_ condition: AlertCondition?) {
    self.condition = condition ?? rule.condition
  }

  /// Learns of the series there are.
  mutating func meet(_ table: SeriesTable) {
    while follows.count < table.count {
      follows.append(rule.matchers.match(table.labels[follows.count]))
    }
  }

  // MARK: Values

  /// Looks at the fresh values of a table. O(fresh series), about a nanosecond each where all is well.
  mutating func evaluate(_ table: SeriesTable, into changes: inout [Change]) {
    guard case .beyond(let subject, let bounds) = condition.test else {
      return evaluatePresence(table, into: &changes)
    }
    let figures = table.figures(subject)
    let asksSignificance = rule.requiresSignificance
    func fails(_ series: Int) -> Bool {
      let figure = figures[series]
      guard asksSignificance, let interval = table.interval(subject, series) else {
        return bounds.fails(figure)
      }
      return bounds.fails(figure, within: interval)
    }
    for series in table.fresh where bounds.fails(figures[series]) {
      guard follows[series], fails(series) else { continue }
      fail(
        series, figures[series], threshold: bounds.crossed(by: figures[series]), table,
        into: &changes)
    }
    guard !tracked.isEmpty else { return }
    for series in table.fresh {
      guard tracked[series] != nil, !figures[series].isNaN, !fails(series) else { continue }
      pass(series, figures[series], table, into: &changes)
    }
  }

  private mutating func fail(
    _ series: Int, _ figure: Double, threshold: Double?, _ table: SeriesTable,
    into changes: inout [Change]
  ) {
    let now = table.sampledAt[series]
    var alert = tracked[series] ?? TrackedAlert(failingSince: now)
    if alert.phase == .resolved { alert.restart(at: now) }
    if alert.failures == 0, alert.phase == .pending {
      changes.append(Change(kind: .pending, series: series, at: now))
    }
    alert.failures += 1
    alert.calmSince = nil
    alert.updatedAt = now
    (alert.value, alert.threshold) = (figure, threshold)
    alert.reference = table.references[series].isNaN ? nil : table.references[series]
    if alert.phase == .pending, alert.failures >= rule.consecutiveFailures,
      now.microseconds - alert.activeSince.microseconds >= rule.holdFor?.microseconds ?? 0
    {
      fire(&alert, at: now)
      changes.append(Change(kind: .firing, series: series, at: now))
    }
    tracked[series] = alert
  }

  private func fire(_ alert: inout TrackedAlert, at now: Instant) {
    alert.phase = .firing
    alert.startsAt = now
    alert.endsAt = nil
    // More are not needed to tell that it starts too often.
    alert.starts = alert.starts.suffix(99) + [now]
  }

  private mutating func pass(
    _ series: Int, _ figure: Double, _ table: SeriesTable, into changes: inout [Change]
  ) {
    guard var alert = tracked[series] else { return }
    let now = table.sampledAt[series]
    alert.updatedAt = now
    alert.failures = 0
    switch alert.phase {
    case .pending:
      clear(series, alert, at: now, into: &changes)
      return
    case .firing:
      alert.value = figure
      if let recovery = rule.recovery, recovery.fails(figure) { break }
      let since = alert.calmSince ?? now
      alert.calmSince = since
      if now.microseconds - since.microseconds >= rule.keepFiringFor?.microseconds ?? 0 {
        alert.phase = .resolved
        alert.endsAt = now
        changes.append(Change(kind: .resolved, series: series, at: now))
      }
    case .resolved: return
    }
    tracked[series] = alert
  }

  /// Back to where it was before the first failure: resolved some time ago, or never heard of.
  private mutating func clear(
    _ series: Int, _ alert: TrackedAlert, at now: Instant, into changes: inout [Change]
  ) {
    changes.append(Change(kind: .cleared, series: series, at: now, cleared: alert))
    guard alert.endsAt != nil else {
      tracked[series] = nil
      return
    }
    var before = alert
    before.phase = .resolved
    tracked[series] = before
  }

  // MARK: Absence

  /// A value that is there ends an absence.
  private mutating func evaluatePresence(_ table: SeriesTable, into changes: inout [Change]) {
    guard !tracked.isEmpty else { return }
    for series in table.fresh where tracked[series] != nil && !table.values[series].isNaN {
      pass(series, table.values[series], table, into: &changes)
    }
  }

  /// Notices that series have had no data for long.
  mutating func evaluateAbsence(
    _ table: SeriesTable, at now: Instant, into changes: inout [Change]
  ) {
    guard case .absent = condition.test else { return }
    let limit = rule.holdFor?.microseconds ?? Self.absentAfterSeconds * 1_000_000
    for series in 0..<table.count where follows[series] {
      let since = table.dataAt[series]
      guard now.microseconds - since.microseconds >= limit else { continue }
      var alert = tracked[series] ?? TrackedAlert(failingSince: since)
      guard alert.phase != .firing else { continue }
      if alert.phase == .resolved { alert.restart(at: since) }
      alert.failures = 1
      alert.updatedAt = now
      (alert.value, alert.threshold, alert.reference) = (nil, nil, nil)
      fire(&alert, at: now)
      tracked[series] = alert
      changes.append(Change(kind: .firing, series: series, at: now))
    }
  }

  // MARK: Ends that are not for values

  /// Ends what fires, as when its rule or its series is gone.
  mutating func end(
    _ series: Int, reason: String, at now: Instant, into changes: inout [Change]
  ) {
    guard var alert = tracked[series] else { return }
    alert.updatedAt = now
    alert.reason = reason
    switch alert.phase {
    case .pending: clear(series, alert, at: now, into: &changes)
    case .firing:
      alert.phase = .resolved
      alert.endsAt = now
      tracked[series] = alert
      changes.append(Change(kind: .resolved, series: series, at: now))
    case .resolved: break
    }
  }

  /// Forgets alerts that have been over for long.
  mutating func forget(endedBefore limit: Instant) {
    tracked = tracked.filter { _, alert in
      alert.phase != .resolved || (alert.endsAt ?? alert.updatedAt) >= limit
    }
  }
}
