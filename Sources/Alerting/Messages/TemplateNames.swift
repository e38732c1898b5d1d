import Foundation
import Monitoring

/// Names that a message's template asks for, which Mustache leaves empty where there are none such.
enum TemplateNames {
  /// Those a ``MessageView`` has, of messages and of their alerts.
  static let known: Set<String> = {
    var message = AlertMessage.test(
      of: "", at: Instant(microseconds: 0), externalURL: "http://localhost")
    message.groupLabels = ["name": "value"]
    let view = MessageView.make(message, .none)
    let alerts = view["alerts"] as? [[String: Any]] ?? []
    return Set(view.keys).union(alerts.flatMap(\.keys)).union(["name", "value"])
  }()

  /// Names in a template that are none of those, in the order in which they are there.
  ///
  /// Whatever cannot be told by its first name is let be: what is within a section of labels, which may have
  /// any name, functions, partials, and what comes after other delimiters are set.
  static func unknown(in template: String) -> [String] {
    var names: [String] = []
    var rest = Substring(template)
    while let start = rest.range(of: "{{"), let end = rest[start.upperBound...].range(of: "}}") {
      let tag = rest[start.upperBound..<end.lowerBound]
      rest = rest[end.upperBound...]
      if tag.first == "=" { return names }
      guard let first = tag.first, !"!>%$<".contains(first) else { continue }
      let path = tag.drop { "#^/&{".contains($0) || $0.isWhitespace }
        .prefix { !"}".contains($0) && !$0.isWhitespace }
      let name = String(path.prefix { $0 != "." })
      if first == "#", labels.contains(String(path)) { return [] }
      guard !name.isEmpty, LabelMatcher.isLabel(name), !known.contains(name), !names.contains(name)
      else { continue }
      names.append(name)
    }
    return names
  }

  private static let labels: Set<String> = ["labels", "groupLabels", "commonLabels"]
}
