/// The checklist as text of some format.
public func render(
  _ report: DoctorReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .json: try json(report)
  case .table: DoctorTable(report: report, style: style).render()
  case .markdown: DoctorMarkdown(report: report).render()
  case .junit: DoctorJUnit(report: report).render()
  }
}

extension DoctorItem.Outcome {
  /// A sign that tells outcomes apart without colour.
  var symbol: String {
    switch self {
    case .ok: "✓"
    case .failed: "✗"
    case .warning: "▲"
    case .unknown: "?"
    case .skipped: "–"
    }
  }

  var tone: TerminalStyle.Tone {
    switch self {
    case .ok: .good
    case .failed: .critical
    case .warning, .unknown: .warning
    case .skipped: .dim
    }
  }
}

extension DoctorItem.Section {
  var title: String {
    switch self {
    case .installation: "Installation"
    case .metricsCollection: "Metrics collection"
    case .driftDetection: "Drift detection"
    case .performance: "Performance"
    case .alerting: "Alerting"
    case .abTesting: "A/B testing"
    }
  }
}

extension DoctorReport {
  /// Items of each section that has some, in the checklist's order.
  var sections: [(section: DoctorItem.Section, items: [DoctorItem])] {
    DoctorItem.Section.allCases.compactMap { section in
      let items = items.filter { $0.section == section }
      return items.isEmpty ? nil : (section, items)
    }
  }

  /// The counts in a sentence.
  var headline: String {
    let counts = counts
    let parts = [
      (counts.failed, "failed"), (counts.warning, counts.warning == 1 ? "warning" : "warnings"),
      (counts.unknown, "unknown"), (counts.ok, "ok"), (counts.skipped, "skipped"),
    ].filter { $0.0 > 0 }
    return parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}

/// For people at a terminal: a line for each question, and under it what to do.
private struct DoctorTable {
  let report: DoctorReport
  let style: TerminalStyle

  func render() -> String {
    var text = ""
    for (section, items) in report.sections {
      text += style.paint(section.title, .strong) + "\n"
      for item in items { text += lines(item) }
      text += "\n"
    }
    return text + report.headline + "\n"
  }

  private func lines(_ item: DoctorItem) -> String {
    let subject = item.subject.map { " (\(PrintableText.visible($0)))" } ?? ""
    let first =
      "  " + style.paint(item.outcome.symbol, item.outcome.tone) + " "
      + item.question + subject + "\n"
    let seen = wrapped(PrintableText.visible(item.seen))
    let mend = item.mend.map { wrapped("→ " + PrintableText.visible($0)) } ?? []
    return first
      + seen.map { "    " + style.paint($0, .dim) + "\n" }.joined()
      + mend.map { "    " + $0 + "\n" }.joined()
  }

  /// Lines of the terminal's width, less the indent, broken at spaces.
  private func wrapped(_ text: String) -> [String] {
    guard let width = style.width.map({ max(20, $0 - 4) }) else { return [text] }
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last,
        PrintableText.width(last) + 1 + PrintableText.width(String(word)) <= width
      {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

/// For tickets and chat.
private struct DoctorMarkdown {
  let report: DoctorReport

  func render() -> String {
    var lines = ["## Plumbline doctor: \(report.status.rawValue)", "", report.headline, ""]
    for (section, items) in report.sections {
      lines += ["### \(section.title)", "", "| | question | seen | mend |", "|---|---|---|---|"]
      lines += items.map { item in
        let subject = item.subject.map { " (\($0))" } ?? ""
        let cells = [item.question + subject, item.seen, item.mend ?? ""]
          .map { MarkdownText.escape($0) }
        return "| \(item.outcome.symbol) \(item.outcome.rawValue) | "
          + cells.joined(separator: " | ") + " |"
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }
}

/// For continuous integration: a test case for each question.
private struct DoctorJUnit {
  let report: DoctorReport

  func render() -> String {
    JUnitSuite(
      name: "doctor", properties: [("status", report.status.rawValue)],
      cases: report.items.map { item in
        (
          [item.section.rawValue, item.id, item.subject].compactMap { $0 }.joined(separator: "."),
          outcome(item)
        )
      }
    ).render()
  }

  private func outcome(_ item: DoctorItem) -> JUnitSuite.Outcome {
    let text = item.seen + (item.mend.map { "; \($0)" } ?? "")
    return switch item.outcome {
    case .ok, .warning: .passed
    case .skipped: .skipped(message: text)
    case .failed: .failure(type: item.id, message: text)
    case .unknown: .error(message: text)
    }
  }
}
