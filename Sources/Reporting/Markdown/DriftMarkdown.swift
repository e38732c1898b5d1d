import Monitoring

/// A drift report for pull requests and chat (GitHub-flavoured Markdown).
struct DriftMarkdown {
  let report: DriftReport

  func render() -> String {
    let wording = Wording(report: report)
    var lines = [
      "## \(report.status.symbol) Drift: \(report.status.rawValue)", "",
      MarkdownText.escape(wording.headline), "",
      "- reference: \(MarkdownText.escape(Wording.side(report.reference)))",
      "- current: \(MarkdownText.escape(Wording.side(report.current)))",
      "- \(MarkdownText.escape(wording.terms))", "",
    ]
    if !report.columns.isEmpty {
      lines += [
        "| column | kind | method | statistic | p adjusted | effect | drift if | missing | verdict |",
        "|---|---|---|---:|---:|---:|---|---|---|",
      ]
      lines += report.columns.map(row)
      lines.append("")
    }
    lines += report.multivariate.map { drift in
      "\(drift.method) over \(drift.columns.count) columns: \(Figures.number(drift.statistic)), "
        + "p \(Figures.pValue(drift.pValue)), "
        + (drift.drifted.map { $0 ? "**drifted**" : "stable" }
          ?? MarkdownText.escape("unknown: \(drift.reason ?? "")")) + "\n"
    }
    if !report.chunks.isEmpty {
      lines += ["| over time | rows | drifted | share | status |", "|---|---:|---:|---:|---|"]
      lines += report.chunks.map { chunk in
        "| \(MarkdownText.escape(chunk.label)) | \(chunk.rows) | \(chunk.driftedColumns) of "
          + "\(chunk.checkedColumns) | \(Figures.percent(chunk.driftShare)) | "
          + "\(chunk.status.symbol) \(chunk.status.rawValue) |"
      }
      lines.append("")
    }
    lines += FindingLines.section("Data quality", FindingLines.markdown(report.quality))
    lines += FindingLines.section("Notes", report.notes)
    lines += FindingLines.section("What to do", report.recommendations + report.nextSteps)
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ column: ColumnDrift) -> String {
    let verdict = Wording.verdict(column)
    let cells = [
      MarkdownText.escape(column.column), Wording.kind(column),
      MarkdownText.escape(column.method ?? "–"),
      Figures.number(column.statistic), MarkdownText.escape(Figures.pValue(column.adjustedPValue)),
      Figures.number(column.effectSize), MarkdownText.escape(Wording.threshold(column)),
      Wording.missing(column),
      column.drifted == nil
        ? MarkdownText.escape("\(verdict): \(column.reason ?? "")")
        : column.drifted == true ? "**\(verdict)**" : verdict,
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
