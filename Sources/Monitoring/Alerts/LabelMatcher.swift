/// Says which label sets are meant: `model_name=fraud`, `feature!=age`, `check=~drift.*`,
/// `segment!~test|staging`.
///
/// A regular expression has to match the whole value, as in Prometheus; a label that is not there has
/// the value "".
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

  /// Characters a regular expression may have: it is run over labels that come from clients.
  static let patternLimit = 500

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
    label = text[..<start].filter { !$0.isWhitespace }
    self.operation = operation
    var value = rest.dropFirst(operation.rawValue.count)[...]
    while value.first?.isWhitespace == true { value = value.dropFirst() }
    if value.count >= 2, value.first == "\"", value.last == "\"" {
      value = value.dropFirst().dropLast()
    }
    self.value = String(value)
    guard !label.isEmpty, isUsable else { return nil }
  }

  /// Whether its expression can be read.
  public var isUsable: Bool {
    switch operation {
    case .equal, .notEqual: true
    case .matches, .matchesNot: value.count <= Self.patternLimit && expression != nil
    }
  }

  private var expression: Regex<AnyRegexOutput>? { try? Regex("(?:\(value))") }

  public func matches(_ labels: [String: String]) -> Bool {
    let found = labels[label] ?? ""
    switch operation {
    case .equal: return found == value
    case .notEqual: return found != value
    case .matches: return matchesWhole(found)
    case .matchesNot: return !matchesWhole(found)
    }
  }

  private func matchesWhole(_ text: String) -> Bool {
    guard let expression else { return false }
    return (try? expression.wholeMatch(in: text)) != nil
  }

  public var text: String { "\(label)\(operation.rawValue)\"\(value)\"" }
}

extension [LabelMatcher] {
  /// Whether every matcher matches.
  public func match(_ labels: [String: String]) -> Bool { allSatisfy { $0.matches(labels) } }
}
