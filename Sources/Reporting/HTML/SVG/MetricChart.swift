import Monitoring

/// One metric over chunks: measured with its interval, estimated with its band, and the reference.
struct MetricChart {
  struct Point {
    var label: String
    var value: Double?
    var lower: Double?
    var upper: Double?
    var estimate: Double?
    var estimateLower: Double?
    var estimateUpper: Double?
    /// Whether all labels have had time to arrive.
    var isMature: Bool
  }

  let name: String
  let points: [Point]
  let reference: Double?

  private static let width = 520.0
  private static let height = 190.0
  private static let left = 64.0
  private static let foot = 22.0

  func render() -> String {
    let all =
      points.flatMap {
        [$0.value, $0.lower, $0.upper, $0.estimate, $0.estimateLower, $0.estimateUpper]
      }.compactMap { $0 } + [reference].compactMap { $0 }
    guard let least = all.min(), let most = all.max() else { return "" }
    let margin = max((most - least) * 0.08, abs(most) * 1e-3, 1e-9)
    let (low, high) = (least - margin, most + margin)
    let bottom = Self.height - Self.foot
    func y(_ value: Double) -> Double { 6 + (high - value) / (high - low) * (bottom - 6) }
    func x(_ index: Int) -> Double {
      Self.left + (Double(index) + 0.5) / Double(max(1, points.count)) * (Self.width - Self.left)
    }
    var content = ""
    for share in [0.0, 0.5, 1] {
      let value = low + (high - low) * share
      content += Markup.line((Self.left, y(value)), (Self.width, y(value)), class: "axis")
      content += Markup.text(
        Figures.number(value), x: Self.left - 6, y: y(value) + 4, anchor: "end")
    }
    if let reference {
      content += Markup.line(
        (Self.left, y(reference)), (Self.width, y(reference)), class: "limit")
    }
    content += band(points.map(\.estimateLower), points.map(\.estimateUpper), "eb", x, y)
    content += path(points.map(\.estimate), "e", x, y)
    for (index, point) in points.enumerated() {
      if let lower = point.lower, let upper = point.upper {
        content += Markup.line((x(index), y(lower)), (x(index), y(upper)), class: "c")
      }
    }
    content += path(points.map(\.value), "c", x, y)
    for (index, point) in points.enumerated() {
      guard let value = point.value else { continue }
      content += Markup.circle(
        x: x(index), y: y(value), radius: 3.5, class: point.isMature ? "cb" : "hollow")
    }
    content += labels(x)
    return Markup.picture(
      width: Self.width, height: Self.height,
      label: "\(name) in each of \(points.count) chunks", content)
  }

  /// Lines through neighbours that both have a value.
  private func path(
    _ values: [Double?], _ style: String, _ x: (Int) -> Double, _ y: (Double) -> Double
  ) -> String {
    var data = ""
    var isOpen = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isOpen = false
        continue
      }
      data += "\(isOpen ? "L" : "M")\(Markup.coordinate(x(index))) \(Markup.coordinate(y(value)))"
      isOpen = true
    }
    return data.isEmpty ? "" : "<path class=\"\(style)\" d=\"\(data)\"/>"
  }

  private func band(
    _ lower: [Double?], _ upper: [Double?], _ style: String, _ x: (Int) -> Double,
    _ y: (Double) -> Double
  ) -> String {
    let known = lower.indices.compactMap { index -> (Double, Double, Double)? in
      guard let low = lower[index], let high = upper[index] else { return nil }
      return (x(index), y(low), y(high))
    }
    guard known.count > 1 else { return "" }
    let there = known.map { "\(Markup.coordinate($0.0)) \(Markup.coordinate($0.2))" }
    let back = known.reversed().map { "\(Markup.coordinate($0.0)) \(Markup.coordinate($0.1))" }
    return "<path class=\"\(style)\" d=\"M\((there + back).joined(separator: "L"))Z\"/>"
  }

  private func labels(_ x: (Int) -> Double) -> String {
    // A letter is about six units wide.
    let longest = (points.map(\.label.count).max() ?? 1) * 6 + 12
    let room = max(1, Int(Self.width - Self.left) / longest)
    let step = max(1, (points.count + room - 1) / room)
    return points.enumerated().filter { $0.offset % step == 0 }.map { index, point in
      Markup.text(point.label, x: x(index), y: Self.height - 6, anchor: "middle")
    }.joined()
  }
}
