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
    let findings = report.quality.filter { $0.severity != .info }
    lines += section(
      "Data quality",
      findings.map {
        ($0.column.map { "\($0): " } ?? "") + $0.message + Wording.examples($0.examples)
      })
    lines += section("Notes", report.notes)
    lines += section("What to do", report.recommendations + report.nextSteps)
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

  private func section(_ title: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : ["### \(title)", ""] + items.map { "- \(MarkdownText.escape($0))" } + [""]
  }
}
