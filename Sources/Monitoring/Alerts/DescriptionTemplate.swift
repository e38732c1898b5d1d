/// A sentence about an alert with places for its figures.
///
/// `{value}`, `{threshold}`, `{reference}`, `{condition}` (that in force), `{metric}`, `{rule}`, `{severity}`
/// and `{labels.NAME}`; numbers may say how they are written, as Python has it: `{value:.2%}`, `{value:.3f}`, `{value:.4g}`. Braces
/// are doubled to stand for themselves.
public struct DescriptionTemplate: Sendable, Equatable {
  /// What an alert has to say.
  public struct Values: Sendable {
    public var metric: String
    public var rule: String
    public var severity: AlertSeverity
    /// In force, which need not be the rule's own.
    public var condition: String
    public var value: Double?
    public var threshold: Double?
    public var reference: Double?
    public var labels: [String: String]

    public init(
      metric: String, rule: String, severity: AlertSeverity, condition: String, value: Double?,
      threshold: Double?, reference: Double?, labels: [String: String]
    ) {
      self.metric = metric
      self.rule = rule
      self.severity = severity
      self.condition = condition
      self.value = value
      self.threshold = threshold
      self.reference = reference
      self.labels = labels
    }
  }

  private enum Part: Sendable, Equatable {
    case text(String)
    case number(NumberName, NumberFormat)
    case name(String)
    case label(String)
  }

  private enum NumberName: String, Sendable { case value, threshold, reference }

  public let text: String
  private var parts: [Part] = []

  public static let expected =
    "text with {value}, {threshold}, {reference}, {condition}, {metric}, {rule}, {severity} or "
    + "{labels.NAME}, numbers as {value:.2%} or {value:.3f}"

  public init?(_ text: String) {
    self.text = text
    var plain = ""
    var rest = Substring(text)
    while let character = rest.first {
      rest = rest.dropFirst()
      switch character {
      case "{" where rest.first == "{", "}" where rest.first == "}":
        plain.append(character)
        rest = rest.dropFirst()
      case "{":
        guard let end = rest.firstIndex(of: "}"), let part = Self.part(rest[..<end]) else {
          return nil
        }
        parts += [.text(plain), part]
        plain = ""
        rest = rest[rest.index(after: end)...]
      case "}": return nil
      default: plain.append(character)
      }
    }
    parts.append(.text(plain))
  }

  /// Text without places.
  private init(plain text: String) {
    self.text = text
    parts = [.text(text)]
  }

  /// What an alert says whose rule has no words of its own.
  static func standard(for condition: AlertCondition) -> DescriptionTemplate {
    guard case .beyond(let subject, _) = condition.test else {
      return DescriptionTemplate("{metric} has no value") ?? .init(plain: "There is no value")
    }
    let value = condition.text.contains("%") ? "{value:.1%}" : "{value}"
    let text =
      switch subject {
      case .value: "{metric} is \(value) ({condition})"
      case .difference, .relativeChange:
        "{metric} differs by \(value) from its reference ({condition})"
      }
    return DescriptionTemplate(text) ?? .init(plain: text)
  }

  private static func part(_ place: Substring) -> Part? {
    let pieces = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(pieces[0])
    if let number = NumberName(rawValue: name) {
      return NumberFormat(pieces.count > 1 ? pieces[1] : "").map { .number(number, $0) }
    }
    guard pieces.count == 1 else { return nil }
    if ["metric", "rule", "severity", "condition"].contains(name) { return .name(name) }
    guard name.hasPrefix("labels."), name.count > "labels.".count else { return nil }
    return .label(String(name.dropFirst("labels.".count)))
  }

  /// The labels it has places for.
  var labelNames: [String] {
    parts.compactMap { if case .label(let name) = $0 { name } else { nil } }
  }

  /// Whether it has a place for the reference.
  package var namesReference: Bool {
    parts.contains { if case .number(.reference, _) = $0 { true } else { false } }
  }

  public func filled(_ values: Values) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .number(let name, let format): Self.number(name, in: values).map(format.write) ?? "–"
      case .name("metric"): values.metric
      case .name("rule"): values.rule
      case .name("condition"): values.condition
      case .name: values.severity.rawValue
      case .label(let name): values.labels[name] ?? ""
      }
    }.joined()
  }

  private static func number(_ name: NumberName, in values: Values) -> Double? {
    switch name {
    case .value: values.value
    case .threshold: values.threshold
    case .reference: values.reference
    }
  }
}
