import Foundation
public import Monitoring
public import Store
import Synchronization

/// Looks at metrics, keeps how alerts are, and queues what people are to be told.
///
/// All that one look changes (samples, states, events, messages) is kept in one transaction: a process
/// that is killed goes on where it was, telling nothing twice and forgetting nothing.
public final class AlertManager: Sendable {
  private struct State {
    var configuration: AlertingConfiguration
    var engine: AlertEngine
    /// Alerts as they are kept, by fingerprint.
    var alerts: [String: KeptAlert]
    var groups: [String: Instant]
    /// What could not be kept yet.
    var unkept = History.AlertChanges()
  }

  private let history: History
  private let state: Mutex<State>

  /// Takes up what was kept.
  ///
  /// - Parameters:
  ///   - history: where alerts are kept; one manager at a time writes to it.
  ///   - now: the time.
  public init(
    _ configuration: AlertingConfiguration, history: History, now: Instant
  ) throws(HistoryError) {
    self.history = history
    var engine = AlertEngine(
      rules: configuration.rules, flapping: configuration.flapping, startedAt: now)
    engine.recall(try history.newestSamples())
    let kept = try history.alerts()
    let transitions = engine.restore(kept.compactMap(\.kept).compactMap(Self.decoded), at: now)
    var unkept = History.AlertChanges()
    unkept.events = transitions.map(AlertEvent.init)
    state = Mutex(
      State(
        configuration: configuration, engine: engine,
        alerts: kept.reduce(into: [:]) { $0[$1.record.fingerprint] = $1 },
        groups: try history.groups(), unkept: unkept))
  }

  private static func decoded(_ data: Data) -> AlertEngine.Kept? {
    // What another version wrote and this one cannot read begins anew.
    try? JSONDecoder().decode(AlertEngine.Kept.self, from: data)
  }

  /// Looks at samples.
  ///
  /// - Returns: what changed, once it is kept.
  @discardableResult
  public func record(
    _ samples: [MetricSample], at now: Instant
  ) throws(HistoryError) -> [AlertTransition] {
    try update(at: now, samples) { $0.evaluate(samples) }
  }

  /// Notices what time brings: absences, silences that end, groups that have waited long enough.
  @discardableResult
  public func advance(to now: Instant) throws(HistoryError) -> [AlertTransition] {
    try update(at: now, []) { $0.advance(to: now) }
  }

  /// Takes another configuration; alerts of rules that are gone end.
  @discardableResult
  public func reload(
    _ configuration: AlertingConfiguration, at now: Instant
  ) throws(HistoryError) -> [AlertTransition] {
    state.withLock { $0.configuration = configuration }
    return try update(at: now, []) { $0.replaceRules(configuration.rules, at: now) }
  }

  /// Puts another condition in force for a rule; nil for its own.
  public func follow(_ condition: AlertCondition?, for rule: String) {
    state.withLock { $0.engine.follow(condition, for: rule) }
  }

  /// Alerts that are pending, firing, lately resolved or unknown, the severest first.
  public func records() -> [AlertRecord] {
    state.withLock { $0.alerts.values.filter { $0.record.state != .inactive }.map(\.whole) }
      .sorted(by: AlertRecord.comesFirst)
  }

  /// Series that are known and chosen, by metric.
  public func seriesByMetric(
    where isChosen: ([String: String]) -> Bool
  ) -> [String: [[String: String]]] {
    state.withLock { $0.engine.seriesByMetric(where: isChosen) }
  }

  private func update(
    at now: Instant, _ samples: [MetricSample],
    _ evaluate: (inout AlertEngine) -> [AlertTransition]
  ) throws(HistoryError) -> [AlertTransition] {
    let silences = try history.silences(notEndedAt: now).filter { $0.isActive(at: now) }
    let actions = try history.alertActions()
    let result = state.withLock { state -> Result<[AlertTransition], HistoryError> in
      let transitions = evaluate(&state.engine)
      var changes = state.unkept
      changes.samples += samples
      changes.events += transitions.map(AlertEvent.init)
      // Where it cannot be kept now, it is the next time; messages are planned anew then.
      state.unkept.samples = changes.samples
      state.unkept.events = changes.events
      let before = state.alerts
      var alerts = Self.current(state, silences, actions, at: now)
      let outcome = NotificationPlan(
        configuration: state.configuration, alerts: alerts.values.sorted(by: KeptAlert.isBefore),
        groups: state.groups, now: now
      ).make()
      for (fingerprint, told) in outcome.told {
        alerts[fingerprint]?.told = told
        alerts[fingerprint]?.toldAt = now
      }
      changes.alerts = alerts.values.filter { before[$0.record.fingerprint] != $0 }
      changes.groups = outcome.groups
      do {
        changes.notifications = try outcome.messages.map(Self.queued)
        try history.commit(changes)
      } catch let error as HistoryError {
        return .failure(error)
      } catch {
        return .failure(.unusable(path: "", reason: "\(error)"))
      }
      state.unkept = History.AlertChanges()
      // Those that are over, told and no longer looked after are in the file alone.
      state.alerts = alerts.filter { $1.record.state != .inactive || $1.isOpen }
      state.groups.merge(outcome.groups) { $1 }
      return .success(transitions)
    }
    return try result.get()
  }

