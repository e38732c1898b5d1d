public import Monitoring

/// Holds rules against metrics and says which alerts begin, fire and end: a pure function of what it is
/// given, time included.
///
/// ```swift
/// var engine = AlertEngine(rules: AlertRule.defaults, flapping: .init(), startedAt: now)
/// for transition in engine.evaluate(samples) where transition.kind == .firing {
///   print(transition.record.description)
/// }
/// ```
public struct AlertEngine: Sendable {
  var tables: [String: SeriesTable] = [:]
  var compiled: [CompiledRule] = []
  public var flapping: AlertingConfiguration.Flapping
  private var watchedSince: Instant
  /// Fingerprints of alerts whose rule or series is gone since ``takeChanges(at:)`` was last asked.
  var gone: Set<String> = []
  /// Series that rules expect and that had not been heard of; to be kept, so that it is known after a
  /// restart since when they are waited for.
  var expected: [MetricSample] = []
  private var tidiedAt: Instant?

  /// Days a firing alert outlives its data, and a resolved one is remembered.
  static let noDataDays: Int64 = 7
  static let rememberedDays: Int64 = 1
  static let day: Int64 = 86_400_000_000

  /// - Parameters:
  ///   - rules: by unique names.
  ///   - startedAt: since when there could be data.
  public init(
    rules: [AlertRule], flapping: AlertingConfiguration.Flapping = .init(), startedAt: Instant
  ) {
    self.init(
      rules: rules, flapping: flapping, recalling: [], watchedSince: startedAt, startedAt: startedAt
    )
  }

  /// Goes on from samples that were looked at before.
  ///
  /// - Parameter watchedSince: when looking began that has not ceased since; absences count from there.
  init(
    rules: [AlertRule], flapping: AlertingConfiguration.Flapping, recalling samples: [MetricSample],
    watchedSince: Instant, startedAt: Instant
  ) {
    self.flapping = flapping
    self.watchedSince = watchedSince
    let latest = Self.latest(at: startedAt)
    recall(samples.filter { $0.at <= latest })
    compiled = rules.map(CompiledRule.init)
    for index in compiled.indices { meetExpected(index, since: startedAt) }
  }

  public var rules: [AlertRule] { compiled.map(\.rule) }

  /// Waits for the series a rule names, where none is known that it is about.
  mutating func meetExpected(_ index: Int, since now: Instant) {
    let rule = compiled[index].rule
    guard let series = compiled[index].expected else { return }
    let known = tables[rule.metric]?.labels.contains { rule.matchers.match($0) } ?? false
    guard !known else { return }
    _ = tables[rule.metric, default: SeriesTable(metric: rule.metric)].place(of: series, since: now)
    // A moment before, so that a sample of now is not taken for the same.
    expected.append(
      MetricSample(
        metric: rule.metric, labels: series, at: now.adding(microseconds: -1), value: nil))
  }

  /// Drops the places of series that rules wait for where the real ones, which may have further labels, are
  /// there: nothing would ever come for those places.
  mutating func dropPlaceholders(of metric: String, at now: Instant) -> [AlertTransition] {
    guard let table = tables[metric] else { return [] }
    let indexes = compiled.indices.filter { compiled[$0].rule.metric == metric }
    var dropped: Set<Int> = []
    for index in indexes {
      guard let expected = compiled[index].expected, let place = table.index(of: expected),
        !table.hasHadData[place],
        table.labels.indices.contains(where: {
          $0 != place && !dropped.contains($0)
            && compiled[index].rule.matchers.match(table.labels[$0])
        })
      else { continue }
      dropped.insert(place)
    }
    guard !dropped.isEmpty else { return [] }
    var transitions: [AlertTransition] = []
    var memory = MatchMemory()
    for index in indexes {
      compiled[index].meet(table, &memory)
      for series in dropped.sorted() where compiled[index].follows[series] {
        var changes: [CompiledRule.Change] = []
        compiled[index].end(
          series, reason: "there are series with further labels", at: now, into: &changes)
        transitions += changes.map { transition($0, index, table) }
        gone.insert(Self.fingerprint(compiled[index].rule.name, table.labels[series]))
      }
    }
    let labels = Set(dropped.map { table.labels[$0] })
    expected.removeAll { $0.metric == metric && labels.contains($0.labels) }
    var compacted = table
    let places = compacted.compact { !dropped.contains($0) }
    tables[metric] = compacted
    for index in indexes { compiled[index].move(to: places) }
    return transitions
  }

  /// What is later than this is by a clock that was ahead.
  static func latest(at now: Instant) -> Instant { now.adding(microseconds: 300_000_000) }

  /// Forgets times that are not yet, as after a clock was set right: rules would be blind until then.
  mutating func setBack(to now: Instant) {
    let limit = Self.latest(at: now)
    if watchedSince > limit { watchedSince = now }
    if let at = tidiedAt, at > limit { tidiedAt = now }
    for metric in tables.keys where tables[metric].map({ $0.latestAt > limit }) == true {
      tables[metric]?.setBack(to: now, after: limit)
      for index in compiled.indices where compiled[index].rule.metric == metric {
        compiled[index].setBack(to: now, after: limit)
      }
    }
  }

