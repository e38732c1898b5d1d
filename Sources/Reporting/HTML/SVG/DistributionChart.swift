import Monitoring

/// The distributions of one column on both sides.
struct DistributionChart {
  let distribution: Distribution
  let column: String

  func render() -> String {
    if let edges = distribution.edges { return histogram(edges) }
    if let categories = distribution.categories { return bars(categories) }
    return ""
  }

  private static let width = 320.0

  private var shares: (reference: [Double], current: [Double]) {
    func shares(_ counts: [Int]) -> [Double] {
      let total = Double(max(1, counts.reduce(0, +)))
      return counts.map { Double($0) / total }
    }
    return (shares(distribution.reference), shares(distribution.current))
  }

  /// Reference as filled cells, current as a line over them; height is share over width.
  private func histogram(_ edges: [Double]) -> String {
    guard let first = edges.first, let last = edges.last, last > first else { return "" }
    let (height, foot) = (110.0, 16.0)
    // Halves, so that the span of huge values does not overflow.
    func x(_ value: Double) -> Double {
      (value / 2 - first / 2) / (last / 2 - first / 2) * Self.width
    }
    func densities(_ shares: [Double]) -> [Double] {
      zip(shares, zip(edges, edges.dropFirst())).map { share, edge in
        share / max(1e-9, x(edge.1) - x(edge.0))
      }
    }
    let (reference, current) = (densities(shares.reference), densities(shares.current))
    let top = max(reference.max() ?? 0, current.max() ?? 0)
    guard top > 0 else { return "" }
    func y(_ density: Double) -> Double { height - density / top * (height - 4) }
    var filled = "M0 \(Markup.coordinate(height))"
    var outline = filled
    for (index, edge) in zip(edges, edges.dropFirst()).enumerated() {
      let (left, right) = (Markup.coordinate(x(edge.0)), Markup.coordinate(x(edge.1)))
      filled += "L\(left) \(Markup.coordinate(y(reference[index])))H\(right)"
      outline += "L\(left) \(Markup.coordinate(y(current[index])))H\(right)"
    }
    let end = "V\(Markup.coordinate(height))"
    let content =
      "<path class=\"r\" d=\"\(filled)\(end)Z\"/><path class=\"re\" d=\"\(filled)\(end)\"/>"
      + "<path class=\"c\" d=\"\(outline)\(end)\"/>"
      + Markup.line((0, height), (Self.width, height), class: "axis")
      + Markup.text(Figures.number(first), x: 0, y: height + foot - 3)
      + Markup.text(
        Figures.number(first / 2 + last / 2), x: Self.width / 2, y: height + foot - 3,
        anchor: "middle")
      + Markup.text(Figures.number(last), x: Self.width, y: height + foot - 3, anchor: "end")
    return Markup.picture(
      width: Self.width, height: height + foot,
      label: "Histogram of \(column): reference filled, current as a line", content)
  }

  /// A pair of bars for each category; of all others together only the shares, since their bars
  /// would dwarf the rest.
  private func bars(_ categories: [String]) -> String {
    let (reference, current) = shares
    let named = distribution.hasOthers ? categories.count - 1 : categories.count
    let top = max(reference.prefix(named).max() ?? 0, current.prefix(named).max() ?? 0)
    guard top > 0 else { return "" }
    let (row, labels, figures) = (26.0, 108.0, 88.0)
    let space = Self.width - labels - figures
    var content = ""
    for (index, name) in categories.enumerated() {
      let y = Double(index) * row
      let isNamed = index < named
      content += Markup.text(
        isNamed ? shortened(name) : "all others", x: labels - 8, y: y + 16, anchor: "end",
        class: isNamed ? "label" : nil)
      if isNamed {
        for (share, offset, style) in [(reference[index], 3.0, "r"), (current[index], 13, "cb")] {
          content += Markup.rectangle(
            x: labels, y: y + offset, width: max(0.5, share / top * space), height: 9, class: style)
        }
      }
      content += Markup.text(
        Figures.change(reference[index], current[index]), x: Self.width, y: y + 16, anchor: "end")
    }
    return Markup.picture(
      width: Self.width, height: Double(categories.count) * row + 2,
      label: "Shares of the categories of \(column): reference above, current below", content)
  }

  private func shortened(_ name: String) -> String {
    guard !name.isEmpty else { return "(empty)" }
    let visible = PrintableText.visible(name)
    return visible.count > 16 ? visible.prefix(15) + "…" : visible
  }
}
