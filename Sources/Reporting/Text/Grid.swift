/// Rows of texts, as an aligned table or as Markdown.
struct Grid {
  let titles: [String]
  let rows: [[String]]
  /// What is said where there are no rows.
  let empty: String

  init(_ titles: [String], _ rows: [[String]], empty: String) {
    self.titles = titles
    self.rows = rows
    self.empty = empty
  }

  func text(_ format: OutputFormat, _ style: TerminalStyle) -> String {
    guard format == .markdown else { return table(style) }
    let head = "| \(titles.joined(separator: " | ")) |\n"
    let line = "|" + String(repeating: "---|", count: titles.count) + "\n"
    return head + line
      + rows.map { row in
        let cells = row.map { PrintableText.visible($0).replacing("|", with: "\\|") }
        return "| \(cells.joined(separator: " | ")) |\n"
      }.joined()
  }

  private func table(_ style: TerminalStyle) -> String {
    guard !rows.isEmpty else { return empty.isEmpty ? "" : empty + "\n" }
    var table = Table(titles.map { .init(title: $0) })
    for row in rows { table.add(row.map { .init($0) }) }
    return table.render(style)
  }
}
