import Foundation
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
    /// A known category is gone, and a new one has as many rows.
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

  private static func numbers(_ feature: DiagnosisTables.Feature) -> [FeatureDefect] {
    var first = feature.reference.values.filter(\.isFinite)
    var second = feature.current.values.filter(\.isFinite)
    guard first.count >= 30, second.count >= 30 else { return [] }
    sortAscending(&first)
    sortAscending(&second)
    let name = feature.name
    guard let low = first.first, let high = first.last, low < high else { return [] }
    if second.first == second.last, let value = second.first {
      return [
        FeatureDefect(
          kind: .constant, strength: 1, reference: 0, current: value,
          message: "`\(name)` is only ever \(value), while it varied")
      ]
    }
    var defects: [FeatureDefect] = []
    let (value, share) = commonest(second)
    let before = Double(count(of: value, in: first)) / Double(first.count)
    let isUnusual = before < 0.01 || value < low || value > high
    if share - before >= 0.05, isUnusual {
      defects.append(
        FeatureDefect(
          kind: .filled, strength: min(1, 0.5 + 2 * (share - before)), reference: before,
          current: share,
          message: "\(QualityChecks.percent(share)) of `\(name)` is \(value), which was "
            + QualityChecks.percent(before)))
    }
    func spread(_ sorted: [Double]) -> (Double, Double) {
      let quartiles = [0.1, 0.25, 0.5, 0.75, 0.9].map { quantile(sorted.span, $0) ?? 0 }
      return (quartiles[3] - quartiles[1], quartiles[4] - quartiles[0])
    }
    let (old, new) = (spread(first), spread(second))
    if old.0 > 0, new.0 > 0, old.1 > 0 {
      let ratio = new.0 / old.0
      let wide = new.1 / old.1
      // Both spreads by the same factor: a unit, not another population.
      let isScale = (ratio >= 4 && wide >= 4) || (ratio <= 0.25 && wide <= 0.25)
      if isScale {
        defects.append(
          FeatureDefect(
            kind: .scale, strength: 0.95, reference: old.0, current: new.0,
            message:
              "the spread of `\(name)` is \(NumberFormat.short(ratio)) times what it was, as "
              + "after a change of unit"))
      }
    }
    return defects
  }

  private static func commonest(_ sorted: [Double]) -> (Double, Double) {
    var (best, most, index) = (sorted[0], 0, 0)
    while index < sorted.count {
      var end = index
      while end < sorted.count, sorted[end] == sorted[index] { end += 1 }
      if end - index > most { (best, most) = (sorted[index], end - index) }
      index = end
    }
    return (best, Double(most) / Double(sorted.count))
  }

  private static func count(of value: Double, in values: [Double]) -> Int {
    values.count { $0 == value }
  }

  private static func encoding(_ feature: DiagnosisTables.Feature) -> FeatureDefect? {
    func shares(_ column: AttributionColumn) -> [Int: Double] {
      var counts: [Int: Double] = [:]
      for value in column.values where value >= 0 { counts[Int(value), default: 0] += 1 }
      let whole = max(1, counts.values.reduce(0, +))
      return counts.mapValues { $0 / whole }
    }
    let (before, now) = (shares(feature.reference), shares(feature.current))
    guard !now.isEmpty else { return nil }
    func title(_ code: Int) -> String {
      feature.categories.indices.contains(code) ? feature.categories[code] : "\(code)"
    }
    if now.count == 1, before.count > 1, let only = now.keys.first {
      return FeatureDefect(
        kind: .constant, strength: 1, reference: before[only] ?? 0, current: 1,
        message: "`\(feature.name)` is only ever \(title(only)), while it varied")
    }
    let fresh = now.filter { before[$0.key] == nil }
    let gained = fresh.values.reduce(0, +)
    guard gained >= 0.02, let two = fresh.max(by: { $0.value < $1.value }) else { return nil }
    // Were it new rows, all known categories would have less; were it a new name, only one.
    let rows = Double(feature.current.values.count { $0 >= 0 })
    func likelihood(_ expected: (Int, Double) -> Double) -> Double {
      before.reduce(0) { sum, entry in
        let share = now[entry.key, default: 0]
        return share > 0
          ? sum + rows * share * log(max(1e-9, expected(entry.key, entry.value))) : sum
      }
    }
    let asNewRows = likelihood { _, share in share * (1 - gained) }
    let renamed = before.filter { $0.value >= 0.6 * gained }.map { code, share in
      (
        code: code, share: share,
        likelihood: likelihood { $0 == code ? max(0.002, $1 - gained) : $1 }
      )
    }
    guard let one = renamed.max(by: { $0.likelihood < $1.likelihood }),
      one.likelihood > asNewRows + 4
    else { return nil }
    let rest = now[one.code, default: 0]
    return FeatureDefect(
      kind: .encoding, strength: min(1, 0.7 + gained), reference: one.share, current: rest,
      message: "category \(title(one.code)) of `\(feature.name)` lost "
        + "\(QualityChecks.percent(max(0, one.share - rest))) of rows, and \(title(two.key)) is new with "
        + QualityChecks.percent(gained))
  }
}

extension NumberFormat {
  /// Three significant digits.
  static func short(_ value: Double) -> String {
    NumberFormat(".3g")?.write(value) ?? "\(value)"
  }
}
