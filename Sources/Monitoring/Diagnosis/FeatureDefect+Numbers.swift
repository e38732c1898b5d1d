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
    let filled = filled(feature.name, first, second)
    let scale = scale(feature.name, first, second)
    // Rows that are filled or scaled are out of range too; the plainer word for it is enough.
    let other = filled == nil && scale == nil ? outOfRange(feature.name, first, second) : nil
    return [filled, scale, other].compactMap { $0 }
  }

  /// One value that hardly occurred has many rows, and no other new value has as many: numbers that are
  /// counted have many rows each.
  private static func filled(
    _ name: String, _ first: [Double], _ second: [Double]
  ) -> FeatureDefect? {
    let (low, high) = (first[0], first[first.count - 1])
    var all: [(value: Double, share: Double)] = []
    var index = 0
    while index < second.count {
      var end = index
      while end < second.count, second[end] == second[index] { end += 1 }
      all.append((second[index], Double(end - index) / Double(second.count)))
      index = end
    }
    all.sort { ($0.share, $1.value) > ($1.share, $0.value) }
    func before(_ value: Double) -> Double {
      Double(first.count { $0 == value }) / Double(first.count)
    }
    let new = all.prefix(20).filter { $0.value < low || $0.value > high || before($0.value) < 0.01 }
    guard let (value, share) = new.first else { return nil }
    let (usual, next) = (before(value), new.dropFirst().first?.share ?? 0)
    guard share - usual >= 0.05, share >= 3 * next else { return nil }
    return FeatureDefect(
      kind: .filled, strength: min(1, 0.5 + 2 * (share - usual)), reference: usual, current: share,
      message: "\(QualityChecks.percent(share)) of `\(name)` is \(value), which was "
        + QualityChecks.percent(usual))
  }

  /// What values of one unit are multiplied by in another; tens come besides.
  private static let conversions: [Double] = [
    1.609_344, 2.204_62, 2.54, 3.280_84, 3.6, 3.785_41, 4.184, 12, 24, 28.349_5, 60, 1_024, 3_600,
  ]

  private static func isConversion(_ factor: Double, within tolerance: Double) -> Bool {
    let size = abs(log(factor))
    let tens = size / log(10.0)
    if tens > 0.9, abs(tens - tens.rounded()) * log(10.0) < tolerance { return true }
    return conversions.contains { abs(size - log($0)) < tolerance }
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
      strength = isFar(old, by: ratio) || isConversion(ratio, within: 0.05) ? 0.95 : 0.55
    } else if first.count >= 300, second.count >= 300, isConverted(old, new, ratio) {
      strength = 0.7
    } else {
      return nil
    }
    return FeatureDefect(
      kind: .scale, strength: strength, reference: inner, current: new[3] - new[1],
      message: "the spread of `\(name)` is \(NumberFormat.short(ratio)) times what it was, as "
        + "after a change of unit")
  }

  /// Whether a population would have to move by more than four standard deviations of its logarithms to
  /// become so many times larger; numbers of either sign have none.
  private static func isFar(_ old: [Double], by ratio: Double) -> Bool {
    guard old[0] > 0 else { return true }
    let deviation = (log(old[4]) - log(old[0])) / 2.563
    return abs(log(ratio)) >= 4 * deviation
  }

  /// Whether every quantile is a known conversion of the old one, Fahrenheit of Celsius among them.
  private static func isConverted(_ old: [Double], _ new: [Double], _ ratio: Double) -> Bool {
    func fits(_ factor: Double, _ offset: Double) -> Bool {
      let reach = 0.04 * factor * (old[4] - old[0])
      return zip(old, new).allSatisfy { abs(factor * $0 + offset - $1) < reach }
    }
    if fits(1.8, 32) || fits(1 / 1.8, -32 / 1.8) { return true }
    guard old[0] > 0, isConversion(ratio, within: 0.03) else { return false }
    return fits(new[2] / old[2], 0) && isConversion(new[2] / old[2], within: 0.03)
  }

  /// A share of rows is beyond all the reference knows by a quarter of its width, and the rest is as it was.
  private static func outOfRange(
    _ name: String, _ first: [Double], _ second: [Double]
  ) -> FeatureDefect? {
    guard first.count >= 200, let low = first.first, let high = first.last else { return nil }
    let reach = 0.25 * (high - low)
    let inside = second.filter { $0 >= low - reach && $0 <= high + reach }
    let share = 1 - Double(inside.count) / Double(second.count)
    guard share >= 0.02, share <= 0.95, inside.count >= 50 else { return nil }
    let cells = Cells.equalFrequency(sortedReference: first.span, count: 10)
    func counts(_ values: [Double]) -> [Int] {
      var counts = [Int](repeating: 0, count: cells.count)
      for value in values { counts[cells.index(of: value)] += 1 }
      return counts
    }
    let (before, now) = (counts(first), counts(inside))
    let distance = (try? jensenShannon(reference: before, current: now).distance) ?? 1
    // What chance alone makes of a distance falls with the square root of the rows.
    guard distance < 0.08 + 1 / Double(inside.count).squareRoot() else { return nil }
    return FeatureDefect(
      kind: .outOfRange, strength: min(1, 0.6 + 2 * share), reference: 0, current: share,
      message: "\(QualityChecks.percent(share)) of `\(name)` is far beyond "
        + "\(NumberFormat.short(low))…\(NumberFormat.short(high)), while the rest is as it was")
  }
}
