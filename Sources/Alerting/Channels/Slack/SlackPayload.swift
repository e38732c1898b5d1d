import Monitoring

/// What goes to an incoming webhook: Block Kit, the details in an attachment with the severity's colour.
struct SlackPayload: Encodable {
  struct Text: Encodable {
    var type = "mrkdwn"
    var text: String
    /// Links and mentions only where the markup says so, never where text of others looks like one.
    var verbatim: Bool?

    static func markup(_ text: String) -> Text { Text(text: text, verbatim: true) }
    static func plain(_ text: String) -> Text { Text(type: "plain_text", text: text) }
  }

  struct Block: Encodable {
    var type: String
    var text: Text?
    var fields: [Text]?
    var elements: [Text]?

    static func header(_ text: String) -> Block { Block(type: "header", text: .plain(text)) }
    static func section(_ markup: String, fields: [Text]? = nil) -> Block {
      Block(type: "section", text: .markup(markup), fields: fields)
    }
    static func context(_ markup: [String]) -> Block {
      Block(type: "context", elements: markup.map { .markup($0) })
    }
  }

  struct Attachment: Encodable {
    var color: String
    var blocks: [Block]
  }

  /// What a notification shows.
  var text: String
  var blocks: [Block]
  var attachments: [Attachment]

  private static let alertsLimit = 10
  private static let fieldsLimit = 10

  init(_ message: AlertMessage, templates: MessageTemplates) {
    // Of plain text Slack reads the same three entities, and nothing else.
    let title = SlackText.cut(templates.title(message, .slack), limit: SlackText.headerLimit)
    text = title
    blocks = [.header(title)]
    var details: [Block] = []
    if let note = message.note {
      details.append(.section(SlackText.plain(note, limit: SlackText.sectionLimit)))
    }
    if let text = templates.text(message, .slack) {
      details += SlackText.sections(text, count: Self.alertsLimit).map { .section($0) }
    } else {
      details += message.alerts.prefix(Self.alertsLimit).flatMap { alert in
        Self.blocks(alert, in: message, isOnly: message.alerts.count == 1)
      }
      let more = message.alerts.count + message.truncatedAlerts - Self.alertsLimit
      if message.alerts.count > Self.alertsLimit || message.truncatedAlerts > 0 {
        details.append(.section("… and \(max(more, message.truncatedAlerts)) more"))
      }
    }
    if let dashboard = message.dashboard {
      details.append(.context([SlackText.link(dashboard, "Dashboard")]))
    }
    if details.isEmpty { details = [.section("No alerts.")] }
    attachments = [Attachment(color: message.colour, blocks: details)]
  }

  private static func blocks(
    _ alert: AlertRecord, in message: AlertMessage, isOnly: Bool
  ) -> [Block] {
    let description = SlackText.plain(alert.readableDescription, limit: 2_500)
    let title = SlackText.plain(alert.title.clipped(to: 400).presentableLine, limit: 400)
    // The title of a single alert is the header already.
    let lines = [isOnly && !description.isEmpty ? "" : "*\(title)*", description]
    let fields = alert.facts(isOver: message.isOver(alert)).prefix(fieldsLimit).map {
      (name, value) in
      Text.markup("*\(name)*\n" + SlackText.plain(value, limit: SlackText.fieldLimit - 40))
    }
    var blocks: [Block] = [
      .section(lines.filter { !$0.isEmpty }.joined(separator: "\n"), fields: fields)
    ]
    var context: [String] = []
    let labels = alert.readableLabels(limit: 20, length: 200).map { "\($0.name)=\($0.value)" }
    if !labels.isEmpty {
      context.append(SlackText.plain(labels.joined(separator: "  "), limit: SlackText.fieldLimit))
    }
    if let runbook = alert.runbook { context.append(SlackText.link(runbook, "Runbook")) }
    if !context.isEmpty { blocks.append(.context(context)) }
    return blocks
  }
}
