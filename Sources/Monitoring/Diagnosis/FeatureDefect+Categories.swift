import Foundation
import Statistics

extension FeatureDefect {
  /// Whether known categories have other names now.
  static func encoding(
    _ feature: DiagnosisTables.Feature, among features: Int
  ) -> FeatureDefect? {
    let (before, now) = (shares(feature.reference), shares(feature.current))
    let (known, rows) = (Self.rows(feature.reference), Self.rows(feature.current))
    guard min(known, rows) >= leastRows else { return nil }
    func title(_ code: Int) -> String {
      feature.categories.indices.contains(code) ? feature.categories[code] : "\(code)"
    }
    if now.count == 1, before.count > 1, let only = now.first {
      let usual = before.first { $0.code == only.code }?.share ?? 0
      let others = known - Int((usual * Double(known)).rounded())
      guard isStuck(others: others, reference: known, current: rows, among: features) else {
        return nil
      }
      return FeatureDefect(
        kind: .constant, strength: 1, reference: usual, current: 1,
        message: "`\(feature.name)` is only ever \(title(only.code)), while it varied")
    }
    let codes = Set(before.map(\.code))
    let fresh = now.filter { !codes.contains($0.code) }
    let gained = fresh.reduce(0) { $0 + $1.share }
    guard gained >= 0.02, let newest = fresh.max(by: { $0.share < $1.share }) else { return nil }
    let left = Dictionary(uniqueKeysWithValues: now.map { ($0.code, $0.share) })
    func defect(_ old: (code: Int, share: Double), _ new: Int) -> FeatureDefect {
      let rest = left[old.code, default: 0]
      return FeatureDefect(
        kind: .encoding, strength: min(1, 0.7 + gained), reference: old.share, current: rest,
        message: "category \(title(old.code)) of `\(feature.name)` lost "
          + "\(QualityChecks.percent(max(0, old.share - rest))) of rows, and \(title(new)) is new "
          + "with \(QualityChecks.percent(gained))")
    }
    // The same name in other letters.
    let plain = Dictionary(before.map { (bare(title($0.code)), $0) }) { first, _ in first }
    for new in fresh where new.share >= 0.02 {
      if let old = plain[bare(title(new.code))] { return defect(old, new.code) }
    }
    if let one = renamed(before, left, gained, rows: rows) {
      return defect(one, newest.code)
    }
    // Several were renamed: what is new has as many rows as what is gone.
    let gone = before.filter { left[$0.code, default: 0] < 0.1 * $0.share && $0.share >= 0.02 }
    guard gone.count > 1, gone.reduce(0, { $0 + $1.share }) >= 0.6 * gained,
      let largest = gone.max(by: { $0.share < $1.share })
    else { return nil }
    return defect(largest, newest.code)
  }

  /// In lower case without spaces and dashes; a number as it is usually written.
  private static func bare(_ name: String) -> String {
    let plain = name.lowercased().filter { !" -_\t".contains($0) }
    return Double(plain).map { "\($0)" } ?? plain
  }

  /// Rows with a category.
  private static func rows(_ column: AttributionColumn) -> Int { column.values.count { $0 >= 0 } }

  /// By code.
  private static func shares(_ column: AttributionColumn) -> [(code: Int, share: Double)] {
    var counts: [Int: Double] = [:]
    for value in column.values where value >= 0 { counts[Int(value), default: 0] += 1 }
    let sorted = counts.sorted { $0.key < $1.key }
    let whole = max(1, sorted.reduce(0) { $0 + $1.value })
    return sorted.map { (code: $0.key, share: $0.value / whole) }
  }

  /// The one category that has another name now. Were it new rows, all known categories would have less; were
  /// it a new name, only one.
  private static func renamed(
    _ before: [(code: Int, share: Double)], _ now: [Int: Double], _ gained: Double, rows: Int
  ) -> (code: Int, share: Double)? {
    func likelihood(_ expected: (Int, Double) -> Double) -> Double {
      before.reduce(0) { sum, entry in
        let share = now[entry.code, default: 0]
        return share > 0
          ? sum + Double(rows) * share * log(max(1e-9, expected(entry.code, entry.share))) : sum
      }
    }
    let asNewRows = likelihood { _, share in share * (1 - gained) }
    let best = before.filter { $0.share >= 0.6 * gained }.map { one in
      (one, likelihood { $0 == one.code ? max(0.002, $1 - gained) : $1 })
    }.max { $0.1 < $1.1 }
    guard let best, best.1 > asNewRows + 2.5 else { return nil }
    return best.0
  }
}
