import Monitoring

/// A report of data quality for people at a terminal.
struct DataQualityTable {
  let report: DataQualityReport
  let style: TerminalStyle

  func render() -> String {
    [
      headline, FindingLines.text(report.findings, style),
      FindingLines.list("Notes", report.notes, "·", style),
      FindingLines.list("What to do", report.recommendations + report.nextSteps, "→", style),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var headline: String {
    style.paint(
      "\(report.status.symbol) \(report.status.rawValue.uppercased())", report.status.tone) + "  "
      + style.paint(PrintableText.visible(report.headline), .strong) + "\n"
      + DriftTable.sides(report.reference, report.current, style)
  }
}

/// A report of data quality for pull requests and chat (GitHub-flavoured Markdown).
struct DataQualityMarkdown {
  let report: DataQualityReport

  func render() -> String {
    let lines =
      [
        "## \(report.status.symbol) Data quality: \(report.status.rawValue)", "",
        MarkdownText.escape(report.headline), "",
        "- reference: \(MarkdownText.escape(Wording.side(report.reference)))",
        "- current: \(MarkdownText.escape(Wording.side(report.current)))", "",
      ] + FindingLines.section("Findings", FindingLines.markdown(report.findings))
      + FindingLines.section("Notes", report.notes)
      + FindingLines.section("What to do", report.recommendations + report.nextSteps)
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A report of data quality for continuous integration: a test case for each finding, which fails where
/// it is a warning or worse.
struct DataQualityJUnit {
  let report: DataQualityReport

  func render() -> String {
    JUnitSuite(
      name: "data_quality",
      properties: [
        ("status", report.status.rawValue), ("reference", report.reference.source),
        ("current", report.current.source),
      ], cases: cases
    ).render()
  }

  private var cases: [(name: String, outcome: JUnitSuite.Outcome)] {
    if let reason = report.reason { return [("data", .error(message: reason))] }
    return report.findings.map { finding in
      let name = [finding.check.rawValue, finding.column].compactMap(\.self).joined(separator: " ")
      return (
        name,
        finding.severity == .info
          ? .passed : .failure(type: finding.severity.rawValue, message: finding.message)
      )
    }
  }
}
