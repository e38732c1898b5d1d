#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as people read them; full precision is in the JSON.
enum Figures {
  /// Four significant digits, in powers of ten only where plain digits would be long.
  static func number(_ value: Double?) -> String {
    guard let value, !value.isNaN else { return "–" }
    guard value.isFinite else { return value < 0 ? "−∞" : "∞" }
    guard value != 0 else { return "0" }
    let magnitude = abs(value)
    if magnitude >= 1e6 || magnitude < 1e-4 { return scientific(value) }
    let places = max(0, 3 - Int(floor(log10(magnitude))))
    let scale = pow(10, Double(places))
    return trimmed((value * scale).rounded() / scale, places: places)
  }

  /// A p-value: at least three digits, or that it is smaller than can be told.
  static func pValue(_ value: Double?) -> String {
    guard let value else { return "–" }
    return value < 1e-16 ? "< 1e-16" : number(value)
  }

  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return "–" }
    let value = share * 100
    let places = value == 0 || abs(value) >= 1 ? 1 : abs(value) >= 0.01 ? 2 : 3
    let scale = pow(10, Double(places))
    return trimmed((value * scale).rounded() / scale, places: places) + " %"
  }

  /// What a share was and what it is, the unit once.
  static func change(_ before: Double, _ now: Double) -> String {
    percent(before).dropLast(2) + " → " + percent(now)
  }

  /// A range; nothing where there is none.
  static func interval(_ lower: Double?, _ upper: Double?) -> String {
    guard let lower, let upper else { return "" }
    return "\(number(lower)) to \(number(upper))"
  }

  /// With its sign, whichever it is.
  static func signed(_ value: Double?) -> String {
    (value.map { $0 > 0 } ?? false ? "+" : "") + number(value)
  }

  static func signedPercent(_ share: Double) -> String {
    (share > 0 ? "+" : "") + percent(share)
  }

  /// Thousands set apart by narrow spaces.
  static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "\u{202F}" }
      result.append(digit)
    }
    return (value < 0 ? "−" : "") + result
  }

  private static func scientific(_ value: Double) -> String {
    let exponent = Int(floor(log10(abs(value))))
    var mantissa = (value / pow(10, Double(exponent)) * 1000).rounded() / 1000
    var power = exponent
    if abs(mantissa) >= 10 {
      mantissa /= 10
      power += 1
    }
    guard mantissa.isFinite else { return "\(value)" }
    return "\(trimmed(mantissa, places: 3))e\(power)"
  }

  /// A rounded number's digits without the zeros at their end.
  private static func trimmed(_ value: Double, places: Int) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
    return "\(value)"
  }
}
