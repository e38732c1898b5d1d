import Monitoring
import Store

/// Decides whom to tell what now: compares how alerts are with what people were told of them, so that a
/// restart tells nothing twice and forgets nothing.
struct NotificationPlan {
  let configuration: AlertingConfiguration
  /// Every alert people were told of or may have to be, with what keeps it quiet.
  let alerts: [KeptAlert]
  /// When groups were last told of.
  let groups: [String: Instant]
  let now: Instant
  private let cooldowns: [String: Int64]
  private let routes: Routes
  private let channels: [String: ChannelConfiguration]
  /// Alerts one message names at most.
  static let messageLimit = 50
  /// Alerts that every channel shows, however many more there are.
  private static let shownLimit = 10

  init(
    configuration: AlertingConfiguration, alerts: [KeptAlert], groups: [String: Instant],
    now: Instant
  ) {
    self.configuration = configuration
    self.alerts = alerts
    self.groups = groups
    self.now = now
    routes = Routes(configuration.routes)
    channels = Dictionary(
      configuration.channels.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    cooldowns = Dictionary(
      configuration.rules.map { ($0.name, Instant.length($0.cooldownMinutes, of: 60_000_000)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// A message for a channel.
  struct Message: Equatable {
    var channel: String
    var orderKey: String
    var content: AlertMessage
  }

  /// What is to be told, and what people have been told after it.
  struct Outcome: Equatable {
    var messages: [Message] = []
    var told: [String: KeptAlert.Told] = [:]
    /// Whom alerts were told to fire.
    var toldChannels: [String: [String]] = [:]
    var groups: [String: Instant] = [:]
  }

  private enum Want {
    case firing, reminder, acknowledged, resolved
  }

  private struct Group {
    /// Its channels and labels: who are told alike are told together.
    var key: String
    /// Its labels alone, which are the same whoever is told: a channel's messages about them keep their order
    /// when routes change.
    var orderKey: String
    var labels: [String: String]
    var route: AlertingConfiguration.Route
    var members: [(alert: KeptAlert, want: Want?)] = []
  }

  func make() -> Outcome {
    var outcome = Outcome()
    for alert in alerts
    where alert.isOpen && alert.record.state != .firing && route(of: alert) == nil {
      // Nobody is there to be told any more.
      outcome.told[alert.record.fingerprint] = .resolved
    }
    for group in grouped().sorted(by: { $0.key < $1.key }) where isDue(group) {
      tell(group, &outcome)
    }
    return outcome
  }

  /// The route of an alert: the first that matches, else to those who were told that it fires and have to be
  /// told that it is over; nil where there is nobody to tell.
  private func route(of alert: KeptAlert) -> AlertingConfiguration.Route? {
    if let first = routes.first(for: alert.record.labels) { return first }
    let told = told(alert)
    guard alert.isOpen, alert.record.state != .firing, !told.isEmpty else { return nil }
    return .init(matchers: [], channels: told)
  }

  /// The channels that were told that it fires, of those there still are.
  private func told(_ alert: KeptAlert) -> [String] {
    alert.toldChannels.filter { channels[$0] != nil }
  }

  /// How long ago something was; very long where that is not yet, as a clock that was ahead wrote it.
  private func passed(since instant: Instant) -> Int64 {
    instant > AlertEngine.latest(at: now) ? .max : now.since(instant)
  }

  // MARK: What people do not know yet

  private func want(_ alert: KeptAlert, _ route: AlertingConfiguration.Route) -> Want? {
    let record = alert.record
    guard record.state == .firing else {
      return alert.isOpen && !isHeldBack(alert) ? .resolved : nil
    }
    // Whoever took it on knows of it, told or not.
    if alert.acknowledgedAt != nil { return alert.told == .firing ? .acknowledged : nil }
    // One that was taken on, ended and came again before anybody was told is a new one.
    if !alert.isOpen || alert.told == .acknowledged {
      return record.isQuiet || isHeldBack(alert) ? nil : .firing
    }
    // Whoever was told goes by another name now or is gone: those who are there do not know of it.
    if told(alert).isEmpty, route.channels.contains(where: { channels[$0] != nil }) {
      return record.isQuiet ? nil : .firing
    }
    if alert.reachedNobody { return record.isQuiet || isCooling(alert) ? nil : .firing }
    guard let pause = route.repeatInterval, !record.isQuiet, let last = alert.deliveredAt,
      last >= alert.toldAt ?? last
    else { return nil }
    return passed(since: last) >= max(pause.microseconds, cooldown(of: record)) ? .reminder : nil
  }

  private func cooldown(of record: AlertRecord) -> Int64 {
    cooldowns[record.rule] ?? 15 * 60_000_000
  }

  /// What reached nobody is tried again after the cooldown. One that ended and fires again is news: the
  /// cooldown does not outlive recovery.
  private func isCooling(_ alert: KeptAlert) -> Bool {
    alert.toldAt.map { passed(since: $0) < cooldown(of: alert.record) } ?? false
  }

  /// Changes of an alert that starts and ends too often are told once per cooldown.
  private func isHeldBack(_ alert: KeptAlert) -> Bool {
    guard alert.record.flapping,
      let last = [alert.deliveredAt, alert.toldAt].compactMap({ $0 }).max()
    else { return false }
    return passed(since: last) < cooldown(of: alert.record)
  }

  // MARK: Groups

  private func grouped() -> [Group] {
    var groups: [String: Group] = [:]
    for alert in alerts {
      guard var route = route(of: alert) else { continue }
      let want = want(alert, route)
      // That it is over is told to those who were told that it fires, whatever the routes say now; where none
      // of them is left, to those who are there.
      let told = told(alert)
      if want == .resolved || want == .acknowledged, !told.isEmpty { route.channels = told }
      let labels = configuration.grouping.labels.reduce(into: [String: String]()) {
        $0[$1] = alert.record.labels[$1] ?? ""
      }
      let orderKey =
        "{"
        + labels.sorted { $0.key < $1.key }
        .map { "\(Self.quoted($0.key))=\(Self.quoted($0.value))" }
        .joined(separator: ",") + "}"
      let key = route.channels.joined(separator: "+") + orderKey
      groups[
        key, default: Group(key: key, orderKey: orderKey, labels: labels, route: route)
      ].members.append((alert, want))
    }
    return Array(groups.values)
  }

  /// A text nothing of which can be taken for the end of it.
  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 32: "\\u{\(scalar.value)}"
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }

  /// A new group waits a little for more of it, a known one does not talk all the time; what is critical
  /// does neither.
  private func isDue(_ group: Group) -> Bool {
    let wanted = group.members.filter { $0.want != nil }
    guard !wanted.isEmpty else { return false }
    func asksAtOnce(_ member: (alert: KeptAlert, want: Want?)) -> Bool {
      member.alert.record.severity == .critical && member.want != .reminder
    }
    if wanted.contains(where: asksAtOnce) { return true }
    let isKnown = group.members.contains { $0.alert.isOpen }
    if isKnown, let last = groups[group.key] {
      return passed(since: last)
        >= Instant.length(configuration.grouping.intervalSeconds, of: 1_000_000)
    }
    let first = wanted.compactMap { $0.alert.record.startsAt }.min() ?? now
    return now.since(first) >= Instant.length(configuration.grouping.waitSeconds, of: 1_000_000)
  }

  // MARK: Messages

  private func tell(_ group: Group, _ outcome: inout Outcome) {
    let wanted = group.members.filter { $0.want != nil }
    for (alert, want) in wanted {
      outcome.told[alert.record.fingerprint] =
        switch want {
        case .acknowledged: .acknowledged
        case .resolved: .resolved
        default: .firing
        }
      guard want == .firing || want == .reminder else { continue }
      // Who was told before is told of the end as well, also a channel that is gone and may come back.
      let before =
        alert.isOpen ? alert.toldChannels.filter { !group.route.channels.contains($0) } : []
      outcome.toldChannels[alert.record.fingerprint] = before + group.route.channels
    }
    outcome.groups[group.key] = now
    for channel in group.route.channels {
      guard let target = channels[channel] else { continue }
      if target.keepsIncidents {
        for (alert, want) in wanted {
          outcome.messages.append(
            message(
              kind(of: want), group, [shown(alert, want)], to: channel,
              orderKey: alert.record.fingerprint))
        }
      } else {
        outcome.messages += whole(group, wanted.map { ($0.alert, $0.want) }, to: channel)
      }
    }
  }

  private func kind(of want: Want?) -> AlertMessage.Kind {
    switch want {
    case .acknowledged: .acknowledged
    case .resolved: .resolved
    default: .firing
    }
  }

  /// An alert as people are told of it: one that is over may be pending again already.
  private func shown(_ alert: KeptAlert, _ want: Want?) -> AlertRecord {
    var record = alert.whole
    guard want == .resolved else { return record }
    record.state = .resolved
    record.endsAt = record.endsAt ?? record.updatedAt
    return record
  }

  /// What a chat is told of a group: how it is now, with what has ended; a word apart for what was
  /// taken on.
  private func whole(
    _ group: Group, _ wanted: [(KeptAlert, Want?)], to channel: String
  ) -> [Message] {
    var messages: [Message] = []
    let taken = wanted.filter { $0.1 == .acknowledged }.map { shown($0.0, $0.1) }
    if !taken.isEmpty {
      messages.append(message(.acknowledged, group, taken, to: channel, orderKey: group.orderKey))
    }
    let news = wanted.filter { $0.1 != .acknowledged }.map { shown($0.0, $0.1) }
      .sorted(by: AlertRecord.comesFirst)
    guard !news.isEmpty else { return messages }
    let known = group.members.filter { member in
      member.want == nil && member.alert.record.state == .firing
        && !member.alert.record.isQuiet && member.alert.told == .firing
    }.map(\.alert.whole).sorted(by: AlertRecord.comesFirst)
    let isOver = known.isEmpty && news.allSatisfy { $0.state != .firing }
    // What is new comes first and is never left out, in as many messages as it takes.
    for first in stride(from: 0, to: news.count, by: Self.messageLimit) {
      let part = Array(news[first..<min(first + Self.messageLimit, news.count)])
      var all = part + (first == 0 ? known : [])
      // Where all can be shown they stand as they do everywhere.
      if all.count <= Self.shownLimit { all.sort(by: AlertRecord.comesFirst) }
      messages.append(
        message(
          isOver ? .resolved : .firing, group, all, to: channel, orderKey: group.orderKey))
    }
    return messages
  }

  private func message(
    _ kind: AlertMessage.Kind, _ group: Group, _ alerts: [AlertRecord], to channel: String,
    orderKey: String
  ) -> Message {
    var content = AlertMessage(
      id: AlertEngine.fingerprint(
        "\(channel) \(kind.rawValue) \(now.microseconds)",
        [
          "group": group.key, "key": orderKey,
          "alerts": alerts.map { "\($0.fingerprint) \($0.state.rawValue)" }.joined(separator: " "),
        ]),
      kind: kind, groupKey: group.orderKey, groupLabels: group.labels,
      alerts: Array(alerts.prefix(Self.messageLimit)), createdAt: now,
      externalURL: configuration.externalURL)
    content.truncatedAlerts = max(0, alerts.count - Self.messageLimit)
    return Message(channel: channel, orderKey: orderKey, content: content)
  }
}
