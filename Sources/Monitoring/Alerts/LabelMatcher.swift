/// Says which label sets are meant: `model_name=fraud`, `feature!=age`, `check=~drift.*`,
/// `segment!~test|staging`.
///
/// A regular expression (``LabelPattern``) has to match the whole value, as in Prometheus; a label that
/// is not there has the value "".
public struct LabelMatcher: Sendable, Equatable, Codable {
  public enum Operation: String, Sendable, Codable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case matchesNot = "!~"
  }

  public var label: String
  public var operation: Operation
  public var value: String

  public static let expected =
    "a matcher such as model_name=fraud, feature!=age, check=~drift.* or segment!~test|staging"

  public init(label: String, operation: Operation = .equal, value: String) {
    self.label = label
    self.operation = operation
    self.value = value
  }

  /// Reads `label=value` and the like; nil where it is none or its expression cannot be read.
  public init?(_ text: String) {
    guard let start = text.firstIndex(where: { "=!".contains($0) }) else { return nil }
    let rest = text[start...]
    guard
      let operation = Operation.allCases.sorted(by: { $0.rawValue.count > $1.rawValue.count })
        .first(where: { rest.hasPrefix($0.rawValue) })
    else { return nil }
    label = text[..<start].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    self.operation = operation
    var value = Substring(rest.dropFirst(operation.rawValue.count))
    while value.first?.isWhitespace == true { value = value.dropFirst() }
    // `a==b` is another language's `a=b`.
    guard value.first != "=" else { return nil }
    if value.count >= 2, value.first == "\"", value.last == "\"" {
      value = value.dropFirst().dropLast()
    }
    self.value = String(value)
    let hasControls = value.unicodeScalars.contains { $0.properties.generalCategory == .control }
    guard Self.isLabel(label), !hasControls, isUsable else { return nil }
  }

  /// Whether something can be the name of a label: letters, digits and `_`, no digit first.
  public static func isLabel(_ name: String) -> Bool {
    guard (1...128).contains(name.utf8.count), let first = name.utf8.first else { return false }
    func isLetter(_ byte: UInt8) -> Bool {
      (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }
    return isLetter(first) && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
  }

  /// Whether its expression can be read.
  public var isUsable: Bool {
    switch operation {
    case .equal, .notEqual: true
    case .matches, .matchesNot: LabelPattern(value) != nil
    }
  }

  public func matches(_ labels: [String: String]) -> Bool {
    switch operation {
    case .equal, .notEqual: matches(labels, nil)
    case .matches, .matchesNot: matches(labels, LabelPattern(value))
    }
  }

  /// - Parameter pattern: its expression; nil where it has none that can be read.
  fileprivate func matches(_ labels: [String: String], _ pattern: LabelPattern?) -> Bool {
    matches(labels) { pattern?.matches($0) ?? false }
  }

  /// - Parameter isMatched: whether the expression matches a value.
  fileprivate func matches(
    _ labels: [String: String], isMatched: (String) -> Bool
  ) -> Bool {
    let found = labels[label] ?? ""
    switch operation {
    case .equal: return found == value
    case .notEqual: return found != value
    case .matches: return isMatched(found)
    case .matchesNot: return !isMatched(found)
    }
  }

  public var text: String { "\(label)\(operation.rawValue)\"\(value)\"" }
}

/// Matchers whose expressions are read once, for many label sets.
public struct PreparedMatchers: Sendable {
  private let matchers: [(matcher: LabelMatcher, pattern: LabelPattern?)]

  public init(_ matchers: [LabelMatcher]) {
    self.matchers = matchers.map { matcher in
      switch matcher.operation {
      case .equal, .notEqual: (matcher, nil)
      case .matches, .matchesNot: (matcher, LabelPattern(matcher.value))
      }
    }
  }

  /// Whether every matcher matches.
  public func match(_ labels: [String: String]) -> Bool {
    matchers.allSatisfy { $0.matcher.matches(labels, $0.pattern) }
  }

  /// As ``match(_:)``, with what is remembered of the same expressions and values.
  public func match(_ labels: [String: String], _ memory: inout MatchMemory) -> Bool {
    matchers.allSatisfy { matcher, pattern in
      matcher.matches(labels) { memory.matches(matcher.value, pattern, $0) }
    }
  }
}

/// What expressions made of values: a thousand rules with the same expression ask it once of each value.
///
/// For one pass over series; it forgets nothing.
public struct MatchMemory: Sendable {
  private var known: [String: [String: Bool]] = [:]
  /// How many times an expression was held against a value.
  public private(set) var count = 0

  public init() {}

  fileprivate mutating func matches(
    _ expression: String, _ pattern: LabelPattern?, _ value: String
  ) -> Bool {
    if let known = known[expression]?[value] { return known }
    let isMatched = pattern?.matches(value) ?? false
    known[expression, default: [:]][value] = isMatched
    count += 1
    return isMatched
  }
}

extension [LabelMatcher] {
  /// Whether every matcher matches.
  public func match(_ labels: [String: String]) -> Bool { allSatisfy { $0.matches(labels) } }
}
