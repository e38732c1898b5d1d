import Monitoring

/// A rule with what it is held against, and how far it is with each series that is not as it should be.
struct CompiledRule: Sendable {
  let rule: AlertRule
  let matchers: PreparedMatchers
  /// The series the rule says outright, where it is on absence: that can only be noticed of what is expected.
  let expected: [String: String]?
  /// The rule's own, or that which follows the metric's history.
  private(set) var condition: AlertCondition
  /// Series the rule is about.
  private(set) var follows: [Bool] = []
  /// By series. What is not here is inactive.
  private(set) var tracked: [Int: TrackedAlert] = [:]
  /// Series whose alert is not as it was when ``takeChanged()`` was last asked.
  private(set) var changed: Set<Int> = []
  /// Series that start and end too often, which they cease to do without a sample.
  private var flapping: Set<Int> = []

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
    matchers = PreparedMatchers(rule.matchers)
    condition = rule.condition
    guard case .absent = rule.condition.test, !rule.matchers.isEmpty,
      rule.matchers.allSatisfy({ $0.operation == .equal })
    else {
      expected = nil
      return
    }
    expected = Dictionary(
      rule.matchers.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Has nothing be later than now of what a clock that was ahead wrote.
  mutating func setBack(to now: Instant, after limit: Instant) {
    for (series, alert) in tracked {
      let known = alert.setBack(to: now, after: limit)
      if known != alert { put(known, for: series) }
    }
  }

  mutating func follow(_ condition: AlertCondition?) {
    self.condition = condition ?? rule.condition
  }

  /// Learns of the series there are.
  ///
  /// - Parameter memory: what the rules before it found the same expressions to match.
  mutating func meet(_ table: SeriesTable, _ memory: inout MatchMemory) {
    while follows.count < table.count {
      let series = follows.count
      follows.append(matchers.match(table.labels[series], &memory))
      if follows[series], isUnknown(series, table) { changed.insert(series) }
    }
  }

  mutating func put(_ alert: TrackedAlert?, for series: Int) {
    tracked[series] = alert
    changed.insert(series)
  }

  /// Has these series looked at again, as those whose data is gone or there again.
  mutating func note(_ series: some Sequence<Int>) {
    for series in series where follows[series] { changed.insert(series) }
  }

  mutating func noteFlapping() { changed.formUnion(flapping) }

  mutating func isFlapping(_ isFlapping: Bool, _ series: Int) {
    if isFlapping { flapping.insert(series) } else { flapping.remove(series) }
  }

  /// Whether there is something to say of a series: an alert, or that nothing is known of it.
  func isShown(_ series: Int, _ table: SeriesTable) -> Bool {
    tracked[series] != nil || isUnknown(series, table)
  }

  /// Whether there is nothing to hold against the condition: no value, or no reference for a change.
  private func isUnknown(_ series: Int, _ table: SeriesTable) -> Bool {
    guard case .beyond(let subject, _) = condition.test else { return false }
    return table.unknownSince[series] != nil || table.lacksReference(subject, series)
  }

  mutating func takeChanged() -> [Int] {
    defer { changed.removeAll(keepingCapacity: true) }
    return changed.sorted()
  }

  /// Follows a table whose series have other places now.
  mutating func move(to places: [Int?]) {
    tracked = tracked.reduce(into: [:]) { moved, entry in
      if let place = places[entry.key] { moved[place] = entry.value }
    }
    changed = Set(changed.compactMap { places[$0] })
    flapping = Set(flapping.compactMap { places[$0] })
    follows = zip(follows, places).compactMap { $1 == nil ? nil : $0 }
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
    for series in trackedFresh(table) where !figures[series].isNaN && !fails(series) {
      // What fires is not over while its value fails, only because there is too little to be sure by.
      pass(
        series, figures[series], isOver: !bounds.fails(figures[series]), table, into: &changes)
    }
  }

  /// Fresh series with an alert, found by way of the fewer.
  private func trackedFresh(_ table: SeriesTable) -> [Int] {
    tracked.count < table.fresh.count
      ? tracked.keys.filter { table.isFresh[$0] }.sorted()
      : table.fresh.filter { tracked[$0] != nil }
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
      now.since(alert.activeSince) >= rule.holdFor?.microseconds ?? 0
    {
      fire(&alert, at: now)
      changes.append(Change(kind: .firing, series: series, at: now))
    }
    put(alert, for: series)
  }

  private func fire(_ alert: inout TrackedAlert, at now: Instant) {
    alert.phase = .firing
    alert.startsAt = now
    alert.endsAt = nil
    // More are not needed to tell that it starts too often.
    alert.starts = alert.starts.suffix(99) + [now]
  }

  private mutating func pass(
    _ series: Int, _ figure: Double, isOver: Bool = true, _ table: SeriesTable,
    into changes: inout [Change]
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
      if !isOver || rule.recovery?.fails(figure) == true {
        alert.calmSince = nil
        break
      }
      let since = alert.calmSince ?? now
      alert.calmSince = since
      if now.since(since) >= rule.keepFiringFor?.microseconds ?? 0 {
        resolve(&alert, series, at: now, into: &changes)
      }
    case .resolved: return
    }
    put(alert, for: series)
  }

