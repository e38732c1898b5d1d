import Monitoring

/// Writes what alerts say in the language of Prometheus' templates.
struct GoTemplate {
  let rule: AlertRule

  /// Text that stands for itself: without a brace no template begins.
  static func literal(_ text: String) -> String {
    text.split(separator: "{", omittingEmptySubsequences: false).joined(separator: "{{ \"{\" }}")
  }

  /// The rule and its model, as the titles of alerts are.
  var summary: String {
    let model =
      rule.labels["model_name"].map { ": " + Self.literal($0) }
      ?? "{{ with $labels.model_name }}: {{ . }}{{ end }}"
    return Self.literal(rule.name) + model
  }

  /// The rule's description; its places are those a ``DescriptionTemplate`` has.
  var description: String {
    var text = ""
    var plain = ""
    var rest = Substring(rule.description.text)
    while let character = rest.popFirst() {
      if character == "{" || character == "}", rest.first == character {
        plain.append(character)
        rest.removeFirst()
      } else if character == "{", let end = rest.firstIndex(of: "}") {
        text += Self.literal(plain) + place(rest[..<end])
        plain = ""
        rest = rest[rest.index(after: end)...]
      } else {
        plain.append(character)
      }
    }
    return text + Self.literal(plain)
  }

  private func place(_ place: Substring) -> String {
    let pieces = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let format = pieces.count > 1 ? pieces[1] : ""
    switch pieces.first ?? "" {
    case "value": return value(format)
    case "threshold": return threshold(format)
    // A template cannot ask for another gauge of labels it does not know.
    case "reference": return "–"
    case "condition": return Self.literal(rule.condition.sentence)
    case "metric": return Self.literal(rule.metric)
    case "rule": return Self.literal(rule.name)
    case "severity": return rule.severity.rawValue
    case let name: return label(String(name.dropFirst("labels.".count)))
    }
  }

  private func value(_ format: Substring) -> String {
    guard case .beyond = rule.condition.test else { return "–" }
    guard let kind = format.last else { return "{{ $value | printf \"%.4g\" }}" }
    if kind == "%" { return "{{ $value | humanizePercentage }}" }
    // Digits after a point; six, as elsewhere, where there are none.
    let precision = format.dropLast().filter { $0.isASCII && $0.isNumber }
    return "{{ $value | printf \"%.\(precision.isEmpty ? "6" : precision)\(kind)\" }}"
  }

  private func threshold(_ format: Substring) -> String {
    guard case .beyond(_, let bounds) = rule.condition.test, let written = NumberFormat(format)
    else { return "–" }
    let sides = [bounds.lower, bounds.upper].filter(\.isFinite)
    guard sides.count == 2 else { return sides.first.map(written.write) ?? "–" }
    let (lower, upper) = (written.write(bounds.lower), written.write(bounds.upper))
    return "{{ if ge $value \(PromQL.number(bounds.upper)) }}\(upper){{ else }}\(lower){{ end }}"
  }

  private func label(_ name: String) -> String {
    if let own = rule.labels(of: [:])[name] { return Self.literal(own) }
    return LabelMatcher.isLabel(name) ? "{{ $labels.\(name) }}" : ""
  }
}
