import Crypto
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
  private var tables: [String: SeriesTable] = [:]
  private var compiled: [CompiledRule] = []
  private let flapping: AlertingConfiguration.Flapping
  private let startedAt: Instant

  /// Days a firing alert outlives its data, and a resolved one is remembered.
  static let noDataDays: Int64 = 7
  static let rememberedDays: Int64 = 1
  private static let day: Int64 = 86_400_000_000

  /// - Parameters:
  ///   - rules: by unique names.
  ///   - startedAt: since when there could be data.
  public init(
    rules: [AlertRule], flapping: AlertingConfiguration.Flapping = .init(), startedAt: Instant
  ) {
    self.flapping = flapping
    self.startedAt = startedAt
    compiled = rules.map(CompiledRule.init)
    for index in compiled.indices { meetExpected(index) }
  }

  public var rules: [AlertRule] { compiled.map(\.rule) }

  /// An absence can only be noticed of what is expected: a rule that says its series outright expects it.
  private mutating func meetExpected(_ index: Int) {
    let rule = compiled[index].rule
    guard case .absent = rule.condition.test, !rule.matchers.isEmpty,
      rule.matchers.allSatisfy({ $0.operation == .equal })
    else { return }
    let series = Dictionary(
      rule.matchers.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
    let known = tables[rule.metric]?.labels.contains { rule.matchers.match($0) } ?? false
    guard !known else { return }
    var table = tables[rule.metric] ?? SeriesTable(metric: rule.metric)
    _ = table.place(of: series, since: startedAt)
    tables[rule.metric] = table
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
      transitions += step(samples[first..<end])
      first = end
    }
    return transitions
  }

  private mutating func step(_ samples: ArraySlice<MetricSample>) -> [AlertTransition] {
    var touched: Set<String> = []
    for sample in samples {
      tables[sample.metric, default: SeriesTable(metric: sample.metric)].take(sample)
      touched.insert(sample.metric)
    }
    var transitions: [AlertTransition] = []
    for index in compiled.indices where touched.contains(compiled[index].rule.metric) {
      guard let table = tables[compiled[index].rule.metric] else { continue }
      var changes: [CompiledRule.Change] = []
      compiled[index].meet(table)
      compiled[index].evaluate(table, into: &changes)
      transitions += changes.map { transition($0, index, table) }
    }
    for metric in touched { tables[metric]?.lookedAt() }
    return transitions
  }

  /// Knows samples without looking at them, as those that were looked at before a restart.
  public mutating func recall(_ samples: [MetricSample]) {
    for sample in samples {
      tables[sample.metric, default: SeriesTable(metric: sample.metric)].take(sample)
      tables[sample.metric]?.lookedAt()
    }
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
    let noData = Instant(microseconds: now.microseconds - Self.noDataDays * Self.day)
    let forgotten = Instant(microseconds: now.microseconds - Self.rememberedDays * Self.day)
    for index in compiled.indices {
      guard let table = tables[compiled[index].rule.metric] else { continue }
      var changes: [CompiledRule.Change] = []
      compiled[index].meet(table)
      compiled[index].evaluateAbsence(table, at: now, into: &changes)
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
    }
    return transitions
  }

  // MARK: Rules

  /// Takes other rules: alerts of those of the same name go on, alerts of those that are gone end.
  public mutating func replaceRules(_ rules: [AlertRule], at now: Instant) -> [AlertTransition] {
    var transitions: [AlertTransition] = []
    let before = compiled
    for (index, old) in before.enumerated() {
      let successor = rules.first { $0.name == old.rule.name && $0.metric == old.rule.metric }
      guard let table = tables[old.rule.metric] else { continue }
      for series in old.tracked.keys.sorted()
      where successor?.matchers.match(table.labels[series]) != true {
        var changes: [CompiledRule.Change] = []
        compiled[index].end(
          series, reason: "its rule is no longer there", at: now, into: &changes)
        transitions += changes.map { transition($0, index, table) }
      }
    }
    compiled = rules.map { rule in
      var fresh = CompiledRule(rule)
      if let old = before.first(where: { $0.rule.name == rule.name }),
        old.rule.metric == rule.metric, let table = tables[rule.metric]
      {
        fresh.tracked = old.tracked.filter { rule.matchers.match(table.labels[$0.key]) }
      }
      return fresh
    }
    for index in compiled.indices { meetExpected(index) }
    return transitions
  }

  /// Puts another condition in force for a rule; nil for its own.
  public mutating func follow(_ condition: AlertCondition?, for rule: String) {
    for index in compiled.indices where compiled[index].rule.name == rule {
      compiled[index].follow(condition)
    }
  }

  // MARK: State

  /// One rule's state with one series, as it is kept over restarts.
  public struct Kept: Codable, Sendable, Equatable {
    public var rule: String
    public var metric: String
    public var series: [String: String]
    public var alert: TrackedAlert
  }

  /// The state of an alert; nil where it is inactive.
  public func kept(_ fingerprint: String) -> Kept? { keptByFingerprint()[fingerprint] }

  /// All alerts that are not inactive.
  public func keptByFingerprint() -> [String: Kept] {
    compiled.reduce(into: [:]) { all, compiled in
      guard let table = tables[compiled.rule.metric] else { return }
      for (series, alert) in compiled.tracked {
        let labels = table.labels[series]
        all[Self.fingerprint(compiled.rule.name, labels)] = Kept(
          rule: compiled.rule.name, metric: compiled.rule.metric, series: labels, alert: alert)
      }
    }
  }

  /// Takes up what was kept; what has no rule any more comes back as alerts that have ended.
  public mutating func restore(_ kept: [Kept], at now: Instant) -> [AlertTransition] {
    let names = Set(compiled.map(\.rule.name))
    let ownerless = Set(kept.filter { !names.contains($0.rule) }.map(\.rule))
    let before = rules
    // A rule that is gone is put in its place for as long as it takes to end its alerts.
    for entry in kept where ownerless.contains(entry.rule) {
      guard !compiled.contains(where: { $0.rule.name == entry.rule }),
        let condition = AlertCondition("absent"), let description = DescriptionTemplate("{rule}")
      else { continue }
      compiled.append(
        CompiledRule(
          AlertRule(
            name: entry.rule, metric: entry.metric, condition: condition, severity: .info,
            description: description)))
    }
    for entry in kept {
      guard let index = compiled.firstIndex(where: { $0.rule.name == entry.rule }),
        compiled[index].rule.metric == entry.metric
      else { continue }
      var table = tables[entry.metric] ?? SeriesTable(metric: entry.metric)
      let series = table.place(of: entry.series, since: entry.alert.updatedAt)
      tables[entry.metric] = table
      compiled[index].meet(table)
      compiled[index].tracked[series] = entry.alert
    }
    return ownerless.isEmpty ? [] : replaceRules(before, at: now)
  }

  /// Alerts that are pending, firing or lately resolved, and series of rules that nothing is known of.
  public func records(at now: Instant) -> [AlertRecord] {
    compiled.flatMap { compiled -> [AlertRecord] in
      guard let table = tables[compiled.rule.metric] else { return [] }
      return table.labels.indices.compactMap { series in
        guard series < compiled.follows.count, compiled.follows[series] else { return nil }
        let alert = compiled.tracked[series]
        let isUnknown = table.unknownSince[series] != nil && compiled.condition.test != .absent
        guard alert != nil || isUnknown else { return nil }
        return record(compiled.rule, table, series, alert, at: now)
      }
    }
  }

  private func transition(
    _ change: CompiledRule.Change, _ index: Int, _ table: SeriesTable
  ) -> AlertTransition {
    let compiled = compiled[index]
    var record = record(
      compiled.rule, table, change.series, change.cleared ?? compiled.tracked[change.series],
      at: change.at)
    if change.kind == .cleared { record.state = .inactive }
    return AlertTransition(kind: change.kind, at: change.at, record: record)
  }

  private func record(
    _ rule: AlertRule, _ table: SeriesTable, _ series: Int, _ alert: TrackedAlert?, at now: Instant
  ) -> AlertRecord {
    let labels = rule.labels(of: table.labels[series])
    let state: AlertRecord.State =
      switch alert?.phase {
      case .pending: .pending
      case .firing: .firing
      case .resolved: .resolved
      case nil: .unknown
      }
    let model = labels["model_name"].map { ": \($0)" } ?? ""
    var record = AlertRecord(
      fingerprint: Self.fingerprint(rule.name, table.labels[series]), rule: rule.name,
      metric: rule.metric, severity: rule.severity, state: state, labels: labels,
      title: rule.name + model,
      description: rule.description.filled(
        .init(
          metric: rule.metric, rule: rule.name, severity: rule.severity, value: alert?.value,
          threshold: alert?.threshold, reference: alert?.reference, labels: labels)),
      updatedAt: alert?.updatedAt ?? table.unknownSince[series] ?? now)
    record.value = alert?.value
    record.threshold = alert?.threshold
    record.reference = alert?.reference
    record.activeSince = state == .pending || state == .firing ? alert?.activeSince : nil
    record.startsAt = alert?.startsAt
    record.endsAt = state == .resolved ? alert?.endsAt : nil
    record.flapping = alert?.isFlapping(flapping, at: now) ?? false
    record.runbookURL = rule.runbookURL
    record.reason = alert?.reason
    if state != .resolved, rule.condition.test != .absent {
      record.unknownSince = table.unknownSince[series]
    }
    return record
  }

  /// The same for the same rule and series: 128 bits of a digest that nobody can make two label sets for.
  public static func fingerprint(_ rule: String, _ series: [String: String]) -> String {
    var digest = SHA256()
    for part in [rule] + series.sorted(by: { $0.key < $1.key }).flatMap({ [$0.key, $0.value] }) {
      let bytes = Array(part.utf8)
      // The length before each part keeps ("a", "bc") and ("ab", "c") apart.
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { digest.update(bufferPointer: $0) }
      digest.update(data: bytes)
    }
    let hexadecimal = Array("0123456789abcdef")
    return String(
      digest.finalize().prefix(16).flatMap {
        [hexadecimal[Int($0 >> 4)], hexadecimal[Int($0 & 15)]]
      })
  }
}
