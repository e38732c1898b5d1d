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
    /// Alerts that are not through, by fingerprint: as they are now, and what people were told.
    var alerts: [String: KeptAlert]
    var groups: [String: Instant]
    /// Fingerprints of alerts that are not kept as they are now.
    var unkeptAlerts: Set<String> = []
    /// What else could not be kept yet.
    var unkept = History.AlertChanges()
    /// Whether messages may wait for channels that a reload has removed.
    var mayHoldGone = false
    var lookedAt: Instant
  }

  let history: History
  /// Is told of attempts, as that of a ``ChannelDispatcher``.
  let observe: @Sendable (DeliveryAttempt, _ givenUp: [AlertMessage.Kind]) -> Void
  private let state: Mutex<State>

  /// Where the times of looks stand among those of groups, whose keys all have a brace.
  private static let lookedKey = "looked"
  private static let watchedKey = "watched since"
  /// A pause in looking that is no mere restart: absences count from its end, as there may have been data.
  private static let pauseSeconds: Int64 = 300
  /// Samples that wait to be kept at most; past that the oldest are lost, states and messages never.
  private static let unkeptLimit = 200_000

  /// Takes up what was kept.
  ///
  /// - Parameters:
  ///   - history: where alerts are kept; one manager at a time writes to it.
  ///   - now: the time.
  ///   - observe: is told of messages that are given up because their channel is gone.
  public init(
    _ configuration: AlertingConfiguration, history: History, now: Instant,
    observe: @escaping @Sendable (DeliveryAttempt, _ givenUp: [AlertMessage.Kind]) -> Void = {
      _, _ in
    }
  ) throws(HistoryError) {
    self.history = history
    self.observe = observe
    var groups = try history.groups()
    let looked = groups.removeValue(forKey: Self.lookedKey)
    let watched = groups.removeValue(forKey: Self.watchedKey)
    let isPause = looked.map { now.since($0) > Self.pauseSeconds * 1_000_000 } ?? true
    // Of a start that is not known any more as of one long ago.
    let watchedSince = isPause ? now : min(now, watched ?? Instant(microseconds: .min))
    var engine = AlertEngine(
      rules: configuration.rules, flapping: configuration.flapping,
      recalling: try history.newestSamples(until: AlertEngine.latest(at: now)),
      watchedSince: watchedSince, startedAt: now)
    let kept = try history.alerts(isOpen: true)
    let ended = engine.restore(kept.compactMap(\.kept).compactMap(Self.decoded), at: now)
    let alerts = kept.reduce(into: [:]) { $0[$1.record.fingerprint] = $1 }
    var state = State(
      configuration: configuration, engine: engine, alerts: alerts, groups: groups,
      lookedAt: Instant(microseconds: .min))
    state.unkept.groups[Self.watchedKey] = watchedSince
    state.unkept.samples = state.engine.takeExpected()
    // What the engine says of the rest at the first look; what it says nothing of is over.
    let followed = Set(state.engine.records(at: now).map(\.fingerprint))
    let transitions = ended.map { transition in
      alerts[transition.record.fingerprint].map { Self.named(transition, after: $0) } ?? transition
    }
    state.unkept.events = transitions.map(AlertEvent.init)
    for fingerprint in alerts.keys where !followed.contains(fingerprint) {
      let end = transitions.first { $0.record.fingerprint == fingerprint }
      Self.end(fingerprint, end, in: &state)
    }
    self.state = Mutex(state)
    try giveUpNotifications(besides: configuration, at: now)
  }

  /// Looks at samples.
  ///
  /// - Returns: what changed, once it is kept.
  @discardableResult
  public func record(
    _ samples: [MetricSample], at now: Instant
  ) throws(HistoryError) -> [AlertTransition] {
    // A time that is not yet would shut out all samples before it.
    let latest = AlertEngine.latest(at: now)
    let samples = samples.map { sample in
      var sample = sample
      if sample.at > latest { sample.at = now }
      return sample
    }
    return try update(at: now, samples) { $0.evaluate(samples) }
  }

  /// Notices what time brings: absences, silences that end, groups that have waited long enough.
  @discardableResult
  public func advance(to now: Instant) throws(HistoryError) -> [AlertTransition] {
    try update(at: now, []) { $0.advance(to: now) }
  }

  /// Takes another configuration; alerts of rules that are gone end.
  ///
  /// - Throws: ``HistoryError`` where that cannot be kept; it is in force all the same, and what is not kept is
  ///   with the next look and the next ``giveUpGone(at:)``.
  @discardableResult
  public func reload(
    _ configuration: AlertingConfiguration, at now: Instant
  ) throws(HistoryError) -> [AlertTransition] {
    state.withLock { state in
      state.configuration = configuration
      state.engine.flapping = configuration.flapping
      state.mayHoldGone = true
    }
    let transitions = try update(at: now, []) { $0.replaceRules(configuration.rules, at: now) }
    try giveUpGone(at: now)
    return transitions
  }

  /// Gives up what waits for channels that a reload removed, where that could not be done yet.
  public func giveUpGone(at now: Instant) throws(HistoryError) {
    let configuration = state.withLock { state -> AlertingConfiguration? in
      defer { state.mayHoldGone = false }
      return state.mayHoldGone ? state.configuration : nil
    }
    guard let configuration else { return }
    do {
      try giveUpNotifications(besides: configuration, at: now)
    } catch {
      state.withLock { $0.mayHoldGone = true }
      throw error
    }
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

  /// Alerts that fire and that a channel was told of.
  public func records(toldTo channel: String) -> [AlertRecord] {
    state.withLock { state in
      state.alerts.values.filter {
        $0.record.state == .firing && $0.isOpen && $0.toldChannels.contains(channel)
      }.map(\.whole)
    }.sorted(by: AlertRecord.comesFirst)
  }

  /// Series that are known and chosen, by metric.
  public func seriesByMetric(
    where isChosen: ([String: String]) -> Bool
  ) -> [String: [[String: String]]] {
    state.withLock { $0.engine.seriesByMetric(where: isChosen) }
  }

  // MARK: A look

  private func update(
    at now: Instant, _ samples: [MetricSample],
    _ evaluate: (inout AlertEngine) -> [AlertTransition]
  ) throws(HistoryError) -> [AlertTransition] {
    let result = state.withLock { state -> Result<[AlertTransition], HistoryError> in
      state.engine.setBack(to: now)
      let transitions = evaluate(&state.engine)
      // Where it cannot be kept now, it is the next time; messages are planned anew then.
      state.unkept.samples += samples + state.engine.takeExpected()
      if state.unkept.samples.count > Self.unkeptLimit {
        state.unkept.samples.removeFirst(state.unkept.samples.count - Self.unkeptLimit)
      }
      state.unkept.events += transitions.map(AlertEvent.init)
      Self.take(transitions, into: &state, at: now)
      do {
        try keep(&state, at: now)
        return .success(transitions)
      } catch let error as HistoryError {
        return .failure(error)
      } catch {
        return .failure(.unusable(path: "", reason: "\(error)"))
      }
    }
    return try result.get()
  }

  /// Takes over what the engine says has changed, and no more than that.
  private static func take(
    _ transitions: [AlertTransition], into state: inout State, at now: Instant
  ) {
    var last: [String: AlertTransition] = [:]
    for transition in transitions { last[transition.record.fingerprint] = transition }
    for change in state.engine.takeChanges(at: now) {
      guard let record = change.record else {
        end(change.fingerprint, last[change.fingerprint], in: &state)
        continue
      }
      var alert = state.alerts[change.fingerprint] ?? KeptAlert(record: record, kept: nil)
      alert.record = record
      // What cannot be written, as an infinity, is not kept: after a restart the alert begins anew.
      alert.kept = change.kept.flatMap { try? JSONEncoder.sorted.encode($0) }
      state.alerts[change.fingerprint] = alert
      state.unkeptAlerts.insert(change.fingerprint)
    }
  }

  private static func end(
    _ fingerprint: String, _ transition: AlertTransition?, in state: inout State
  ) {
    guard var alert = state.alerts[fingerprint] else { return }
    if let transition { alert.record = transition.record }
    alert.record.state = .inactive
    alert.kept = nil
    state.alerts[fingerprint] = alert
    state.unkeptAlerts.insert(fingerprint)
  }

  /// Plans what people are to be told and keeps all that is new, in one transaction.
  private func keep(_ state: inout State, at now: Instant) throws {
    let silences = try history.silences(notEndedAt: now).filter { $0.isActive(at: now) }
    Self.take(try history.alertActions(), silences, into: &state)
    let relevant = state.alerts.values.filter { $0.record.state == .firing || $0.isOpen }
    let outcome = NotificationPlan(
      configuration: state.configuration, alerts: relevant.sorted(by: KeptAlert.isBefore),
      groups: state.groups, now: now
    ).make()
    var told: [String: KeptAlert] = [:]
    for (fingerprint, what) in outcome.told {
      guard var alert = state.alerts[fingerprint] else { continue }
      alert.told = what
      if what == .firing { alert.toldAt = now }
      if let channels = outcome.toldChannels[fingerprint] { alert.toldChannels = channels }
      told[fingerprint] = alert
    }
    var changes = state.unkept
    changes.alerts = state.unkeptAlerts.union(told.keys).sorted()
      .compactMap { told[$0] ?? state.alerts[$0] }
    changes.groups.merge(outcome.groups) { $1 }
    let looks = now.since(state.lookedAt) >= 60_000_000 || now < state.lookedAt
    if looks { changes.groups[Self.lookedKey] = now }
    changes.notifications = try outcome.messages.map(Self.queued)
    if looks {
      let planned = Set(changes.notifications.map { [$0.channel, $0.orderKey] })
      let firing = Set(relevant.filter { $0.record.state == .firing }.map(\.record.fingerprint))
      changes.notifications += try endsToTellAgain(state.configuration, firing: firing, at: now)
        .filter { !planned.contains([$0.channel, $0.orderKey]) }
    }
    try history.commit(changes)
    state.unkept = History.AlertChanges()
    state.unkeptAlerts = []
    if looks { state.lookedAt = now }
    state.alerts.merge(told) { $1 }
    // Those that are over, told and no longer looked after are in the file alone.
    for alert in changes.alerts where alert.record.state == .inactive && !alert.isOpen {
      state.alerts[alert.record.fingerprint] = nil
    }
    state.groups.merge(outcome.groups) { $1 }
    let old = max(
      Instant.length(state.configuration.grouping.intervalSeconds, of: 1_000_000),
      AlertEngine.day)
    state.groups = state.groups.filter { now.since($1) <= old }
  }

  /// What keeps alerts quiet, and what others wrote about them.
  private static func take(
    _ actions: [String: History.AlertActions], _ silences: [Silence], into state: inout State
  ) {
    let muting = Muting(
      silences: silences, inhibitions: state.configuration.inhibitions,
      firing: state.alerts.values.map(\.record).filter { $0.state == .firing })
    for (fingerprint, known) in state.alerts {
      var alert = known
      let action = actions[fingerprint]
      alert.deliveredAt = action?.deliveredAt
      alert.undeliveredAt = action?.undeliveredAt
      let isFiring = alert.record.state == .firing
      // Who took on an earlier time has not taken on this one.
      let isTaken =
        isFiring && (action?.acknowledgedAt).map { $0 >= alert.record.startsAt ?? $0 } == true
      alert.acknowledgedBy = isTaken ? action?.acknowledgedBy : nil
      alert.acknowledgedAt = isTaken ? action?.acknowledgedAt : nil
      if isFiring { alert.record = muting.muted(alert.record) }
      guard alert != known else { continue }
      state.alerts[fingerprint] = alert
      // Deliveries and acknowledgements are in the file already.
      if alert.record != known.record { state.unkeptAlerts.insert(fingerprint) }
    }
  }
}
