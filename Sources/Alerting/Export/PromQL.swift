import Monitoring

/// Writes conditions as PromQL.
struct PromQL {
  let metric: String
  let matchers: [LabelMatcher]

  /// The gauge with what follows the metric's name: `""`, `"_reference"`, `"_lower"`, `"_upper"`.
  private func gauge(_ suffix: String, _ range: String = "") -> String {
    let conditions = matchers.map { "\($0.label)\($0.operation.rawValue)\(Self.quoted($0.value))" }
    let braces = conditions.isEmpty ? "" : "{\(conditions.joined(separator: ","))}"
    return "plumbline_\(metric)\(suffix)\(braces)\(range)"
  }

  /// What a condition on `subject` is held against.
  private func figure(_ subject: AlertCondition.Subject, _ suffix: String = "") -> String {
    let reference = gauge("_reference")
    return switch subject {
    case .value: gauge(suffix)
    case .difference: "(\(gauge(suffix)) - \(reference))"
    // Without the comparison a reference of 0 would make changes infinite, which they are not here.
    case .relativeChange: "((\(gauge(suffix)) - \(reference)) / abs(\(reference) != 0))"
    }
  }

  /// What is there for the series whose figure is beyond its bounds; nil where none can be.
  ///
  /// - Parameter significant: whether the end of the interval that is nearer to a bound has to be
  ///   beyond it too, where there is one.
  func failure(
    _ subject: AlertCondition.Subject, _ bounds: AlertCondition.Bounds, significant: Bool = false
  ) -> String? {
    func side(_ sign: String, _ bound: Double, _ near: String) -> String? {
      guard bound.isFinite else { return nil }
      let comparison = "\(bounds.isInclusive ? sign + "=" : sign) \(Self.number(bound))"
      let plain = "\(figure(subject)) \(comparison)"
      guard significant else { return plain }
      let end = figure(subject, near)
      return "(\(plain) unless (\(end) unless \(end) \(comparison)))"
    }
    let sides = [side(">", bounds.upper, "_lower"), side("<", bounds.lower, "_upper")]
      .compactMap(\.self)
    return sides.isEmpty ? nil : sides.joined(separator: " or ")
  }

  /// What is there for the series that have been without a value for so long.
  func absence(forSeconds seconds: Int) -> String {
    let limit = min(max(1, seconds), 100 * 31_536_000)
    let known = max(7 * 86_400, limit < 50 * 31_536_000 ? 2 * limit : limit)
    let knownRange = "[\(Self.duration(seconds: known))]"
    let lately = "last_over_time(\(gauge("", "[\(Self.duration(seconds: limit))]")))"
    let gone = "(last_over_time(\(gauge("", knownRange))) unless \(lately))"
    // What no series says outright can be missed by nobody.
    guard !matchers.isEmpty, matchers.allSatisfy({ $0.operation == .equal }) else { return gone }
    return "\(gone) or absent_over_time(\(gauge("", knownRange)))"
  }

  // MARK: Words

  /// Whether a gauge can be named so.
  static func isMetric(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (48...58).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 95
      }
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      default:
        if scalar.properties.generalCategory == .control {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          quoted.unicodeScalars.append(scalar)
        }
      }
    }
    return quoted + "\""
  }

  /// The shortest text that reads as the very number.
  static func number(_ value: Double) -> String { "\(value)" }

  /// In the largest unit that divides it.
  static func duration(seconds: Int) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)]
    for (unit, length) in units where seconds % length == 0 && seconds > 0 {
      return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
  }
}
