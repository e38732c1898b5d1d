import Monitoring

/// Findings about data, a line each.
enum FindingLines {
  /// For a terminal: what is worth a look, and how many more there are.
  static func text(_ findings: [QualityFinding], _ style: TerminalStyle) -> String {
    guard !findings.isEmpty else { return "" }
    let worth = findings.filter { $0.severity != .info }
    let rest = findings.count - worth.count
    var lines = worth.map { finding in
      let sign = finding.severity == .critical ? "✗" : "▲"
      let column = finding.column.map { "\($0): " } ?? ""
      return "  "
        + style.paint(sign, finding.severity == .critical ? .critical : .warning) + " "
        + PrintableText.visible(column + finding.message) + Wording.examples(finding.examples)
    }
    if rest > 0 {
      lines.append(
        style.paint("  \(rest) more of no concern: see the HTML or JSON report", .dim))
    }
    return style.paint("Data quality", .strong) + "\n" + lines.joined(separator: "\n") + "\n"
  }

  /// A list under its title; nothing where it is empty.
  static func list(
    _ title: String, _ items: [String], _ sign: String, _ style: TerminalStyle
  ) -> String {
    guard !items.isEmpty else { return "" }
    return style.paint(title, .strong) + "\n"
      + items.map { "  \(sign) \(PrintableText.visible($0))" }.joined(separator: "\n") + "\n"
  }

  /// For Markdown: what is worth a look.
  static func markdown(_ findings: [QualityFinding]) -> [String] {
    findings.filter { $0.severity != .info }.map {
      ($0.column.map { "\($0): " } ?? "") + $0.message + Wording.examples($0.examples)
    }
  }

  /// A section of Markdown; nothing where it is empty.
  static func section(_ title: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : ["### \(title)", ""] + items.map { "- \(MarkdownText.escape($0))" } + [""]
  }
}
