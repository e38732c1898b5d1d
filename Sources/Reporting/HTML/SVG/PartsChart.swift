import Monitoring

/// What a change is made of: a bar for each part, to the right where it made things worse.
struct PartsChart {
  let attribution: AttributionReport

  private static let width = 760.0
  private static let rowHeight = 24.0
  private static let nameWidth = 210.0
  private static let valueWidth = 90.0
  private static let limit = 15

  func render() -> String {
    let parts = attribution.parts.filter { abs($0.value) > 0 }.prefix(Self.limit)
    let reach =
      parts.flatMap { [abs($0.value), abs($0.lower ?? 0), abs($0.upper ?? 0)] }.max() ?? 0
    guard reach > 0 else { return "" }
    let room = Self.width - Self.nameWidth - Self.valueWidth
    let middle = Self.nameWidth + room / 2
    func x(_ value: Double) -> Double { middle + value / reach * room / 2 }
    var content = ""
    for (index, part) in parts.enumerated() {
      let y = Double(index) * Self.rowHeight + 4
      content += Markup.text(
        String((part.feature ?? part.kind).prefix(32)), x: Self.nameWidth - 8, y: y + 13,
        anchor: "end", class: part.feature == nil ? nil : "label")
      content += Markup.rectangle(
        x: min(x(part.value), middle), y: y + 2, width: abs(x(part.value) - middle), height: 14,
        class: part.value > 0 ? "cb" : "r")
      if let lower = part.lower, let upper = part.upper {
        content += Markup.line((x(lower), y + 9), (x(upper), y + 9), class: "axis strong")
      }
      content += Markup.text(
        Figures.signed(part.value), x: Self.width - Self.valueWidth + 8, y: y + 13)
    }
    let height = Double(parts.count) * Self.rowHeight + 8
    content += Markup.line((middle, 0), (middle, height), class: "axis")
    return Markup.picture(
      width: Self.width, height: height,
      label: "The change in \(parts.count) parts", content)
  }
}
