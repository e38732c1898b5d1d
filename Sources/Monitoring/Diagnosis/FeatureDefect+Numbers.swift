import Foundation
import Statistics

extension FeatureDefect {
  /// What is broken about numbers.
  static func numbers(_ feature: DiagnosisTables.Feature) -> [FeatureDefect] {
    var first = feature.reference.values.filter(\.isFinite)
    var second = feature.current.values.filter(\.isFinite)
    guard first.count >= 30, second.count >= 30 else { return [] }
    sortAscending(&first)
    sortAscending(&second)
    guard let low = first.first, let high = first.last, low < high else { return [] }
    if second.first == second.last, let value = second.first {
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
    let other = isPlain ? nil : outOfRange(name, first, second)
    return [filled, scale, other].compactMap { $0 }
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

  /// Whether two sorted samples are alike but for chance, which alone makes a distance that falls with the
  /// square root of the rows.
  private static func isUnchanged(_ first: [Double], _ second: [Double]) -> Bool {
    guard first.count >= 50, second.count >= 50 else { return false }
    let cells = Cells.equalFrequency(sortedReference: first.span, count: 10)
    func counts(_ values: [Double]) -> [Int] {
      var counts = [Int](repeating: 0, count: cells.count)
      for value in values { counts[cells.index(of: value)] += 1 }
      return counts
    }
    // Without values there is no distance: then nothing is said to be as it was.
    let distance =
      (try? jensenShannon(reference: counts(first), current: counts(second)).distance) ?? 1
    return distance < 0.08 + 1 / Double(second.count).squareRoot()
  }

  /// What values of one unit are multiplied by in another; tens come besides.
  private static let conversions: [Double] = [
    1.609_344, 2.204_62, 2.54, 3.280_84, 3.6, 3.785_41, 4.184, 12, 24, 28.349_5, 60, 1_024, 3_600,
  ]

  private static func isConversion(_ factor: Double) -> Bool {
    isTens(factor) || conversions.contains { abs(abs(log(factor)) - log($0)) < 0.02 }
  }

  private static func isTens(_ factor: Double) -> Bool {
    let tens = abs(log10(factor))
    return tens > 0.9 && abs(tens - tens.rounded()) < 0.015
  }

  /// Both spreads by the same factor: a unit, not another population.
  private static func scale(
    _ name: String, _ first: [Double], _ second: [Double]
  ) -> FeatureDefect? {
    let levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    let (old, new) = (
      levels.map { quantile(first.span, $0) ?? 0 }, levels.map { quantile(second.span, $0) ?? 0 }
    )
    let (inner, outer) = (old[3] - old[1], old[4] - old[0])
    guard inner > 0, outer > 0, new[3] > new[1] else { return nil }
    let ratio = (new[3] - new[1]) / inner
    let wide = (new[4] - new[0]) / outer
    let strength: Double
    if (ratio >= 4 && wide >= 4) || (ratio <= 0.25 && wide <= 0.25) {
      // Amounts that spread over orders of magnitude may just have grown.
      strength = isFar(old, by: ratio) ? 0.95 : isTens(ratio) ? 0.8 : 0.35
    } else if first.count >= 300, second.count >= 300, isConverted(old, new, ratio) {
      strength = 0.8
    } else {
      return nil
    }
    return FeatureDefect(
      kind: .scale, strength: strength, reference: inner, current: new[3] - new[1],
      message: "the spread of `\(name)` is \(NumberFormat.short(ratio)) times what it was, as "
        + "after a change of unit")
  }

  /// Whether a population would have to move by more than so many standard deviations of its logarithms to
  /// become so many times larger; numbers of either sign have none.
  private static func isFar(_ old: [Double], by ratio: Double, deviations: Double = 4) -> Bool {
    guard old[0] > 0 else { return true }
    return abs(log(ratio)) >= deviations * (log(old[4]) - log(old[0])) / 2.563
  }

  /// Whether every quantile is a known conversion of the old one, Fahrenheit of Celsius among them. Amounts
  /// that spread over orders of magnitude also grow by some factor; those are left to drift.
  private static func isConverted(_ old: [Double], _ new: [Double], _ ratio: Double) -> Bool {
    func fits(_ factor: Double, _ offset: Double) -> Bool {
      let reach = 0.04 * factor * (old[4] - old[0])
      return zip(old, new).allSatisfy { abs(factor * $0 + offset - $1) < reach }
    }
    if fits(1.8, 32) || fits(1 / 1.8, -32 / 1.8) { return true }
    guard old[0] > 0, new[2] > 0, isFar(old, by: new[2] / old[2], deviations: 2.5) else {
      return false
    }
    return isConversion(new[2] / old[2]) && fits(new[2] / old[2], 0)
  }

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
