import Monitoring

/// An event as the Events API v2 takes it.
struct PagerDutyEvent: Encodable {
  enum Action: String, Encodable {
    case trigger, acknowledge, resolve
  }

  struct Link: Encodable {
    var href: String
    var text: String
  }

  struct Payload: Encodable {
    var summary: String
    var source: String
    var severity: String
    var timestamp: String?
    var component: String?
    var group: String?
    var `class`: String?
    var details: Details

    enum CodingKeys: String, CodingKey {
      case summary, source, severity, timestamp, component, group
      case `class`
      case details = "custom_details"
    }
  }

  struct Details: Encodable {
    var description: String?
    var rule: String?
    var metric: String?
    var responseTime: String?
    var value: Double?
    var threshold: Double?
    var reference: Double?
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
      case description, rule, metric, value, threshold, reference, labels
      case responseTime = "response_time"
    }
  }

  var routingKey: String
  var action: Action
  var deduplicationKey: String
  var payload: Payload?
  var links: [Link]?
  var client: String?
  var clientURL: String?

  enum CodingKeys: String, CodingKey {
    case payload, links, client
    case routingKey = "routing_key"
    case action = "event_action"
    case deduplicationKey = "dedup_key"
    case clientURL = "client_url"
  }
}

extension PagerDutyEvent.Payload {
  private static let summaryLimit = 1_024
  // With a body of at most 512 KB: 64 labels of some 1,100 characters of at most 3 bytes each fit well.
  private static let labelsLimit = 64
  private static let labelLimit = 1_000
  private static let textLimit = 10_000

  init(_ alert: AlertRecord, in message: AlertMessage, _ templates: MessageTemplates) {
    func name(_ text: String?) -> String? {
      text.map { $0.clipped(to: 255).presentableLine }.flatMap { $0.isEmpty ? nil : $0 }
    }
    self.init(
      summary: Self.summary(message, templates),
      source: name(alert.labels["model_name"]) ?? "plumbline", severity: alert.severity.rawValue,
      timestamp: alert.startsAt?.iso8601, component: name(alert.labels["feature"]),
      group: name(alert.labels["topic"]), class: name(alert.metric),
      details: PagerDutyEvent.Details(
        description: templates.text(message, .none)?.clipped(to: Self.textLimit).presentable
          ?? alert.readableDescription, rule: name(alert.rule), metric: name(alert.metric),
        responseTime: alert.timeToRespond.description,
        value: ProviderJSON.finite(alert.value), threshold: ProviderJSON.finite(alert.threshold),
        reference: ProviderJSON.finite(alert.reference),
        labels: Dictionary(
          alert.readableLabels(limit: Self.labelsLimit, length: Self.labelLimit),
          uniquingKeysWith: { first, _ in first })))
  }

  init(test message: AlertMessage, _ templates: MessageTemplates) {
    self.init(
      summary: Self.summary(message, templates), source: "plumbline",
      severity: AlertSeverity.info.rawValue, timestamp: message.createdAt.iso8601,
      details: PagerDutyEvent.Details(description: message.note))
  }

  private static func summary(_ message: AlertMessage, _ templates: MessageTemplates) -> String {
    let title = templates.title(message, .none, marked: false).presentableLine
    return title.isEmpty ? "Alert" : title.clipped(to: summaryLimit)
  }
}
