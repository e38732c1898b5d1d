import Monitoring

/// What opens an alert.
struct OpsgenieAlert: Encodable {
  var message: String
  var alias: String
  var description: String
  var priority: String
  var source = "plumbline"
  var entity: String?
  var tags: [String]
  var details: [String: String]

  private static let messageLimit = 130
  private static let descriptionLimit = 15_000
  private static let entityLimit = 512
  private static let tagLimit = 50
  /// Of all keys and values together.
  private static let detailsLimit = 8_000

  init(
    _ alert: AlertRecord, in message: AlertMessage, alias: String, _ templates: MessageTemplates
  ) {
    self.init(
      title: templates.title(message, .none, marked: false), alias: alias,
      description: templates.text(message, .none) ?? Self.description(alert, in: message),
      priority: Self.priority(alert.severity))
    entity = alert.labels["model_name"].map {
      $0.clipped(to: Self.entityLimit).presentableLine
    }
    tags.append(alert.severity.rawValue)
    var room = Self.detailsLimit
    for (name, value) in alert.readableLabels(limit: 64, length: 1_000) {
      room -= name.utf16.count + value.utf16.count
      guard room >= 0 else { break }
      details[name] = value
    }
  }

  init(test message: AlertMessage, alias: String, _ templates: MessageTemplates) {
    self.init(
      title: templates.title(message, .none, marked: false), alias: alias,
      description: message.note ?? "", priority: "P5")
    tags.append("test")
  }

  private init(title: String, alias: String, description: String, priority: String) {
    let title = title.presentableLine
    message = title.isEmpty ? "Alert" : title.clipped(to: Self.messageLimit)
    self.alias = alias
    self.description = description.clipped(to: Self.descriptionLimit).presentable
    self.priority = priority
    tags = ["plumbline"]
    details = [:]
  }

  private static func priority(_ severity: AlertSeverity) -> String {
    switch severity {
    case .critical: "P1"
    case .warning: "P3"
    case .info: "P5"
    }
  }

  private static func description(_ alert: AlertRecord, in message: AlertMessage) -> String {
    var lines = [alert.readableDescription, ""]
    lines += alert.facts(isOver: false).map { "\($0.name): \($0.value)" }
    if let runbook = alert.runbook { lines.append("Runbook: \(runbook)") }
    if let dashboard = message.dashboard { lines.append("Dashboard: \(dashboard)") }
    return lines.joined(separator: "\n")
  }
}

/// What closes an alert or takes it on.
struct OpsgenieAction: Encodable {
  var source = "plumbline"
  var user: String?
  var note: String?
}
