import Monitoring

/// The decision tree with the way that was walked through it: from left to right, a line a leaf.
struct TreeChart {
  let tree: DecisionNode

  private static let columnWidth = 250.0
  private static let rowHeight = 26.0
  private static let boxWidth = 215.0
  private static let boxHeight = 20.0

  private struct Placed {
    var node: DecisionNode
    var x: Double
    var y: Double
    var parent: Int?
  }

  func render() -> String {
    var placed: [Placed] = []
    var row = 0.0
    var depth = 0
    place(tree, depth: 0, parent: nil, row: &row, deepest: &depth, into: &placed)
    let height = row * Self.rowHeight + 8
    let width = Double(depth) * Self.columnWidth + Self.boxWidth + 4
    var content = ""
    // What was walked lies above what was not.
    for isVisited in [false, true] {
      for item in placed where item.node.visited == isVisited {
        guard let parent = item.parent else { continue }
        let middle = Self.boxHeight / 2
        let start = (placed[parent].x + Self.boxWidth, placed[parent].y + middle)
        let turn = start.0 + 14
        let name = isVisited ? "c" : "re faint"
        let path =
          "M\(Markup.coordinate(start.0)) \(Markup.coordinate(start.1))"
          + "H\(Markup.coordinate(turn))V\(Markup.coordinate(item.y + middle))"
          + "H\(Markup.coordinate(item.x))"
        content += "<path class=\"\(name)\" d=\"\(path)\"/>"
      }
    }
    for item in placed { content += box(item) }
    return Markup.picture(
      width: width, height: height,
      label: "The decision tree; walked to: \(leaves(tree).joined(separator: ", "))", content)
  }

  private func place(
    _ node: DecisionNode, depth: Int, parent: Int?, row: inout Double, deepest: inout Int,
    into placed: inout [Placed]
  ) {
    deepest = max(deepest, depth)
    let index = placed.count
    placed.append(
      Placed(
        node: node, x: 2 + Double(depth) * Self.columnWidth, y: 0, parent: parent))
    let first = row
    for child in node.children {
      place(child, depth: depth + 1, parent: index, row: &row, deepest: &deepest, into: &placed)
    }
    if node.children.isEmpty { row += 1 }
    // A node stands in the middle of its leaves.
    placed[index].y = 4 + (first + row - 1) / 2 * Self.rowHeight
  }

  private func box(_ item: Placed) -> String {
    let name = item.node.visited ? "walked" : "node"
    let sign =
      switch item.node.answer {
      case .yes: "yes"
      case .no: "no"
      case .unknown: "?"
      }
    return Markup.rectangle(
      x: item.x, y: item.y, width: Self.boxWidth, height: Self.boxHeight, class: name)
      + Markup.text(
        String(item.node.title.prefix(30)), x: item.x + 8, y: item.y + 14,
        class: item.node.visited ? "label" : nil)
      + Markup.text(sign, x: item.x + Self.boxWidth - 8, y: item.y + 14, anchor: "end")
  }

  /// Titles of the leaves that were walked to.
  private func leaves(_ node: DecisionNode) -> [String] {
    guard node.visited else { return [] }
    return node.children.isEmpty ? [node.title] : node.children.flatMap(leaves)
  }
}
