public import Monitoring
public import Store

/// Alerts as text of some format, in the order they are given.
public func render(
  _ alerts: [AlertRecord], as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .json: try json(["alerts": alerts])
  case .table: AlertList(alerts: alerts).table(style)
  case .junit: AlertsJUnit(alerts: alerts).render()
  case .markdown: AlertList(alerts: alerts).markdown()
  }
}

/// What happened to alerts as text of some format.
public func render(
  _ events: [AlertEvent], as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(["events": events]) }
  let grid = Grid(
    ["at", "event", "rule", "labels", "detail"],
    events.map { event in
      [
        event.at.iso8601, event.kind.rawValue, event.alert.rule, event.alert.seriesText,
        event.detail ?? event.alert.description,
      ]
    }, empty: "nothing has happened yet")
  return grid.text(format, style)
}

/// Silences as text of some format.
public func render(
  _ silences: [Silence], as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(["silences": silences]) }
  let grid = Grid(
    ["id", "matchers", "from", "until", "by", "comment"],
    silences.map { silence in
      [
        "\(silence.id)", silence.matchers.map(\.text).joined(separator: ", "),
        silence.startsAt.iso8601, silence.endsAt.iso8601, silence.createdBy, silence.comment,
      ]
    }, empty: "nothing is silenced")
  return grid.text(format, style)
}

/// Attempts to deliver messages as text of some format.
public func render(
  _ attempts: [DeliveryAttempt], as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(["attempts": attempts]) }
  let grid = Grid(
    ["at", "channel", "told", "outcome", "took", "detail"],
    attempts.map { attempt in
      [
        attempt.at.iso8601, attempt.channel, attempt.kind ?? "", attempt.outcome.rawValue,
        "\(Figures.number(attempt.seconds)) s", attempt.detail,
      ]
    }, empty: "nothing has been sent yet")
  return grid.text(format, style)
}

/// One alert and what happened to it.
public struct AlertDetail: Encodable, Sendable {
  public var alert: AlertRecord
  /// Newest first.
  public var events: [AlertEvent]

  public init(alert: AlertRecord, events: [AlertEvent]) {
    self.alert = alert
    self.events = events
  }
}

/// An alert with what happened to it as text of some format.
public func render(
  _ detail: AlertDetail, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  guard format != .json else { return try json(detail) }
  let alert = detail.alert
  let facts: [(String, String?)] = [
    ("fingerprint", alert.fingerprint), ("severity", alert.severity.rawValue),
    ("response time", alert.timeToRespond.description),
    (
      "state",
      alert.state.rawValue + (alert.flapping ? ", flapping" : "")
        + (alert.overdue == true ? ", overdue" : "")
    ),
    ("metric", alert.metric), ("labels", alert.seriesText),
    ("value", alert.value.map(Figures.number)), ("threshold", alert.threshold.map(Figures.number)),
    ("reference", alert.reference.map(Figures.number)),
    ("fails since", alert.activeSince?.iso8601), ("fires since", alert.startsAt?.iso8601),
    ("over since", alert.endsAt?.iso8601), ("without data since", alert.unknownSince?.iso8601),
    (
      "taken on by",
      alert.acknowledgedBy.map { "\($0), \(alert.acknowledgedAt?.iso8601 ?? "")" }
    ),
    ("silenced by", list(alert.silencedBy.map(String.init))),
    ("kept quiet by", list(alert.inhibitedBy)), ("runbook", alert.runbookURL),
    ("reason", alert.reason),
  ]
  let known = facts.compactMap { name, value in value.map { [name, $0] } }
  let heading =
    format == .markdown
    ? "## \(PrintableText.visible(alert.title))\n\n\(PrintableText.visible(alert.description))\n\n"
    : style.paint(PrintableText.visible(alert.title), .strong) + "\n"
      + PrintableText.visible(alert.description) + "\n\n"
  return heading + Grid(["", ""], known, empty: "").text(format, style) + "\n"
    + (try render(detail.events, as: format, style: style))
}

private func list(_ texts: [String]) -> String? {
  texts.isEmpty ? nil : texts.joined(separator: ", ")
}

/// Alerts, a line each.
private struct AlertList {
  let alerts: [AlertRecord]

  private static let titles = ["state", "severity", "rule", "labels", "found", "since", "id"]

  private func texts(_ alert: AlertRecord) -> [String] {
    let quiet =
      alert.silencedBy.isEmpty ? alert.inhibitedBy.isEmpty ? "" : " (inhibited)" : " (silenced)"
    let taken = alert.acknowledgedBy.map { " (\($0))" } ?? ""
    let overdue = alert.overdue == true ? " (overdue)" : ""
    let since = alert.startsAt ?? alert.activeSince ?? alert.unknownSince ?? alert.updatedAt
    return [
      alert.state.rawValue + quiet + taken + overdue, alert.severity.rawValue, alert.rule,
      alert.seriesText,
      alert.state == .unknown ? alert.reason ?? "no data" : alert.description, since.iso8601,
      alert.fingerprint,
    ]
  }

  func table(_ style: TerminalStyle) -> String {
    guard !alerts.isEmpty else { return "no alert is pending, firing or lately resolved\n" }
    var table = Table(Self.titles.map { .init(title: $0) })
    for alert in alerts {
      let tone: TerminalStyle.Tone? =
        switch (alert.state, alert.severity) {
        case (.firing, .critical): .critical
        case (.firing, _): .warning
        case (.resolved, _): .good
        default: .dim
        }
      table.add(texts(alert).enumerated().map { .init($1, $0 == 0 ? tone : nil) })
    }
    return table.render(style)
  }

  func markdown() -> String {
    Grid(Self.titles, alerts.map(texts), empty: "").text(.markdown, .plain)
  }
}

extension AlertRecord {
  /// That somebody has taken it on, in a line.
  public var acknowledgementText: String {
    PrintableText.visible("\(rule) (\(seriesText)) is taken on by \(acknowledgedBy ?? "nobody").")
  }

  /// The labels that tell its series, without those every alert has.
  public var seriesText: String {
    labels.filter { !["alertname", "severity", "topic"].contains($0.key) }
      .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }
}
