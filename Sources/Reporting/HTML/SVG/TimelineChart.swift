import Monitoring

/// Drift over the chunks of current.
struct TimelineChart {
  let chunks: [ChunkDrift]

  private static let width = 1100.0
  private static let left = 150.0

  /// Room for one chunk.
  private var step: Double { (Self.width - Self.left) / Double(max(1, chunks.count)) }

  /// The share of drifted columns in each chunk, with the borders between statuses.
  func shares() -> String {
    let height = 120.0
    let top = max(0.6, chunks.compactMap(\.driftShare).max() ?? 0)
    func y(_ share: Double) -> Double { 8 + (1 - share / top) * (height - 8) }
    var content = ""
    for limit in [0.2, 0.5] {
      content += Markup.line((Self.left, y(limit)), (Self.width, y(limit)), class: "limit")
      content += Markup.text(
        limit == 0.2 ? "degraded above 20 %" : "critical above 50 %", x: Self.left - 8,
        y: y(limit) + 4, anchor: "end")
    }
    for (index, chunk) in chunks.enumerated() {
      let share = chunk.driftShare ?? 0
      content += Markup.rectangle(
        x: Self.left + Double(index) * step + step * 0.1, y: y(share),
        width: max(0.8, step * 0.8), height: height - y(share), class: "cb")
    }
    content += Markup.line((Self.left, height), (Self.width, height), class: "axis")
    content += labels(y: height + 15)
    return Markup.picture(
      width: Self.width, height: height + 20,
      label: "Share of drifted columns in each of \(chunks.count) chunks", content)
  }

  /// Which column drifted in which chunk; only columns that did in any.
  func columns() -> String {
    let names = chunks.reduce(into: [String: Int]()) { counts, chunk in
      for column in chunk.columns where column.drifted == true {
        counts[column.column, default: 0] += 1
      }
    }
    let ordered = names.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    guard !ordered.isEmpty else { return "" }
    let row = 18.0
    let rows = Dictionary(uniqueKeysWithValues: zip(ordered, ordered.indices))
    var content = ""
    for (name, index) in rows.sorted(by: { $0.value < $1.value }) {
      let visible = PrintableText.visible(name)
      content += Markup.text(
        visible.count > 20 ? visible.prefix(19) + "…" : visible, x: Self.left - 8,
        y: Double(index) * row + 13, anchor: "end", class: "label")
    }
    for (place, chunk) in chunks.enumerated() {
      for column in chunk.columns where column.drifted == true {
        guard let index = rows[column.column] else { continue }
        content += Markup.rectangle(
          x: Self.left + Double(place) * step + step * 0.05, y: Double(index) * row + 2,
          width: max(0.8, step * 0.9), height: row - 4, class: "cb")
      }
    }
    let height = Double(ordered.count) * row
    content += labels(y: height + 15)
    return Markup.picture(
      width: Self.width, height: height + 20,
      label: "Which of \(ordered.count) columns drifted in which chunk", content)
  }

  private func labels(y: Double) -> String {
    guard let first = chunks.first, let last = chunks.last else { return "" }
    guard chunks.count > 12 else {
      return chunks.enumerated().map { index, chunk in
        Markup.text(
          chunk.label, x: Self.left + (Double(index) + 0.5) * step, y: y, anchor: "middle")
      }.joined()
    }
    return Markup.text(first.label, x: Self.left, y: y)
      + Markup.text(last.label, x: Self.width, y: y, anchor: "end")
  }
}
