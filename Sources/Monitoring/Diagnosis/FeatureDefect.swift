import Foundation
import Statistics

/// A way in which a feature is broken rather than drifted.
public struct FeatureDefect: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Far more values are missing.
    case missing
    /// Far more values are infinite, as after a division by zero.
    case nonFinite = "non_finite"
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

  /// Rows of a side from which on anything is said: of fewer, chance makes whatever it likes.
  static let leastRows = 30

  /// - Parameter features: how many are looked at, any of which chance could strike.
  static func all(of feature: DiagnosisTables.Feature, among features: Int) -> [FeatureDefect] {
    let (before, now) = (feature.reference.values, feature.current.values)
    // What changes with the time alone is what its dates are, whatever the pipeline does.
    guard !feature.followsTime, min(before.count, now.count) >= leastRows else { return [] }
    var defects = absent("values of `\(feature.name)`", before, now)
    defects +=
      feature.reference.isCategory
      ? [encoding(feature, among: features)].compactMap { $0 } : numbers(feature, among: features)
    return defects.sorted { $0.strength > $1.strength }
  }

  /// Values that are missing or infinite far more often than they were.
  ///
  /// - Parameter name: what they are, in the plural.
  static func absent(_ name: String, _ before: [Double], _ now: [Double]) -> [FeatureDefect] {
    guard min(before.count, now.count) >= leastRows else { return [] }
    func defect(
      _ kind: Kind, _ word: String, _ isAbsent: (Double) -> Bool
    ) -> FeatureDefect? {
      let usual = Double(before.count(where: isAbsent)) / Double(before.count)
      let share = Double(now.count(where: isAbsent)) / Double(now.count)
      guard share - usual >= 0.02, proportions(usual, before.count, share, now.count) < 1e-4 else {
        return nil
      }
      return FeatureDefect(
        kind: kind, strength: min(1, 0.4 + 2 * (share - usual)), reference: usual, current: share,
        message: "\(word) \(name) rose from \(QualityChecks.percent(usual)) to "
          + QualityChecks.percent(share))
    }
    return [defect(.missing, "missing", \.isNaN), defect(.nonFinite, "infinite", \.isInfinite)]
      .compactMap { $0 }
  }

  /// Whether only one value is left, and chance cannot have left the other `others` rows of the reference to
  /// the reference alone (the hypergeometric probability of that), in any of so many features.
  static func isStuck(others: Int, reference: Int, current: Int, among features: Int) -> Bool {
    guard current >= leastRows, others > 0 else { return false }
    let limit = log(1e-4 / Double(max(1, features)))
    var sum = 0.0
    for drawn in 0..<others {
      sum += log(Double(reference - drawn) / Double(reference + current - drawn))
      if sum < limit { return true }
    }
    return false
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
