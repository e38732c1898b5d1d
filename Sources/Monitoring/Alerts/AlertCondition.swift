public import Statistics

/// What a rule holds against a metric.
///
/// Written as a person says it: `> 0.05`, `<= 85%`, `> 500ms`, `outside 0.1..0.9`, `absent`, and for
/// what a value differs from its reference by: `change < -15%` (of the reference's size),
/// `change > 0.02` (in the metric's own unit), `change outside -50%..100%`.
public struct AlertCondition: Sendable, Equatable {
  /// What is held against the bounds.
  public enum Subject: Sendable, Equatable {
    case value
    /// value − reference.
    case difference
    /// (value − reference) / |reference|.
    case relativeChange
  }

  /// A value fails above the upper bound and below the lower one, and on them where `isInclusive`.
  public struct Bounds: Sendable, Equatable {
    public var lower: Double
    public var upper: Double
    public var isInclusive: Bool

    /// - Parameters:
    ///   - lower: −∞ where there is no lower bound.
    ///   - upper: ∞ where there is no upper bound.
    public init(lower: Double = -.infinity, upper: Double = .infinity, isInclusive: Bool = false) {
      self.lower = lower
      self.upper = upper
      self.isInclusive = isInclusive
    }

    /// Whether a value is on the wrong side; never for NaN.
    @inlinable
    public func fails(_ value: Double) -> Bool {
      value > upper || value < lower
        // A side that is open has an infinite bound, which no value is wrong on.
        || (isInclusive && value.isFinite && (value == upper || value == lower))
    }

    /// Whether all of an interval is on the side on which the value in it is wrong.
    public func fails(_ value: Double, within interval: Interval) -> Bool {
      guard fails(value) else { return false }
      let isAbove = value >= upper
      let near = isAbove ? interval.lower : interval.upper
      return fails(near) && (near >= upper) == isAbove
    }

    /// The bound a value is beyond; nil where it is within.
    public func crossed(by value: Double) -> Double? {
      guard fails(value) else { return nil }
      return value >= upper ? upper : lower
    }
  }

  public enum Test: Sendable, Equatable {
    case beyond(Subject, Bounds)
    /// There is no value.
    case absent
  }

  public var test: Test
  /// As it was written.
  public private(set) var text: String
  /// The unit of its limit, such as `%` or `ms`; empty where there is none.
  private let unit: String

  public static let expected =
    "a condition such as `> 0.05`, `<= 85%`, `> 500ms`, `outside 0.1..0.9`, `change < -15%` or `absent`"

  /// That there is no value.
  public static let absent = AlertCondition(test: .absent, text: "absent")

  private init(test: Test, text: String) {
    self.test = test
    self.text = text
    unit = ""
  }

