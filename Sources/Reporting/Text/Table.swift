/// Rows of cells, aligned.
struct Table {
  struct Cell {
    var text: String
    var tone: TerminalStyle.Tone?

    init(_ text: String, _ tone: TerminalStyle.Tone? = nil) {
      self.text = PrintableText.visible(text)
      self.tone = tone
    }
  }

  struct Column {
    var title: String
    var isNumber = false
  }

  let columns: [Column]
  private(set) var rows: [[Cell]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  mutating func add(_ row: [Cell]) {
    rows.append(row)
  }

  /// Lines of at most the terminal's width: the widest column of text gives way first.
  func render(_ style: TerminalStyle) -> String {
    var widths = columns.indices.map { index in
      ([columns[index].title] + rows.map { $0[index].text }).map { PrintableText.width($0) }.max()
        ?? 0
    }
    if let limit = style.width { fit(&widths, limit) }
    var lines = [
      line(columns.map { Cell($0.title, .dim) }, widths, style)
    ]
    lines += rows.map { line($0, widths, style) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func fit(_ widths: inout [Int], _ limit: Int) {
    let gaps = 2 * (columns.count - 1)
    while widths.reduce(gaps, +) > limit {
      let texts = widths.indices.filter { !columns[$0].isNumber && widths[$0] > 12 }
      guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
    }
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: TerminalStyle) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let text = shortened(cell.text, to: widths[index])
      let padding = String(
        repeating: " ", count: max(0, widths[index] - PrintableText.width(text)))
      let painted = style.paint(text, cell.tone)
      if index > 0 { line += "  " }
      line += columns[index].isNumber ? padding + painted : painted + padding
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  private func shortened(_ text: String, to width: Int) -> String {
    guard PrintableText.width(text) > width else { return text }
    var kept = ""
    for character in text {
      guard PrintableText.width(kept + String(character)) < width else { break }
      kept.append(character)
    }
    return kept + "…"
  }
}
