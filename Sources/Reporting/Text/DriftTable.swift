import Monitoring

/// A drift report for people at a terminal.
struct DriftTable {
  let report: DriftReport
  let style: TerminalStyle

  func render() -> String {
    let parts = [
      headline, columns, multivariate, chunks, FindingLines.text(report.quality, style),
      FindingLines.list("Notes", report.notes, "·", style),
      FindingLines.list("What to do", report.recommendations + report.nextSteps, "→", style),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var wording: Wording { Wording(report: report) }

  private var headline: String {
    let status = "\(report.status.symbol) \(report.status.rawValue.uppercased())"
    return style.paint(status, report.status.tone) + "  "
      + style.paint(PrintableText.visible(wording.headline), .strong) + "\n"
      + Self.sides(report.reference, report.current, style)
      + style.paint("  \(wording.terms)", .dim) + "\n"
  }

  /// What is compared, a line for each side.
  static func sides(
    _ reference: TableSummary, _ current: TableSummary, _ style: TerminalStyle
  ) -> String {
    [("reference", reference), ("current", current)].map { name, side in
      style.paint("  \(name.padded(to: 9))", .dim) + "  "
        + PrintableText.visible(Wording.side(side)) + "\n"
    }.joined()
  }

  private var columns: String {
    guard !report.columns.isEmpty else { return "" }
    var table = Table([
      .init(title: "column"), .init(title: "kind"), .init(title: "method"),
      .init(title: "statistic", isNumber: true), .init(title: "p adjusted", isNumber: true),
      .init(title: "effect", isNumber: true), .init(title: "drift if"),
      .init(title: "missing"), .init(title: "verdict"),
    ])
    for column in report.columns {
      let tone: TerminalStyle.Tone? =
        column.drifted == true ? .critical : column.drifted == nil ? .warning : nil
      let verdict = Wording.verdict(column)
      table.add([
        .init(column.column, column.drifted == true ? .strong : nil), .init(Wording.kind(column)),
        .init(column.method ?? "–"), .init(Figures.number(column.statistic)),
        .init(Figures.pValue(column.adjustedPValue)), .init(Figures.number(column.effectSize)),
        .init(Wording.threshold(column)), .init(Wording.missing(column)),
        .init(
          column.drifted == nil ? "\(verdict): \(column.reason ?? "")" : verdict, tone),
      ])
    }
    return table.render(style)
  }

  private var multivariate: String {
    guard !report.multivariate.isEmpty else { return "" }
    let lines = report.multivariate.map { drift in
      let verdict =
        drift.drifted.map { $0 ? "drifted" : "stable" } ?? "unknown: \(drift.reason ?? "")"
      return "  \(drift.method) over \(drift.columns.count) columns: "
        + "\(Figures.number(drift.statistic)), p \(Figures.pValue(drift.pValue)), "
        + style.paint(PrintableText.visible(verdict), drift.drifted == true ? .critical : nil)
    }
    return style.paint("All numeric columns together", .strong) + "\n"
      + lines.joined(separator: "\n") + "\n"
  }

  private var chunks: String {
    guard !report.chunks.isEmpty else { return "" }
    var table = Table([
      .init(title: "over time"), .init(title: "rows", isNumber: true),
      .init(title: "drifted", isNumber: true), .init(title: "share", isNumber: true),
      .init(title: ""), .init(title: "status"),
    ])
    for chunk in report.chunks {
      table.add([
        .init(chunk.label), .init(Figures.count(chunk.rows)),
        .init("\(chunk.driftedColumns) of \(chunk.checkedColumns)"),
        .init(Figures.percent(chunk.driftShare)),
        .init(bar(chunk.driftShare ?? 0), chunk.status.tone),
        .init("\(chunk.status.symbol) \(chunk.status.rawValue)", chunk.status.tone),
      ])
    }
    return table.render(style)
  }

  /// A share as a bar of up to 20 characters.
  private func bar(_ share: Double) -> String {
    let eighths = Int((min(1, max(0, share)) * 160).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
