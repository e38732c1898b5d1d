import Monitoring
import Store

/// Counts the messages people would have got: the service's own plan, told what happens and asked only
/// when something can have come of it.
struct NotificationCounter {
  private struct Alert {
    var kept: KeptAlert
    /// When it fired lately, oldest first.
    var starts: [Int64] = []
  }

  private let configuration: AlertingConfiguration
  private let routes: Routes
  /// Those that fire, or that people believe to fire.
  private var alerts: [String: Alert] = [:]
  /// Those that are over, which people know, and when they ended: one that comes again too often is held
  /// back by when they were told last.
  private var past: [String: (alert: Alert, end: Int64)] = [:]
  private var groups: [String: Instant] = [:]
  private var hasChanged = false
  /// When time alone may bring a message; nil for not before something changes.
  private(set) var nextLook: Instant?

  private(set) var total = 0
  private(set) var byRule: [String: Int] = [:]

  init(_ configuration: AlertingConfiguration) {
    self.configuration = configuration
    routes = Routes(configuration.routes)
  }

  mutating func take(_ transition: AlertTransition) {
    let record = transition.record
    let now = transition.at.microseconds
    switch transition.kind {
    case .firing:
      let past = past.removeValue(forKey: record.fingerprint)
      // The engine remembers an alert that is over for a day.
      let isKnown =
        past.map { now - $0.end <= AlertEngine.rememberedDays * 86_400_000_000 } ?? false
      var alert =
        alerts[record.fingerprint] ?? (isKnown ? past?.alert : nil)
        ?? Alert(kept: KeptAlert(record: record, kept: nil))
      alert.kept.record = record
      alert.starts = alert.starts.suffix(99) + [now]
      alerts[record.fingerprint] = alert
    case .resolved:
      alerts[record.fingerprint]?.kept.record = record
    case .pending, .cleared: return
    }
    hasChanged = true
  }

  func isDue(at now: Instant) -> Bool { hasChanged || nextLook.map { $0 <= now } ?? false }

  mutating func waitForChange() { nextLook = nil }

  /// Asks the plan.
  mutating func look(at now: Instant) {
    hasChanged = false
    let firing = alerts.values.map(\.kept.record).filter { $0.state == .firing }
    let muting = Muting(silences: [], inhibitions: configuration.inhibitions, firing: firing)
    for fingerprint in alerts.keys {
      guard var alert = alerts[fingerprint] else { continue }
      alert.kept.record.flapping = isFlapping(alert, at: now)
      if alert.kept.record.state == .firing { alert.kept.record = muting.muted(alert.kept.record) }
      alerts[fingerprint] = alert
    }
    let outcome = NotificationPlan(
      configuration: configuration,
      alerts: alerts.values.map(\.kept).sorted(by: KeptAlert.isBefore), groups: groups, now: now
    ).make()
    for (fingerprint, told) in outcome.told {
      alerts[fingerprint]?.kept.told = told
      if told == .firing { alerts[fingerprint]?.kept.toldAt = now }
    }
    for (fingerprint, channels) in outcome.toldChannels {
      alerts[fingerprint]?.kept.toldChannels = channels
    }
    groups.merge(outcome.groups) { $1 }
    for message in outcome.messages {
      total += 1
      for alert in message.content.alerts { alerts[alert.fingerprint]?.kept.deliveredAt = now }
      let told = message.content.alerts.filter { outcome.told[$0.fingerprint] != nil }
      for rule in Set(told.map(\.rule)) { byRule[rule, default: 0] += 1 }
    }
    for (fingerprint, alert) in alerts
    where alert.kept.record.state != .firing && !alert.kept.isOpen {
      alerts[fingerprint] = nil
      past[fingerprint] = (alert, (alert.kept.record.endsAt ?? now).microseconds)
    }
    nextLook = next(after: now)
  }

  /// Tells what waits to be told after the last sample.
  mutating func finish(after last: Instant) {
    let end = last.microseconds + Int64(configuration.grouping.waitSeconds) * 1_000_000
    var looks = 0
    while let next = nextLook, next.microseconds <= end, looks < 1_000 {
      look(at: next)
      looks += 1
    }
  }

  /// Messages people would get if an alert of each model, as severe as the severest rule, fired all of the
  /// time.
  static func ofAlways(
    _ configuration: AlertingConfiguration, models: Set<String>, from start: Instant,
    to end: Instant
  ) -> Int {
    let severities = Set(configuration.rules.map(\.severity))
    guard let severity = AlertSeverity.allCases.first(where: severities.contains) else { return 0 }
    var counter = NotificationCounter(configuration)
    for model in models.sorted() {
      var labels = ["alertname": "always", "severity": severity.rawValue]
      if !model.isEmpty { labels["model_name"] = model }
      var record = AlertRecord(
        fingerprint: AlertEngine.fingerprint("always", labels), rule: "always", metric: "",
        severity: severity, state: .firing, labels: labels, title: "always", description: "",
        updatedAt: start)
      record.startsAt = start
      counter.take(AlertTransition(kind: .firing, at: start, record: record))
    }
    counter.look(at: start)
    var looks = 0
    // As elsewhere, reminders over years are not counted one by one.
    while let next = counter.nextLook, next <= end, looks < 10_000 {
      counter.look(at: next)
      looks += 1
    }
    counter.finish(after: end)
    return counter.total
  }

  private func isFlapping(_ alert: Alert, at now: Instant) -> Bool {
    let first = now.microseconds - Int64(configuration.flapping.withinSeconds) * 1_000_000
    return alert.starts.count { $0 > first } >= configuration.flapping.starts
  }

  // MARK: When to ask again

  /// The first time after `now` at which the plan can say something else though nothing happens.
  private func next(after now: Instant) -> Instant? {
    var times: [Int64] = []
    var isWaiting = false
    for alert in alerts.values {
      guard let route = routes.first(for: alert.kept.record.labels) else { continue }
      let record = alert.kept.record
      let cooldown = cooldown(of: record)
      let told = ([alert.kept.toldAt, alert.kept.deliveredAt].compactMap(\.self).max() ?? now)
        .microseconds
      if record.state == .firing ? !alert.kept.isOpen && !record.isQuiet : alert.kept.isOpen {
        isWaiting = true
        let wait = Int64(configuration.grouping.waitSeconds) * 1_000_000
        times.append((record.startsAt ?? now).microseconds + wait)
        if record.flapping {
          times.append(told + cooldown)
          times += calm(alert)
        }
      } else if record.state == .firing, !record.isQuiet, let pause = route.repeatInterval {
        times.append(told + max(pause.microseconds, cooldown, 1_000_000))
      }
    }
    let interval = Int64(configuration.grouping.intervalSeconds) * 1_000_000
    if isWaiting { times += groups.values.map { $0.microseconds + interval } }
    return times.filter { $0 > now.microseconds }.min().map { Instant(microseconds: $0) }
  }

  private func cooldown(of record: AlertRecord) -> Int64 {
    let rule = configuration.rules.first { $0.name == record.rule }
    return Int64(rule?.cooldownMinutes ?? 15) * 60_000_000
  }

  /// When it has started too seldom to be flapping any more.
  private func calm(_ alert: Alert) -> [Int64] {
    let needed = configuration.flapping.starts
    guard needed > 0, alert.starts.count >= needed else { return [] }
    let within = Int64(configuration.flapping.withinSeconds) * 1_000_000
    return alert.starts.suffix(needed).prefix(1).map { $0 + within }
  }
}
