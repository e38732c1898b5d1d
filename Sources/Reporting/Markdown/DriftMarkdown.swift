import Monitoring

/// A drift report for pull requests and chat (GitHub-flavoured Markdown).
struct DriftMarkdown {
  let report: DriftReport

  func render() -> String {
    let wording = Wording(report: report)
    var lines = [
      "## \(report.status.symbol) Drift: \(report.status.rawValue)", "",
      escape(wording.headline), "", "- reference: \(escape(Wording.side(report.reference)))",
      "- current: \(escape(Wording.side(report.current)))", "- \(escape(wording.terms))", "",
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
          ?? escape("unknown: \(drift.reason ?? "")")) + "\n"
    }
    if !report.chunks.isEmpty {
      lines += ["| over time | rows | drifted | share | status |", "|---|---:|---:|---:|---|"]
      lines += report.chunks.map { chunk in
        "| \(escape(chunk.label)) | \(chunk.rows) | \(chunk.driftedColumns) of "
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
      escape(column.column), Wording.kind(column), escape(column.method ?? "–"),
      Figures.number(column.statistic), escape(Figures.pValue(column.adjustedPValue)),
      Figures.number(column.effectSize), escape(Wording.threshold(column)),
      Wording.missing(column),
      column.drifted == nil
        ? escape("\(verdict): \(column.reason ?? "")")
        : column.drifted == true ? "**\(verdict)**" : verdict,
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private func section(_ title: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : ["### \(title)", ""] + items.map { "- \(escape($0))" } + [""]
  }

  /// Text that Markdown shows as it stands, on one line.
  private func escape(_ text: String) -> String {
    var result = ""
    for character in PrintableText.visible(text) {
      if "\\`*_{}[]<>#|~".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
