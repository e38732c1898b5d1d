import Statistics

/// A way in which a feature is broken rather than drifted.
public struct FeatureDefect: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Far more values are missing.
    case missing
    /// Only one value is left.
    case constant
    /// One value that hardly occurred fills many rows.
    case filled
    /// The scale is another one, as after a change of unit.
    case scale
    /// Some rows have values the reference has nowhere near, and all others are as they were.
    case outOfRange = "out_of_range"
    /// Known categories are gone, and new ones have as many rows.
    case encoding
  }

  public var kind: Kind
  /// 0…1.
  public var strength: Double
  public var reference: Double
  public var current: Double
  /// One sentence.
  public var message: String

  static func all(
    of feature: DiagnosisTables.Feature, missing: (reference: Double, current: Double)
  ) -> [FeatureDefect] {
    var defects: [FeatureDefect] = []
    let name = feature.name
    let rise = missing.current - missing.reference
    let test = proportions(
      missing.reference, feature.reference.values.count, missing.current,
      feature.current.values.count)
    if rise >= 0.02, test < 1e-4 {
      defects.append(
        FeatureDefect(
          kind: .missing, strength: min(1, 0.4 + 2 * rise), reference: missing.reference,
          current: missing.current,
          message: "missing values of `\(name)` rose from "
            + "\(QualityChecks.percent(missing.reference)) to "
            + QualityChecks.percent(missing.current)))
    }
    defects +=
      feature.reference.isCategory ? [encoding(feature)].compactMap { $0 } : numbers(feature)
    return defects.sorted { $0.strength > $1.strength }
  }

  /// The p-value of two shares being the same; 1 where they cannot be told apart for want of rows.
  private static func proportions(_ p: Double, _ n: Int, _ q: Double, _ m: Int) -> Double {
    let (first, second) = (Int((p * Double(n)).rounded()), Int((q * Double(m)).rounded()))
    return
      (try? zProportion(reference: [first, n - first], current: [second, m - second]).pValue) ?? 1
  }
}

extension NumberFormat {
  /// Three significant digits.
  static func short(_ value: Double) -> String {
    NumberFormat(".3g")?.write(value) ?? "\(value)"
  }
}
