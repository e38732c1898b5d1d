import Monitoring

/// Labels and annotations as Prometheus and Alertmanager have them.
enum AlertLabels {
  /// No limit of Alertmanager's: one that keeps a broken client's labels from filling its memory.
  private static let valueLimit = 16_384
  private static let annotationLimit = 10_000
  private static let countLimit = 200

  /// An alert's labels, with the two everybody routes by.
  static func all(of alert: AlertRecord, in message: AlertMessage) -> [String: String] {
    var labels = bounded(alert.labels)
    labels["alertname"] = labels["alertname"] ?? alert.rule.clipped(to: valueLimit)
    labels["severity"] = labels["severity"] ?? alert.severity.rawValue
    if message.kind == .test { labels["test"] = "true" }
    return labels
  }

  static func bounded(_ labels: [String: String]) -> [String: String] {
    let kept = labels.sorted { $0.key < $1.key }.prefix(countLimit)
    return Dictionary(
      kept.map { ($0.clipped(to: 1_024), $1.clipped(to: valueLimit)) },
      uniquingKeysWith: { first, _ in first })
  }

  static func annotations(
    of alert: AlertRecord, in message: AlertMessage, _ templates: MessageTemplates
  ) -> [String: String] {
    var single = message
    single.alerts = [alert]
    single.truncatedAlerts = 0
    var annotations = [
      "summary": templates.title(single, .none, marked: false),
      "description": templates.text(single, .none) ?? alert.description,
      "metric": alert.metric,
      "response_time": alert.timeToRespond.description,
      "runbook_url": alert.runbook ?? "",
      "acknowledged_by": alert.acknowledgedBy ?? "",
      // As exact as the number is: what reads this is a program.
      "value": alert.value.map { "\($0)" } ?? "",
      "threshold": alert.threshold.map { "\($0)" } ?? "",
      "reference": alert.reference.map { "\($0)" } ?? "",
    ]
    if message.kind == .test, let note = message.note { annotations["description"] = note }
    return annotations.filter { !$0.value.isEmpty }.mapValues { $0.clipped(to: annotationLimit) }
  }

  /// Labels with names Alertmanager takes, `[a-zA-Z_][a-zA-Z0-9_]*`; those that are taken already get a
  /// number. An empty value is none.
  static func sanitized(_ labels: [String: String]) -> [String: String] {
    // Names that are right keep theirs, whatever else becomes the same.
    let sorted = labels.filter { !$0.value.isEmpty }.sorted {
      (sanitized(name: $0.key) == $0.key ? 0 : 1, $0.key)
        < (sanitized(name: $1.key) == $1.key ? 0 : 1, $1.key)
    }
    var result: [String: String] = [:]
    for (name, value) in sorted {
      let base = sanitized(name: name)
      var free = base
      var number = 2
      while result[free] != nil {
        free = "\(base)_\(number)"
        number += 1
      }
      result[free] = value
    }
    return result
  }

  private static func sanitized(name: String) -> String {
    var result = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if result.isEmpty { result = "_" }
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "_"
      }
    }
    return result.isEmpty ? "_" : result
  }
}

extension AlertRecord {
  /// What a message without alerts is to a system that takes nothing else.
  init(test message: AlertMessage) {
    self.init(
      fingerprint: Digest.hexadecimal(of: "test \(message.id)"), rule: "plumbline_test",
      metric: "none", severity: .info, state: .firing, labels: message.groupLabels,
      title: message.subject, description: message.note ?? "", updatedAt: message.createdAt)
    startsAt = message.createdAt
  }
}