  private func resolve(
    _ alert: inout TrackedAlert, _ series: Int, at now: Instant, into changes: inout [Change]
  ) {
    alert.phase = .resolved
    alert.endsAt = now
    changes.append(Change(kind: .resolved, series: series, at: now))
  }

  /// Back to where it was before the first failure: resolved some time ago, or never heard of.
  private mutating func clear(
    _ series: Int, _ alert: TrackedAlert, at now: Instant, into changes: inout [Change]
  ) {
    changes.append(Change(kind: .cleared, series: series, at: now, cleared: alert))
    guard alert.endsAt != nil else { return put(nil, for: series) }
    var before = alert
    before.phase = .resolved
    put(before, for: series)
  }

  // MARK: Absence

  /// A value that is there ends an absence.
  private mutating func evaluatePresence(_ table: SeriesTable, into changes: inout [Change]) {
    for series in trackedFresh(table) where !table.values[series].isNaN {
      pass(series, table.values[series], table, into: &changes)
    }
  }

  /// Notices that series have had no data for long, or have had some for long enough.
  ///
  /// - Parameter watchedSince: before that nobody looked, so that nothing can have been missed.
  mutating func evaluateAbsence(
    _ table: SeriesTable, watchedSince: Instant, at now: Instant, into changes: inout [Change]
  ) {
    guard case .absent = condition.test else { return }
    let limit = rule.holdFor?.microseconds ?? Self.absentAfterSeconds * 1_000_000
    for series in 0..<table.count where follows[series] {
      let since = max(table.dataAt[series], watchedSince)
      let isAbsent = now.since(since) >= limit
      if let firing = tracked[series], firing.phase == .firing {
        goOn(firing, series, isAbsent: isAbsent, watchedSince, at: now, into: &changes)
        continue
      }
      guard isAbsent else { continue }
      var alert = tracked[series] ?? TrackedAlert(failingSince: since)
      if alert.phase == .resolved { alert.restart(at: since) }
      if alert.failures == 0 {
        changes.append(Change(kind: .pending, series: series, at: now))
      }
      alert.failures = 1
      alert.updatedAt = now
      (alert.value, alert.threshold, alert.reference) = (nil, nil, nil)
      fire(&alert, at: now)
      put(alert, for: series)
      changes.append(Change(kind: .firing, series: series, at: now))
    }
  }

  /// An absence that had ended for a moment goes on, or is over by the time it outlives its end, for which it
  /// needs no other value.
  private mutating func goOn(
    _ firing: TrackedAlert, _ series: Int, isAbsent: Bool, _ watchedSince: Instant, at now: Instant,
    into changes: inout [Change]
  ) {
    guard let calm = firing.calmSince else { return }
    var alert = firing
    if isAbsent {
      alert.calmSince = nil
      alert.value = nil
    } else {
      // In a time nobody looked it may have been gone again.
      let seen = now.since(max(calm, watchedSince))
      guard seen >= rule.keepFiringFor?.microseconds ?? 0 else { return }
      resolve(&alert, series, at: now, into: &changes)
    }
    alert.updatedAt = now
    put(alert, for: series)
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
      resolve(&alert, series, at: now, into: &changes)
      put(alert, for: series)
    case .resolved: break
    }
  }

  /// Forgets alerts that have been over for long.
  mutating func forget(endedBefore limit: Instant) {
    let old = tracked.filter { _, alert in
      alert.phase == .resolved && (alert.endsAt ?? alert.updatedAt) < limit
    }
    for series in old.keys { put(nil, for: series) }
  }
}
