import Monitoring

/// What a mail says where no template says it otherwise.
enum EmailBody {
  private static let alertsLimit = 50
  private static let labelsLimit = 50
  private static let labelLength = 500

  static func text(_ message: AlertMessage, title: String) -> String {
    var lines = [title, ""]
    if let note = message.note { lines += [note, ""] }
    for alert in message.alerts.prefix(alertsLimit) {
      lines.append(alert.title.clipped(to: 1_000).presentableLine)
      let description = alert.readableDescription
      if !description.isEmpty { lines.append(description) }
      lines += rows(alert, in: message).map { "  \($0.name): \($0.value)" }
      if let runbook = alert.runbook { lines.append("  Runbook: \(runbook)") }
      lines.append("")
    }
    if let more = more(message) { lines += [more, ""] }
    if let dashboard = message.dashboard { lines.append("Dashboard: \(dashboard)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Parameter text: in place of the alerts; nil for those.
  static func html(_ message: AlertMessage, title: String, text: String?) -> String {
    var body = "<h2 style=\"margin:0 0 12px;font-size:18px\">\(escape(title))</h2>"
    if let text {
      body += "<div style=\"white-space:pre-wrap\">\(escape(text))</div>"
    } else {
      if let note = message.note { body += "<p>\(escape(note))</p>" }
      body += message.alerts.prefix(alertsLimit).map { section($0, in: message) }.joined()
      if let more = more(message) { body += "<p>\(escape(more))</p>" }
    }
    if let dashboard = message.dashboard { body += "<p>\(link(dashboard, "Dashboard"))</p>" }
    // Programs for mail know tables and inline styles, and little else.
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(escape(title))</title></head>
      <body style="margin:0;padding:16px;font-family:sans-serif;font-size:14px;color:#1a1a1a">
      <div style="border-left:4px solid \(message.colour);padding:4px 16px">
      \(body)
      </div></body></html>

      """
  }

  private static func section(_ alert: AlertRecord, in message: AlertMessage) -> String {
    let rows = rows(alert, in: message).map { name, value in
      "<tr><td style=\"padding:2px 16px 2px 0;color:#666;vertical-align:top\">\(escape(name))</td>"
        + "<td style=\"padding:2px 0\">\(escape(value))</td></tr>\n"
    }
    let title = escape(alert.title.clipped(to: 1_000).presentableLine)
    let runbook = alert.runbook.map { "<p>\(link($0, "Runbook"))</p>" } ?? ""
    return """
      <h3 style="margin:16px 0 4px;font-size:15px">\(title)</h3>
      <p style="margin:0 0 8px;white-space:pre-wrap">\(escape(alert.readableDescription))</p>
      <table style="border-collapse:collapse;font-size:13px">
      \(rows.joined())</table>\(runbook)

      """
  }

  private static func rows(
    _ alert: AlertRecord, in message: AlertMessage
  ) -> [(name: String, value: String)] {
    alert.facts(isOver: message.isOver(alert))
      + alert.readableLabels(limit: labelsLimit, length: labelLength)
  }

  private static func more(_ message: AlertMessage) -> String? {
    let more = max(0, message.alerts.count - alertsLimit) + message.truncatedAlerts
    return more > 0 ? "… and \(more) more" : nil
  }

  private static func link(_ address: String, _ text: String) -> String {
    "<a href=\"\(escape(address))\">\(escape(text))</a>"
  }

  private static func escape(_ text: String) -> String { TextEscaping.html.apply(text) }
}