  // MARK: Evaluation

  /// Looks at samples in the order of their times; those not newer than what was seen are left out.
  ///
  /// - Returns: what changed, in the order it did.
  public mutating func evaluate(_ samples: [MetricSample]) -> [AlertTransition] {
    var transitions: [AlertTransition] = []
    let ordered = zip(samples, samples.dropFirst()).allSatisfy { $0.at <= $1.at }
    let samples = ordered ? samples : samples.sorted { $0.at < $1.at }
    var first = 0
    while first < samples.count {
      var end = first
      while end < samples.count, samples[end].at == samples[first].at { end += 1 }
      step(samples[first..<end], into: &transitions)
      first = end
    }
    return transitions
  }

  private mutating func step(
    _ samples: ArraySlice<MetricSample>, into transitions: inout [AlertTransition]
  ) {
    var touched: Set<String> = []
    for sample in samples {
      tables[sample.metric, default: SeriesTable(metric: sample.metric)].take(sample)
      touched.insert(sample.metric)
    }
    var changes: [CompiledRule.Change] = []
    var memory = MatchMemory()
    for index in compiled.indices where touched.contains(compiled[index].rule.metric) {
      guard let table = tables[compiled[index].rule.metric] else { continue }
      changes.removeAll(keepingCapacity: true)
      compiled[index].meet(table, &memory)
      compiled[index].note(table.turned)
      compiled[index].evaluate(table, into: &changes)
      for change in changes { transitions.append(transition(change, index, table)) }
    }
    for metric in touched { tables[metric]?.lookedAt() }
    guard let now = samples.first?.at else { return }
    for metric in touched.sorted() { transitions += dropPlaceholders(of: metric, at: now) }
  }

  /// Knows samples without looking at them, as those that were looked at before a restart.
  public mutating func recall(_ samples: [MetricSample]) {
    for sample in samples {
      tables[sample.metric, default: SeriesTable(metric: sample.metric)].take(sample)
    }
    for metric in tables.keys { tables[metric]?.lookedAt() }
  }

  /// Series that are known and chosen, by metric.
  public func seriesByMetric(
    where isChosen: ([String: String]) -> Bool
  ) -> [String: [[String: String]]] {
    tables.mapValues { $0.labels.filter(isChosen) }.filter { !$1.isEmpty }
  }

  /// Notices what only time brings: absences, alerts whose data has been gone for days.
  public mutating func advance(to now: Instant) -> [AlertTransition] {
    var transitions: [AlertTransition] = []
    let noData = now.adding(microseconds: -Self.noDataDays * Self.day)
    let forgotten = now.adding(microseconds: -Self.rememberedDays * Self.day)
    var memory = MatchMemory()
    for index in compiled.indices {
      guard let table = tables[compiled[index].rule.metric] else { continue }
      var changes: [CompiledRule.Change] = []
      compiled[index].meet(table, &memory)
      compiled[index].evaluateAbsence(table, watchedSince: watchedSince, at: now, into: &changes)
      if compiled[index].condition.test != .absent {
        let silent = compiled[index].tracked.filter {
          $1.phase != .resolved && table.dataAt[$0] < noData
        }
        for series in silent.keys.sorted() {
          compiled[index].end(
            series, reason: "there has been no data for \(Self.noDataDays) days", at: now,
            into: &changes)
        }
      }
      transitions += changes.map { transition($0, index, table) }
      compiled[index].forget(endedBefore: forgotten)
      compiled[index].noteFlapping()
    }
    if let tidiedAt, now.since(tidiedAt) < Self.day { return transitions }
    tidiedAt = now
    forgetSeries(silentSince: noData)
    return transitions
  }

  /// Leaves out series that have long been silent and that no alert is about: label values come and go.
  private mutating func forgetSeries(silentSince limit: Instant) {
    for (metric, table) in tables {
      let indexes = compiled.indices.filter { compiled[$0].rule.metric == metric }
      let tracked = indexes.reduce(into: Set<Int>()) { $0.formUnion(compiled[$1].tracked.keys) }
      let expected = Set(
        indexes.filter { compiled[$0].condition.test == .absent }
          .flatMap { index in table.labels.indices.filter { compiled[index].follows[$0] } })
      func isKept(_ series: Int) -> Bool {
        max(table.dataAt[series], table.sampledAt[series]) >= limit || tracked.contains(series)
          || expected.contains(series)
      }
      let dropped = table.labels.indices.filter { !isKept($0) }
      guard !dropped.isEmpty else { continue }
      for index in indexes {
        for series in dropped where compiled[index].follows[series] {
          gone.insert(Self.fingerprint(compiled[index].rule.name, table.labels[series]))
        }
      }
      var compacted = table
      let places = compacted.compact(keeping: isKept)
      tables[metric] = compacted.count == 0 ? nil : compacted
      for index in indexes { compiled[index].move(to: places) }
    }
  }
}
