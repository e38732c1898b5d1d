public import Monitoring

/// What a channel is to tell people.
public struct AlertMessage: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Alerts of a group that fire, and perhaps some that are over.
    case firing
    /// All alerts of a group are over.
    case resolved
    /// Somebody has taken an alert on.
    case acknowledged
    /// What came while the channel was at its rate limit.
    case digest
    /// Asked for by a person, to see whether the channel works.
    case test
  }

  /// The same for every attempt to deliver the same message.
  public var id: String
  public var kind: Kind
  /// The same for all messages of a group.
  public var groupKey: String
  public var groupLabels: [String: String]
  public var alerts: [AlertRecord]
  /// Alerts that are left out of ``alerts``.
  public var truncatedAlerts = 0
  public var createdAt: Instant
  /// Where people find the dashboard; nil where that is not known.
  public var externalURL: String?

  public init(
    id: String, kind: Kind, groupKey: String, groupLabels: [String: String],
    alerts: [AlertRecord], createdAt: Instant, externalURL: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.groupKey = groupKey
    self.groupLabels = groupLabels
    self.alerts = alerts
    self.createdAt = createdAt
    self.externalURL = externalURL
  }

  /// The severest of the alerts that fire, else of all.
  public var severity: AlertSeverity {
    let firing = alerts.filter { $0.state == .firing }
    let severities = Set((firing.isEmpty ? alerts : firing).map(\.severity))
    return AlertSeverity.allCases.first(where: severities.contains) ?? .info
  }

  /// Labels all its alerts share.
  public var commonLabels: [String: String] {
    guard let first = alerts.first else { return [:] }
    return alerts.dropFirst().reduce(into: first.labels) { common, alert in
      common = common.filter { alert.labels[$0.key] == $0.value }
    }
  }
}

extension AlertMessage {
  /// A message that shows whether a channel works, and wakes nobody for anything.
  public static func test(of channel: String, at now: Instant, externalURL: String?)
    -> AlertMessage
  {
    let labels = ["alertname": "plumbline_test", "channel": channel, "severity": "info"]
    var alert = AlertRecord(
      fingerprint: AlertEngine.fingerprint("plumbline_test", labels), rule: "plumbline_test",
      metric: "plumbline_test", severity: .info, state: .firing, labels: labels,
      title: "Test alert of Plumbline",
      description: "Somebody asked for this to see whether the channel works. Nothing is wrong.",
      updatedAt: now)
    alert.startsAt = now
    return AlertMessage(
      id: AlertEngine.fingerprint("test \(now.microseconds)", labels), kind: .test,
      groupKey: "test", groupLabels: labels, alerts: [alert], createdAt: now,
      externalURL: externalURL)
  }
}
