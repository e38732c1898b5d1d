import Monitoring

/// A message with an Adaptive Card 1.4, which Teams shows at most of.
struct TeamsCard: Encodable {
  struct Run: Encodable {
    var type = "TextRun"
    var text: String
    var weight: String?
    var size: String?
    var color: String?
  }

  struct Element: Encodable {
    var type: String
    var inlines: [Run]?
    var text: String?
    var wrap: Bool?
    var spacing: String?

    /// Text that is shown as it is: a `TextBlock` would read Markdown in it.
    static func verbatim(_ runs: [Run], spacing: String? = nil) -> Element {
      Element(type: "RichTextBlock", inlines: runs, spacing: spacing)
    }

    static func markdown(_ text: String) -> Element {
      Element(type: "TextBlock", text: text, wrap: true)
    }
  }

  struct Action: Encodable {
    var type = "Action.OpenUrl"
    var title: String
    var url: String
  }

  struct Card: Encodable {
    var schema = "http://adaptivecards.io/schemas/adaptive-card.json"
    var type = "AdaptiveCard"
    var version = "1.4"
    var body: [Element]
    var actions: [Action]
    var msteams = ["width": "Full"]

    enum CodingKeys: String, CodingKey {
      case type, version, body, actions, msteams
      case schema = "$schema"
    }
  }

  struct Attachment: Encodable {
    var contentType = "application/vnd.microsoft.card.adaptive"
    var content: Card
  }

  var type = "message"
  var attachments: [Attachment]

  /// 28 KB by the documentation; some are refused from 21 KB on.
  static let sizeLimit = 20_000
  private static let alertsLimit = 10

  /// The card as JSON, with as many alerts as there is room for.
  static func bytes(
    _ message: AlertMessage, templates: MessageTemplates
  ) throws(DeliveryError) -> [UInt8] {
    var count = min(alertsLimit, message.alerts.count)
    while true {
      let bytes = try ProviderJSON.bytes(
        TeamsCard(message, alertCount: count, templates: templates))
      if bytes.count <= sizeLimit || count == 0 { return bytes }
      count -= 1
    }
  }

  init(_ message: AlertMessage, alertCount: Int, templates: MessageTemplates) {
    let colour =
      switch (message.kind, message.severity) {
      case (.resolved, _): "Good"
      case (.test, _), (_, .info): "Accent"
      case (_, .critical): "Attention"
      case (_, .warning): "Warning"
      }
    let title = templates.title(message, .none).clipped(to: 300).presentableLine
    var body: [Element] = [
      .verbatim([Run(text: title, weight: "Bolder", size: "Large", color: colour)])
    ]
    if let note = message.note { body.append(.verbatim([Run(text: note)])) }
    if let text = templates.text(message, .markdown) {
      body.append(.markdown(text.clipped(to: 5_000)))
    } else {
      body += message.alerts.prefix(alertCount).flatMap { Self.elements($0, in: message) }
      let more = message.alerts.count - alertCount + message.truncatedAlerts
      if more > 0 { body.append(.verbatim([Run(text: "… and \(more) more")])) }
    }
    var actions: [Action] = []
    if message.alerts.count == 1, let runbook = message.alerts.first?.runbook {
      actions.append(Action(title: "Runbook", url: runbook))
    }
    if let dashboard = message.dashboard {
      actions.append(Action(title: "Dashboard", url: dashboard))
    }
    attachments = [Attachment(content: Card(body: body, actions: actions))]
  }

  private static func elements(_ alert: AlertRecord, in message: AlertMessage) -> [Element] {
    var elements: [Element] = []
    if message.alerts.count > 1 {
      let title = alert.title.clipped(to: 300).presentableLine
      elements.append(.verbatim([Run(text: title, weight: "Bolder")], spacing: "Large"))
    }
    let description = alert.description.clipped(to: 1_000).presentable
    if !description.isEmpty { elements.append(.verbatim([Run(text: description)])) }
    let rows =
      alert.facts(isOver: message.isOver(alert)) + alert.readableLabels(limit: 10, length: 100)
    elements += rows.map { name, value in
      .verbatim(
        [Run(text: "\(name): ", weight: "Bolder"), Run(text: value.clipped(to: 200))],
        spacing: "None")
    }
    return elements
  }
}
