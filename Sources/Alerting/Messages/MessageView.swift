import Monitoring

/// A message as Mustache templates see it.
///
/// Names are those of the message: `status`, `severity`, `title`, `note`, `groupKey`, `groupLabels.NAME`,
/// `commonLabels.NAME`, `alerts`, `firing`, `resolved`, `alertCount`, `truncatedAlerts`, `externalURL`,
/// `createdAt`, and for sections `isFiring`, `isResolved`, `isAcknowledged`, `isDigest`, `isTest`. An alert
/// has all its fields, `labels.NAME`, `labelList` of `name` and `value`, and `isOver`.
///
/// All text is escaped already, so that three braces are as safe as two.
enum MessageView {
  private static let textLimit = 10_000
  private static let labelsLimit = 100

  static func make(_ message: AlertMessage, _ escaping: TextEscaping) -> [String: Any] {
    let alerts = message.alerts.map { alert($0, isOver: message.isOver($0), escaping) }
    var view: [String: Any] = [
      "id": text(message.id, escaping), "status": message.status,
      "severity": message.severity.rawValue, "title": text(message.subject, escaping),
      "groupKey": text(message.groupKey, escaping),
      "groupLabels": labels(message.groupLabels, escaping),
      "groupLabelList": list(message.groupLabels, escaping),
      "commonLabels": labels(message.commonLabels, escaping),
      "commonLabelList": list(message.commonLabels, escaping), "alerts": alerts,
      "firing": zip(alerts, message.alerts).filter { !message.isOver($1) }.map(\.0),
      "resolved": zip(alerts, message.alerts).filter { message.isOver($1) }.map(\.0),
      "alertCount": alerts.count + message.truncatedAlerts,
      "truncatedAlerts": message.truncatedAlerts, "createdAt": message.createdAt.iso8601,
      "isFiring": message.kind == .firing, "isResolved": message.kind == .resolved,
      "isAcknowledged": message.kind == .acknowledged, "isDigest": message.kind == .digest,
      "isTest": message.kind == .test,
    ]
    if let note = message.note { view["note"] = text(note, escaping) }
    if let url = message.dashboard { view["externalURL"] = escaping.apply(url) }
    return view
  }

  private static func alert(
    _ alert: AlertRecord, isOver: Bool, _ escaping: TextEscaping
  ) -> [String: Any] {
    // Every name is there, empty where there is no value: one that is missing would be looked up in the
    // message around the alert.
    [
      "fingerprint": text(alert.fingerprint, escaping), "rule": text(alert.rule, escaping),
      "metric": text(alert.metric, escaping), "severity": alert.severity.rawValue,
      "responseTime": alert.timeToRespond.description,
      "state": alert.state.rawValue, "status": isOver ? "resolved" : "firing", "isOver": isOver,
      "labels": labels(alert.labels, escaping), "labelList": list(alert.labels, escaping),
      "title": text(alert.title, escaping), "description": text(alert.description, escaping),
      "value": escaping.apply(AlertRecord.written(alert.value) ?? ""),
      "threshold": escaping.apply(AlertRecord.written(alert.threshold) ?? ""),
      "reference": escaping.apply(AlertRecord.written(alert.reference) ?? ""),
      "activeSince": alert.activeSince?.iso8601 ?? "", "startsAt": alert.startsAt?.iso8601 ?? "",
      "endsAt": alert.endsAt?.iso8601 ?? "", "updatedAt": alert.updatedAt.iso8601,
      "acknowledgedBy": text(alert.acknowledgedBy ?? "", escaping),
      "acknowledgedAt": alert.acknowledgedAt?.iso8601 ?? "",
      "unknownSince": alert.unknownSince?.iso8601 ?? "", "flapping": alert.flapping,
      "runbookURL": escaping.apply(alert.runbook ?? ""),
      "reason": text(alert.reason ?? "", escaping),
    ]
  }

  private static func text(_ text: String, _ escaping: TextEscaping) -> String {
    escaping.apply(text.clipped(to: textLimit).presentable)
  }

  private static func labels(
    _ labels: [String: String], _ escaping: TextEscaping
  ) -> [String: String] {
    labels.mapValues { text($0, escaping) }
  }

  private static func list(
    _ labels: [String: String], _ escaping: TextEscaping
  ) -> [[String: String]] {
    labels.sorted { $0.key < $1.key }.prefix(labelsLimit).map { name, value in
      ["name": text(name, escaping), "value": text(value, escaping)]
    }
  }
}
