import Foundation

/// How a number is written, of Python's format language: `.2%`, `.3f`, `.4g`, digit for digit as Python
/// has it. Without a format it is four significant digits, and whole above ten thousand.
public struct NumberFormat: Sendable, Equatable {
  private enum Kind: Character, Sendable {
    case percent = "%"
    case fixed = "f"
    case general = "g"
    /// None was given.
    case plain = " "
  }

  private let kind: Kind
  private let digits: Int

  /// Reads a format; nil where it is none of these, or has more than 15 digits.
  public init?(_ text: some StringProtocol) {
    guard let last = text.last else {
      (kind, digits) = (.plain, 4)
      return
    }
    guard last != " ", let kind = Kind(rawValue: last) else { return nil }
    self.kind = kind
    let precision = text.dropLast()
    guard !precision.isEmpty else {
      digits = 6
      return
    }
    let figures = precision.dropFirst()
    guard precision.first == ".", figures.utf8.allSatisfy({ (48...57).contains($0) }),
      let digits = Int(figures), (0...15).contains(digits)
    else { return nil }
    self.digits = digits
  }

  /// The number, rounded to the nearest, and to even where two are as near.
  public func write(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "-∞" }
    // C rounds the exact binary value, as Python does.
    switch kind {
    case .percent:
      let share = value * 100
      guard share.isFinite else { return value > 0 ? "∞" : "-∞" }
      return String(format: "%.\(digits)f%%", share)
    case .fixed: return String(format: "%.\(digits)f", value)
    case .general: return String(format: "%.\(digits)g", value)
    case .plain:
      let isLarge = (1e4..<1e15).contains(abs(value))
      return String(format: isLarge ? "%.0f" : "%.\(digits)g", value)
    }
  }
}
