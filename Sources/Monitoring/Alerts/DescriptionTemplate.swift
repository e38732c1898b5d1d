/// A sentence about an alert with places for its figures.
///
/// `{value}`, `{threshold}`, `{reference}`, `{metric}`, `{rule}`, `{severity}` and `{labels.NAME}`; numbers
/// may say how they are written, as Python has it: `{value:.2%}`, `{value:.3f}`, `{value:.4g}`. Braces
/// are doubled to stand for themselves.
public struct DescriptionTemplate: Sendable, Equatable {
  /// What an alert has to say.
  public struct Values: Sendable {
    public var metric: String
    public var rule: String
    public var severity: AlertSeverity
    public var value: Double?
    public var threshold: Double?
    public var reference: Double?
    public var labels: [String: String]

    public init(
      metric: String, rule: String, severity: AlertSeverity, value: Double?, threshold: Double?,
      reference: Double?, labels: [String: String]
    ) {
      self.metric = metric
      self.rule = rule
      self.severity = severity
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
    "text with {value}, {threshold}, {reference}, {metric}, {rule}, {severity} or {labels.NAME}, "
    + "numbers as {value:.2%} or {value:.3f}"

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

  private static func part(_ place: Substring) -> Part? {
    let pieces = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(pieces[0])
    if let number = NumberName(rawValue: name) {
      return NumberFormat(pieces.count > 1 ? pieces[1] : "").map { .number(number, $0) }
    }
    guard pieces.count == 1 else { return nil }
    if ["metric", "rule", "severity"].contains(name) { return .name(name) }
    guard name.hasPrefix("labels."), name.count > "labels.".count else { return nil }
    return .label(String(name.dropFirst("labels.".count)))
  }

  public func filled(_ values: Values) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .number(let name, let format): Self.number(name, in: values).map(format.write) ?? "–"
      case .name("metric"): values.metric
      case .name("rule"): values.rule
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

/// How a number is written, of Python's format language: `.2%`, `.3f`, `.4g`; nothing is four significant
/// digits.
public struct NumberFormat: Sendable, Equatable {
  private enum Kind: Character, Sendable {
    case percent = "%"
    case fixed = "f"
    case general = "g"
  }

  private let kind: Kind
  private let digits: Int

  public init?(_ text: some StringProtocol) {
    guard let last = text.last else {
      (kind, digits) = (.general, 4)
      return
    }
    guard let kind = Kind(rawValue: last) else { return nil }
    self.kind = kind
    let precision = text.dropLast()
    guard !precision.isEmpty else {
      digits = 6
      return
    }
    guard precision.first == ".", let digits = Int(precision.dropFirst()),
      (0...15).contains(digits)
    else { return nil }
    self.digits = digits
  }

  public func write(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "-∞" }
    switch kind {
    case .percent: return Self.fixed(value * 100, digits) + "%"
    case .fixed: return Self.fixed(value, digits)
    case .general: return Self.general(value, max(1, digits))
    }
  }

  /// With so many digits after the point; the nearest, exactly, for numbers of a usual size.
  private static func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let whole = UInt64(scaled)
    var text = String(whole)
    if digits > 0 {
      text = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
      text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
    }
    return value < 0 && whole != 0 ? "-" + text : text
  }

  private static func general(_ value: Double, _ digits: Int) -> String {
    guard value != 0 else { return "0" }
    // The exponent as the shortest text of the number has it.
    var size = abs(value)
    var exponent = 0
    guard size >= 1e-5, size < 1e15 else { return "\(value)" }
    while size >= 10 { (size, exponent) = (size / 10, exponent + 1) }
    while size < 1 { (size, exponent) = (size * 10, exponent - 1) }
    var text = fixed(value, max(0, digits - 1 - exponent))
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text
  }
}