  /// Alerts as they are now: what the engine says, with what keeps them quiet and what others wrote.
  private static func current(
    _ state: State, _ silences: [Silence], _ actions: [String: History.AlertActions],
    at now: Instant
  ) -> [String: KeptAlert] {
    let records = state.engine.records(at: now)
    let kept = state.engine.keptByFingerprint()
    let muting = Muting(
      silences: silences, inhibitions: state.configuration.inhibitions,
      firing: records.filter { $0.state == .firing })
    var alerts = state.alerts
    for record in records {
      var alert = alerts[record.fingerprint] ?? KeptAlert(record: record, kept: nil)
      alert.record = record.state == .firing ? muting.muted(record) : record
      alert.kept = kept[record.fingerprint].flatMap { try? JSONEncoder.sorted.encode($0) }
      alerts[record.fingerprint] = alert
    }
    let seen = Set(records.map(\.fingerprint))
    for (fingerprint, alert) in alerts {
      if !seen.contains(fingerprint), alert.record.state != .inactive {
        alerts[fingerprint]?.record.state = .inactive
        alerts[fingerprint]?.kept = nil
      }
      let isFiring = alerts[fingerprint]?.record.state == .firing
      alerts[fingerprint]?.deliveredAt = actions[fingerprint]?.deliveredAt
      alerts[fingerprint]?.undeliveredAt = actions[fingerprint]?.undeliveredAt
      alerts[fingerprint]?.acknowledgedBy = isFiring ? actions[fingerprint]?.acknowledgedBy : nil
      alerts[fingerprint]?.acknowledgedAt = isFiring ? actions[fingerprint]?.acknowledgedAt : nil
    }
    return alerts
  }

  private static func queued(_ message: NotificationPlan.Message) throws -> QueuedNotification {
    QueuedNotification(
      channel: message.channel, orderKey: message.orderKey,
      message: try JSONEncoder.sorted.encode(message.content),
      createdAt: message.content.createdAt)
  }
}

extension JSONEncoder {
  /// The same value gives the same bytes.
  static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}

extension AlertEvent {
  init(_ transition: AlertTransition) {
    let kind: Kind =
      switch transition.kind {
      case .pending: .pending
      case .firing: .firing
      case .resolved: .resolved
      case .cleared: .cleared
      }
    self.init(
      at: transition.at, kind: kind, detail: transition.record.reason, alert: transition.record)
  }
}

extension KeptAlert {
  /// Whether people were told that it fires and not that it is over.
  var isOpen: Bool { told == .firing || told == .acknowledged }

  /// Whether the last that was to be told was given up by every channel.
  var reachedNobody: Bool {
    guard isOpen, let toldAt, let undeliveredAt, undeliveredAt >= toldAt else { return false }
    return deliveredAt.map { $0 < toldAt } ?? true
  }

  static func isBefore(_ one: KeptAlert, _ other: KeptAlert) -> Bool {
    one.record.fingerprint < other.record.fingerprint
  }
}

extension AlertRecord {
  /// Firing before pending before the rest, the severest first, then the oldest.
  public static func comesFirst(_ one: AlertRecord, _ other: AlertRecord) -> Bool {
    func rank(_ alert: AlertRecord) -> (Int, Int, Int64, String) {
      let states: [State] = [.firing, .pending, .unknown, .resolved, .inactive]
      return (
        states.firstIndex(of: alert.state) ?? states.count,
        AlertSeverity.allCases.firstIndex(of: alert.severity) ?? 0,
        alert.startsAt?.microseconds ?? alert.updatedAt.microseconds, alert.fingerprint
      )
    }
    return rank(one) < rank(other)
  }
}
