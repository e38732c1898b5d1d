/// What is wrong with a metric that was asked for.
public enum MetricError: Error, Equatable, CustomStringConvertible {
  case invalidName(String, expected: String)
  case invalidLabel(String, metric: String)
  case invalidBounds(metric: String)
  /// The name is taken by a metric of another type, other labels or other bounds.
  case taken(String)

  public var description: String {
    switch self {
    case .invalidName(let name, let expected): "`\(name)` is no metric's name: \(expected)"
    case .invalidLabel(let label, let metric): "`\(label)` cannot be a label of \(metric)"
    case .invalidBounds(let metric):
      "the bounds of \(metric) have to be finite numbers that ascend"
    case .taken(let name):
      "there is a metric \(name) already, of another type, with other labels or other bounds"
    }
  }
}

enum MetricName {
  private static func isWord(_ text: String, colons: Bool) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 95, 97...122: true
      case 58: colons
      default: false
      }
    }
  }

  static func check(_ name: String, _ kind: MetricKind, _ labels: [String]) throws(MetricError) {
    guard isWord(name, colons: true) else {
      throw .invalidName(name, expected: "letters, digits, _ and :, no digit first")
    }
    guard (kind == .counter) == name.hasSuffix("_total") else {
      throw .invalidName(name, expected: "a counter's ends in _total, no other's does")
    }
    for label in labels {
      guard isWord(label, colons: false), !label.hasPrefix("__"), label != kind.ownLabel,
        labels.filter({ $0 == label }).count == 1
      else { throw .invalidLabel(label, metric: name) }
    }
  }

  /// `text` with `_` for what a name may not have.
  static func sanitized(_ text: String) -> String {
    let word = String(
      text.unicodeScalars.map { scalar -> Character in
        scalar.isASCII && (scalar.properties.isAlphabetic || (48...57).contains(scalar.value))
          ? Character(scalar) : "_"
      })
    return word.first.map { $0.isNumber ? "_" + word : word } ?? "_"
  }
}
