import Foundation
import Statistics

/// Values that come in another unit.
extension FeatureDefect {
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
  static func scale(
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

  /// Some rows come in another unit, as where one of several sources changed: what is seen is the reference
  /// mixed with itself times a factor. A population that moved or spread is none, nor is one that has
  /// another part: it fits no better than the reference moved and stretched, in its values or its logarithms.
  static func partlyScaled(
    _ name: String, _ reference: [Double], _ current: [Double]
  ) -> FeatureDefect? {
    guard reference.count >= 200, current.count >= 80, !isUnchanged(reference, current) else {
      return nil
    }
    let (first, second) = (thinned(reference), thinned(current))
    let drifted = [first, moved(first, to: second), moved(first, to: second, isLogarithmic: true)]
    let fits = factors.compactMap { mixture(first, second, times: $0, drifted) }
    // 1 024 and 1 000 are hardly to be told apart; tens are what people convert by.
    func unlikeliness(_ fit: MixtureFit) -> Double {
      fit.distance + (isTens(fit.factor) ? 0 : 0.01)
    }
    guard let fit = fits.min(by: { unlikeliness($0) < unlikeliness($1) }) else { return nil }
    let times =
      fit.factor > 1
      ? "\(NumberFormat.short(fit.factor)) times" : "1/\(NumberFormat.short(1 / fit.factor)) of"
    return FeatureDefect(
      kind: .scale, strength: min(0.95, 0.6 + fit.share), reference: 0, current: fit.share,
      message:
        "\(QualityChecks.percent(fit.share)) of `\(name)` is \(times) what it was, as after a "
        + "change of unit in some rows")
  }

  private struct MixtureFit {
    var factor: Double
    /// Of the rows that are scaled.
    var share: Double
    /// From the mixture to what is seen.
    var distance: Double
  }

  /// The mixture of a sample and itself times a factor that is nearest to another sample; nil where that is
  /// not near, or where the sample is about as near once it has moved.
  private static func mixture(
    _ first: [Double], _ second: [Double], times factor: Double, _ drifted: [[Double]]
  ) -> MixtureFit? {
    let scaled = first.map { $0 * factor }
    let cells = Cells.equalFrequency(sortedReference: (first + scaled).sorted().span, count: 20)
    let (old, other) = (counts(first, cells), counts(scaled, cells))
    let now = counts(second, cells)
    let share = mixed(old, other, now)
    guard share >= 0.05 else { return nil }
    let mixture = zip(old, other).map { old, other in
      let rows = (1 - share) * Double(old) + share * Double(other)
      return Int((1e6 * rows / Double(first.count)).rounded())
    }
    let fit = MixtureFit(factor: factor, share: share, distance: distance(mixture, now))
    let best = drifted.map { distance(counts($0, cells), now) }.min() ?? 0
    // Of two samples of one population the divergence is (cells − 1)/(8 n ln 2) bits, n rows of both.
    let rows = Double(first.count) * Double(second.count) / Double(first.count + second.count)
    let chance = (Double(cells.count - 1) / (8 * rows * log(2))).squareRoot()
    return fit.distance < 0.03 + chance && fit.distance < 0.6 * best ? fit : nil
  }

  /// Some thousand values of a sorted sample, evenly: as many as tell one population from another.
  private static func thinned(_ sorted: [Double]) -> [Double] {
    let most = 10_000
    guard sorted.count > most else { return sorted }
    return (0..<most).map { sorted[($0 * 2 + 1) * sorted.count / (2 * most)] }
  }

  /// What makes two populations of one, rather than a wider one.
  private static let factors: [Double] =
    ([10, 100, 1_000] + conversions.filter { $0 > 5 }).flatMap { [$0, 1 / $0] }

  /// The share of the second of two populations in a mixture of both: the likeliest, by
  /// expectation–maximisation over cells.
  private static func mixed(_ first: [Int], _ second: [Int], _ mixture: [Int]) -> Double {
    let (p, q) = (Double(first.reduce(0, +)), Double(second.reduce(0, +)))
    let rows = Double(mixture.reduce(0, +))
    guard p > 0, q > 0, rows > 0 else { return 0 }
    var share = 0.5
    for _ in 0..<100 {
      var sum = 0.0
      for (index, count) in mixture.enumerated() where count > 0 {
        let (old, new) = (
          (1 - share) * Double(first[index]) / p, share * Double(second[index]) / q
        )
        if old + new > 0 { sum += Double(count) * new / (old + new) }
      }
      share = sum / rows
    }
    return share
  }

  /// A sorted sample moved and stretched so that its quartiles are those of another.
  private static func moved(
    _ values: [Double], to other: [Double], isLogarithmic: Bool = false
  ) -> [Double] {
    guard !isLogarithmic || (values[0] > 0 && other[0] > 0) else { return values }
    let (from, to) =
      isLogarithmic ? (values.map { log($0) }, other.map { log($0) }) : (values, other)
    func quartiles(_ sorted: [Double]) -> (Double, Double) {
      (quantile(sorted.span, 0.25) ?? 0, quantile(sorted.span, 0.75) ?? 0)
    }
    let (old, new) = (quartiles(from), quartiles(to))
    guard old.1 > old.0 else { return values }
    let stretch = (new.1 - new.0) / (old.1 - old.0)
    return from.map {
      let value = new.0 + ($0 - old.0) * stretch
      return isLogarithmic ? exp(value) : value
    }
  }
}
