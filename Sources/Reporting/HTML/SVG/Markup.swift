/// Small pieces of SVG.
enum Markup {
  /// Text for an element's content or attribute.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in PrintableText.visible(text) {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A coordinate to a tenth of a unit; 0 for what is no number.
  static func coordinate(_ value: Double) -> String {
    guard abs(value) < 1e9 else { return "0" }
    let rounded = (value * 10).rounded() / 10
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  static func picture(width: Double, height: Double, label: String, _ content: String) -> String {
    "<svg viewBox=\"0 0 \(coordinate(width)) \(coordinate(height))\" role=\"img\" "
      + "aria-label=\"\(escape(label))\">\(content)</svg>"
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", class name: String? = nil
  ) -> String {
    let css = name.map { " class=\"\($0)\"" } ?? ""
    let place = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
    return "<text x=\"\(coordinate(x))\" y=\"\(coordinate(y))\"\(place)\(css)>"
      + "\(escape(text))</text>"
  }

  static func rectangle(
    x: Double, y: Double, width: Double, height: Double, class name: String
  ) -> String {
    "<rect x=\"\(coordinate(x))\" y=\"\(coordinate(y))\" width=\"\(coordinate(width))\" "
      + "height=\"\(coordinate(height))\" class=\"\(name)\"/>"
  }

  static func circle(x: Double, y: Double, radius: Double, class name: String) -> String {
    "<circle cx=\"\(coordinate(x))\" cy=\"\(coordinate(y))\" r=\"\(coordinate(radius))\" "
      + "class=\"\(name)\"/>"
  }

  static func line(_ from: (Double, Double), _ to: (Double, Double), class name: String) -> String {
    "<line x1=\"\(coordinate(from.0))\" y1=\"\(coordinate(from.1))\" x2=\"\(coordinate(to.0))\" "
      + "y2=\"\(coordinate(to.1))\" class=\"\(name)\"/>"
  }
}
