import Monitoring

/// How a message is said where no template says it otherwise.
extension AlertMessage {
  var firing: [AlertRecord] { alerts.filter { !isOver($0) } }
  var resolved: [AlertRecord] { alerts.filter { isOver($0) } }

  /// Whether an alert is over, as far as this message tells.
  func isOver(_ alert: AlertRecord) -> Bool {
    switch kind {
    case .resolved: true
    // What a test shows has no past.
    case .test: false
    case .firing, .acknowledged, .digest: alert.state == .resolved || alert.state == .inactive
    }
  }

  /// `firing`, `resolved`, `acknowledged`, `digest` or `test`.
  var status: String { kind.rawValue }

  /// What a title begins with: `[FIRING]`, `[RESOLVED:3]`, `[TEST]`.
  var mark: String {
    let count = alerts.count + truncatedAlerts
    switch kind {
    case .test, .digest, .acknowledged: return "[\(status.uppercased())]"
    case .firing, .resolved:
      return count > 1 ? "[\(status.uppercased()):\(count)]" : "[\(status.uppercased())]"
    }
  }

  /// One line without the mark.
  var subject: String {
    let count = alerts.count + truncatedAlerts
    if kind == .digest { return "\(count) alerts while messages were limited" }
    if count == 1, let alert = alerts.first {
      return (alert.title.isEmpty ? alert.rule : alert.title).clipped(to: 1_000).presentableLine
    }
    guard count > 0 else {
      return kind == .test ? "Plumbline can reach this channel" : "No alerts"
    }
    let labels = groupLabels.isEmpty ? commonLabels : groupLabels
    let group = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.clipped(to: 100))" }
      .joined(separator: ", ")
    let text = "\(count) alerts" + (group.isEmpty ? "" : " of \(group)")
    return text.clipped(to: 1_000).presentableLine
  }

  /// Who took the alerts on; nil where that is not said.
  var takenOnBy: String? {
    alerts.lazy.compactMap(\.acknowledgedBy).first?.clipped(to: 200).presentableLine
  }

  /// A sentence for people who wonder why they get this; nil where the alerts say it.
  var note: String? {
    switch kind {
    case .test: "This is a test somebody asked for: nothing is wrong."
    case .acknowledged: "\(takenOnBy ?? "Somebody") has taken this on."
    case .digest: "More came than the channel's rate limit lets through; this is what is current."
    case .firing, .resolved: nil
    }
  }

  /// The address of the dashboard, where it is one.
  var dashboard: String? { externalURL.flatMap(Link.usable) }

  /// The colour of its severity, `#rrggbb`; green where all is over, blue for a test.
  var colour: String {
    switch kind {
    case .resolved: return "#2eb67d"
    case .test: return "#1d9bd1"
    case .firing, .acknowledged, .digest: break
    }
    if !alerts.isEmpty, firing.isEmpty { return "#2eb67d" }
    return switch severity {
    case .critical: "#d00000"
    case .warning: "#ff9900"
    case .info: "#1d9bd1"
    }
  }
}

extension AlertRecord {
  /// What there is to know of it besides title and description, most telling first.
  func facts(isOver: Bool) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [
      ("Status", isOver ? "resolved" : "firing"), ("Severity", severity.rawValue),
      ("Response time", timeToRespond.description),
      ("Metric", metric.clipped(to: 500).presentableLine),
    ]
    func add(_ name: String, _ text: String?) {
      if let text, !text.isEmpty { facts.append((name, text)) }
    }
    add("Value", Self.written(value))
    add("Threshold", Self.written(threshold))
    add("Reference", Self.written(reference))
    add("Since", startsAt?.iso8601)
    add("Until", isOver ? endsAt?.iso8601 : nil)
    add("Taken on by", acknowledgedBy?.clipped(to: 200).presentableLine)
    return facts
  }

  /// A figure as people read it; nil where there is none.
  static func written(_ value: Double?) -> String? {
    guard let value, let format = NumberFormat("") else { return nil }
    return format.write(value)
  }

  /// Its labels by name, as people can read them, at most `limit` of them.
  func readableLabels(limit: Int, length: Int) -> [(name: String, value: String)] {
    labels.sorted { $0.key < $1.key }.prefix(limit).map { name, value in
      (name.clipped(to: 128).presentableLine, value.clipped(to: length).presentableLine)
    }
  }

  var readableDescription: String { description.clipped(to: 10_000).presentable }

  /// The address of what to do about it, where it is one.
  var runbook: String? { runbookURL.flatMap(Link.usable) }
}
