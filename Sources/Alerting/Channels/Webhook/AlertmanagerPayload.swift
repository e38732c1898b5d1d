import Monitoring

/// The body Alertmanager posts to webhooks, version 4 (`webhook.Message` and `template.Data` in its source).
struct AlertmanagerPayload: Encodable {
  struct Alert: Encodable {
    var status: String
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    var generatorURL: String
    var fingerprint: String
  }

  var receiver: String
  var status: String
  var alerts: [Alert]
  var groupLabels: [String: String]
  var commonLabels: [String: String]
  var commonAnnotations: [String: String]
  var externalURL: String
  var version = "4"
  var groupKey: String
  var truncatedAlerts: Int

  /// Go's zero time, which stands for none.
  static let noTime = "0001-01-01T00:00:00Z"

  init(_ message: AlertMessage, receiver: String, templates: MessageTemplates) {
    self.receiver = receiver
    let alerts = message.alerts.isEmpty ? [AlertRecord(test: message)] : message.alerts
    self.alerts = alerts.map { alert in
      let isOver = message.isOver(alert)
      return Alert(
        status: isOver ? "resolved" : "firing", labels: AlertLabels.all(of: alert, in: message),
        annotations: AlertLabels.annotations(of: alert, in: message, templates),
        startsAt: (alert.startsAt ?? alert.activeSince ?? message.createdAt).iso8601,
        endsAt: isOver ? (alert.endsAt ?? message.createdAt).iso8601 : Self.noTime,
        generatorURL: message.dashboard ?? "", fingerprint: alert.fingerprint.clipped(to: 255))
    }
    status = self.alerts.allSatisfy { $0.status == "resolved" } ? "resolved" : "firing"
    groupLabels = AlertLabels.bounded(message.groupLabels)
    commonLabels = Self.common(self.alerts.map(\.labels))
    commonAnnotations = Self.common(self.alerts.map(\.annotations))
    externalURL = message.dashboard ?? ""
    groupKey = message.groupKey.clipped(to: 4_096)
    truncatedAlerts = message.truncatedAlerts
  }

  private static func common(_ sets: [[String: String]]) -> [String: String] {
    guard let first = sets.first else { return [:] }
    return sets.dropFirst().reduce(first) { common, set in common.filter { set[$0.key] == $0.value }
    }
  }
}