  /// The text with single spaces, for sentences.
  public var sentence: String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  public init?(_ text: String) {
    self.text = text
    var words = Substring(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")[...]
    if words == "absent" {
      test = .absent
      unit = ""
      return
    }
    let isChange = words.hasPrefix("change ")
    if isChange { words = words.dropFirst("change ".count) }
    guard let (bounds, unit) = Self.bounds(words) else { return nil }
    let subject: Subject = isChange ? (unit == "%" ? .relativeChange : .difference) : .value
    test = .beyond(subject, bounds)
    self.unit = unit
  }

  private static func bounds(_ words: Substring) -> (Bounds, unit: String)? {
    if words.hasPrefix("outside ") {
      guard let range = Quantity.range(words.dropFirst("outside ".count)),
        // What is meant by `change outside -0.5..100%` cannot be told.
        range.lower.isShare == range.upper.isShare || range.lower.value == 0
          || range.upper.value == 0
      else { return nil }
      return (
        Bounds(lower: range.lower.value, upper: range.upper.value, isInclusive: false),
        range.lower.isShare || range.upper.isShare ? "%" : range.upper.unit
      )
    }
    guard let sign = words.first, sign == ">" || sign == "<" else { return nil }
    let rest = words.dropFirst()
    let isInclusive = rest.first == "="
    guard let limit = Quantity(rest.dropFirst(isInclusive ? 1 : 0)) else { return nil }
    let bounds = Bounds(
      lower: sign == "<" ? limit.value : -.infinity,
      upper: sign == ">" ? limit.value : .infinity, isInclusive: isInclusive)
    return (bounds, limit.unit)
  }

  /// The same condition with other bounds, as a threshold that follows the metric's history has them.
  public func replacingBounds(lower: Double? = nil, upper: Double? = nil) -> AlertCondition {
    guard case .beyond(let subject, var bounds) = test else { return self }
    bounds.lower = lower ?? bounds.lower
    bounds.upper = upper ?? bounds.upper
    var changed = self
    changed.test = .beyond(subject, bounds)
    if changed.test != test { changed.text = written(subject, bounds) }
    return changed
  }

  /// Other bounds, in the unit of its own.
  private func written(_ subject: Subject, _ bounds: Bounds) -> String {
    func limit(_ value: Double) -> String { Quantity.written(value, unit: unit) }
    let change = subject == .value ? "" : "change "
    let equal = bounds.isInclusive ? "=" : ""
    if !bounds.lower.isFinite { return "\(change)>\(equal) \(limit(bounds.upper))" }
    if !bounds.upper.isFinite { return "\(change)<\(equal) \(limit(bounds.lower))" }
    return "\(change)outside \(limit(bounds.lower))..\(limit(bounds.upper))"
  }
}

/// A number with its unit: `0.05`, `15%`, `500ms`, `2s`.
package struct Quantity: Equatable {
  package var value: Double
  /// What it was written in; empty where there is no unit.
  let unit: String

  /// Whether it was written in percent.
  var isShare: Bool { unit == "%" }

  private static let units: [(String, Double)] = [
    ("%", 0.01), ("ms", 0.001), ("us", 1e-6), ("µs", 1e-6), ("s", 1), ("min", 60), ("h", 3_600),
  ]

  package init?(_ text: some StringProtocol) {
    let text = Self.trimmed(text)
    let scale: Double
    (unit, scale) = Self.units.first { text.hasSuffix($0.0) } ?? ("", 1.0)
    guard let number = Self.number(Self.trimmed(text.dropLast(unit.count))) else { return nil }
    // Division is exact where multiplication by a hundredth is not: 15% is 0.15.
    value = scale < 1 ? number / (1 / scale).rounded() : number * scale
    guard value.isFinite else { return nil }
  }

  /// A value in a unit, of six significant digits.
  static func written(_ value: Double, unit: String) -> String {
    let scale = units.first { $0.0 == unit }?.1 ?? 1
    let number = scale < 1 ? value * (1 / scale).rounded() : value / scale
    return (NumberFormat(".6g")?.write(number) ?? "\(number)") + unit
  }

  private static func trimmed(_ text: some StringProtocol) -> Substring {
    let start = text.drop { $0.isWhitespace }
    return Substring(start.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// A number as people write one: digits first, none of C's hexadecimals and names of infinity.
  private static func number(_ text: Substring) -> Double? {
    let digits = text.drop { $0 == "-" || $0 == "+" }
    guard let first = digits.first, first.isASCII, first.isNumber, text.last != "_",
      text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE_".utf8.contains($0) })
    else { return nil }
    return Double(text.filter { $0 != "_" })
  }

  /// Two quantities as `A..B`, the first the smaller.
  static func range(_ text: some StringProtocol) -> (lower: Quantity, upper: Quantity)? {
    let text = String(text)
    guard let dots = text.firstRange(of: "..") else { return nil }
    guard let lower = Quantity(text[..<dots.lowerBound]),
      let upper = Quantity(text[dots.upperBound...]), lower.value < upper.value
    else { return nil }
    return (lower, upper)
  }
}
