import Foundation
import Statistics

extension FeatureDefect {
  /// What is broken about numbers.
  static func numbers(
    _ feature: DiagnosisTables.Feature, among features: Int
  ) -> [FeatureDefect] {
    var first = feature.reference.values.filter(\.isFinite)
    var second = feature.current.values.filter(\.isFinite)
    guard min(first.count, second.count) >= leastRows else { return [] }
    sortAscending(&first)
    sortAscending(&second)
    guard let low = first.first, let high = first.last, low < high else { return [] }
    if second.first == second.last, let value = second.first {
      let others = first.count { $0 != value }
      guard
        isStuck(
          others: others, reference: first.count, current: second.count, among: features)
      else { return [] }
      return [
        FeatureDefect(
          kind: .constant, strength: 1, reference: 0, current: value,
          message: "`\(feature.name)` is only ever \(value), while it varied")
      ]
    }
    let name = feature.name
    let filled = filled(name, first, second)
    let scale = scale(name, first, second)
    // Rows that are filled or scaled are out of range too; where that is plain, the plainer word is enough.
    let isPlain = filled != nil || (scale?.strength ?? 0) > 0.9
    let some = isPlain ? nil : partlyScaled(name, first, second)
    let other = isPlain || some != nil ? nil : outOfRange(name, first, second)
    return [filled, scale, some, other].compactMap { $0 }
  }

  /// One value fills rows it did not fill: it hardly occurred and no other new value is nearly as frequent, as
  /// it would be of numbers that are counted; or it was there, and without it all is as it was.
  private static func filled(
    _ name: String, _ first: [Double], _ second: [Double]
  ) -> FeatureDefect? {
    let (low, high) = (first[0], first[first.count - 1])
    let all = shares(second).sorted { ($0.share, $1.value) > ($1.share, $0.value) }
    let before = Dictionary(uniqueKeysWithValues: shares(first).map { ($0.value, $0.share) })
    func rise(_ entry: (value: Double, share: Double)) -> Double {
      entry.share - before[entry.value, default: 0]
    }
    let new = all.prefix(20).filter {
      $0.value < low || $0.value > high || before[$0.value, default: 0] < 0.01
    }
    var found = new.first
    if let one = found, rise(one) < 0.05 || one.share < 3 * (new.dropFirst().first?.share ?? 0) {
      found = nil
    }
    if found == nil, let one = all.prefix(20).max(by: { rise($0) < rise($1) }), rise(one) >= 0.1,
      isUnchanged(first.filter { $0 != one.value }, second.filter { $0 != one.value })
    {
      found = one
    }
    guard let (value, share) = found else { return nil }
    let usual = before[value, default: 0]
    return FeatureDefect(
      kind: .filled, strength: min(1, 0.5 + 2 * (share - usual)), reference: usual, current: share,
      message: "\(QualityChecks.percent(share)) of `\(name)` is \(value), which was "
        + QualityChecks.percent(usual))
  }

  /// By value, of sorted values.
  private static func shares(_ sorted: [Double]) -> [(value: Double, share: Double)] {
    var all: [(value: Double, share: Double)] = []
    var index = 0
    while index < sorted.count {
      var end = index
      while end < sorted.count, sorted[end] == sorted[index] { end += 1 }
      all.append((sorted[index], Double(end - index) / Double(sorted.count)))
      index = end
    }
    return all
  }

  /// Whether two sorted samples are alike but for chance.
  static func isUnchanged(_ first: [Double], _ second: [Double]) -> Bool {
    guard first.count >= 50, second.count >= 50 else { return false }
    let cells = Cells.equalFrequency(sortedReference: first.span, count: 10)
    return distance(counts(first, cells), counts(second, cells)) < chance(second.count)
  }

  static func counts(_ values: [Double], _ cells: Cells) -> [Int] {
    var counts = [Int](repeating: 0, count: cells.count)
    for value in values { counts[cells.index(of: value)] += 1 }
    return counts
  }

  /// Without values there is no distance: then nothing is said to be as it was.
  static func distance(_ first: [Int], _ second: [Int]) -> Double {
    (try? jensenShannon(reference: first, current: second).distance) ?? 1
  }

  /// What chance alone makes of a distance: it falls with the square root of the rows.
  static func chance(_ rows: Int) -> Double { 0.08 + 1 / Double(rows).squareRoot() }

  /// A share of rows is beyond all the reference knows by a quarter of its width, also of its logarithms, and
  /// the rest is as it was.
  private static func outOfRange(
    _ name: String, _ first: [Double], _ second: [Double]
  ) -> FeatureDefect? {
    guard first.count >= 200, let low = first.first, let high = first.last else { return nil }
    let reach = 0.25 * (high - low)
    let ratio = low > 0 ? pow(high / low, 0.25) : .infinity
    let inside = second.filter {
      $0 >= low - reach && $0 <= high + reach && (low <= 0 || $0 * ratio >= low)
    }
    let share = 1 - Double(inside.count) / Double(second.count)
    guard share >= 0.02, share <= 0.95 else { return nil }
    guard isUnchanged(first, inside) else { return nil }
    return FeatureDefect(
      kind: .outOfRange, strength: min(1, 0.6 + 2 * share), reference: 0, current: share,
      message: "\(QualityChecks.percent(share)) of `\(name)` is far beyond "
        + "\(NumberFormat.short(low))…\(NumberFormat.short(high)), while the rest is as it was")
  }
}
