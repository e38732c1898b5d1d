import Crypto
import Foundation
public import Monitoring

extension AlertEngine {
  /// One rule's state with one series, as it is kept over restarts.
  public struct Kept: Codable, Sendable, Equatable {
    public var rule: String
    public var metric: String
    public var series: [String: String]
    public var alert: TrackedAlert
  }

  /// How an alert is now that has changed.
  public struct Changed: Sendable, Equatable {
    public var fingerprint: String
    /// nil where it is inactive.
    public var record: AlertRecord?
    /// What to go on from; nil where there is nothing.
    public var kept: Kept?
  }

  /// The state of an alert; nil where it is inactive.
  public func kept(_ fingerprint: String) -> Kept? { keptByFingerprint()[fingerprint] }

  /// All alerts that are not inactive.
  public func keptByFingerprint() -> [String: Kept] {
    compiled.reduce(into: [:]) { all, compiled in
      guard let table = tables[compiled.rule.metric] else { return }
      for series in compiled.tracked.keys {
        all[Self.fingerprint(compiled.rule.name, table.labels[series])] =
          kept(compiled, table, series)
      }
    }
  }

  private func kept(_ compiled: CompiledRule, _ table: SeriesTable, _ series: Int) -> Kept? {
    compiled.tracked[series].map {
      Kept(
        rule: compiled.rule.name, metric: compiled.rule.metric, series: table.labels[series],
        alert: $0)
    }
  }

  /// Alerts that are pending, firing or lately resolved, and series of rules that nothing is known of.
  public func records(at now: Instant) -> [AlertRecord] {
    compiled.flatMap { compiled -> [AlertRecord] in
      guard let table = tables[compiled.rule.metric] else { return [] }
      return compiled.follows.indices.compactMap { series in
        guard compiled.follows[series], compiled.isShown(series, table) else { return nil }
        return record(compiled, table, series, compiled.tracked[series], at: now)
      }
    }
  }

  /// Alerts that are not as they were when this was last asked.
  public mutating func takeChanges(at now: Instant) -> [Changed] {
    var changes: [Changed] = []
    for index in compiled.indices {
      guard let table = tables[compiled[index].rule.metric] else { continue }
      for series in compiled[index].takeChanged() {
        let fingerprint = Self.fingerprint(compiled[index].rule.name, table.labels[series])
        gone.remove(fingerprint)
        guard compiled[index].follows[series], compiled[index].isShown(series, table) else {
          changes.append(Changed(fingerprint: fingerprint, record: nil, kept: nil))
          continue
        }
        let record = record(
          compiled[index], table, series, compiled[index].tracked[series], at: now)
        compiled[index].isFlapping(record.flapping, series)
        changes.append(
          Changed(
            fingerprint: fingerprint, record: record, kept: kept(compiled[index], table, series)))
      }
    }
    changes += gone.sorted().map { Changed(fingerprint: $0, record: nil, kept: nil) }
    gone = []
    return changes
  }

  func transition(
    _ change: CompiledRule.Change, _ index: Int, _ table: SeriesTable
  ) -> AlertTransition {
    var record = record(
      compiled[index], table, change.series,
      change.cleared ?? compiled[index].tracked[change.series], at: change.at)
    switch change.kind {
    case .pending: record.state = .pending
    case .cleared: record.state = .inactive
    case .firing, .resolved: break
    }
    return AlertTransition(kind: change.kind, at: change.at, record: record)
  }

  private func record(
    _ compiled: CompiledRule, _ table: SeriesTable, _ series: Int, _ alert: TrackedAlert?,
    at now: Instant
  ) -> AlertRecord {
    let rule = compiled.rule
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
          metric: rule.metric, rule: rule.name, severity: rule.severity,
          condition: compiled.condition.sentence, value: alert?.value, threshold: alert?.threshold,
          reference: alert?.reference, labels: labels))
        + (alert.map { Self.recovery(of: $0, compiled.condition) } ?? ""),
      updatedAt: alert?.updatedAt ?? table.unknownSince[series] ?? table.dataAt[series])
    record.responseTime = rule.responseTime
    // JSON has no infinity; the description says it.
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    record.value = finite(alert?.value)
    record.threshold = finite(alert?.threshold)
    record.reference = finite(alert?.reference)
    record.activeSince = state == .pending || state == .firing ? alert?.activeSince : nil
    record.startsAt = alert?.startsAt
    record.endsAt = state == .resolved ? alert?.endsAt : nil
    record.flapping = alert?.isFlapping(flapping, at: now) ?? false
    record.runbookURL = rule.runbookURL
    record.reason = alert?.reason
    if state != .resolved, record.reason == nil,
      case .beyond(let subject, _) = compiled.condition.test,
      table.lacksReference(subject, series)
    {
      record.reason = Self.noReference
    }
    if state != .resolved, rule.condition.test != .absent {
      record.unknownSince = table.unknownSince[series]
    }
    return record
  }

  /// Why nothing can be said of a change though there is a value.
  static let noReference =
    "there is no reference, or it is 0, so that there is no change to tell of"

  /// What a description needs besides, where its figure no longer is one that fails: the rule's words are of
  /// failing.
  private static func recovery(of alert: TrackedAlert, _ condition: AlertCondition) -> String {
    guard alert.reason == nil else { return "" }
    switch alert.phase {
    case .pending: return ""
    case .resolved:
      return " (well again since \((alert.calmSince ?? alert.updatedAt).iso8601))"
    case .firing:
      if let since = alert.calmSince { return " (well again since \(since.iso8601))" }
      guard case .beyond(_, let bounds) = condition.test, let value = alert.value,
        !bounds.fails(value)
      else { return "" }
      return " (better again, and not yet recovered)"
    }
  }

  /// The same for the same rule and series: 128 bits of a digest that nobody can make two label sets for.
  ///
  /// Labels that Unicode holds for the same text, which make one series, have one fingerprint.
  public static func fingerprint(_ rule: String, _ series: [String: String]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    func append(_ text: String) {
      let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
      let text = isASCII ? text : text.precomposedStringWithCanonicalMapping
      // The length before each part keeps ("a", "bc") and ("ab", "c") apart.
      var length = UInt64(text.utf8.count)
      for _ in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: length))
        length >>= 8
      }
      bytes.append(contentsOf: text.utf8)
    }
    append(rule)
    for (name, value) in series.sorted(by: { $0.key < $1.key }) {
      append(name)
      append(value)
    }
    var text: [UInt8] = []
    text.reserveCapacity(32)
    for byte in SHA256.hash(data: bytes).prefix(16) {
      for half in [byte >> 4, byte & 15] { text.append(half < 10 ? 48 + half : 87 + half) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
