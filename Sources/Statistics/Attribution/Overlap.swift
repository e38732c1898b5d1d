/// How far two tables have rows in common, and comparisons of what is the same in both but for the side.
///
/// A classifier learns which side a row is of from its features. Rows that could be of either side weigh
/// most: with e(x) = P(current | x) at equal shares, current rows weigh 1 − e and reference rows e, which
/// brings both to the same features (Li, Morgan and Zaslavsky 2018, JASA 113). Rows the reference knows
/// nothing like weigh nothing: what holds there cannot be told (Cai, Namkoong and Yadlowsky 2023, "Diagnosing
/// Model Performance Under Distribution Shift").
public struct Overlap: Sendable {
  /// By row: the weight, 0…1.
  public let reference: [Double]
  public let current: [Double]
  /// Twice the mean weight of current rows: 1 for two samples of the same, 0 where none could be the
  /// other side's.
  public let share: Double
  /// How well the sides are told apart: the area under the ROC curve, out of fold.
  public let separation: Double

  /// - Throws: ``UndefinedStatistic`` where there are too few rows.
  public init(
    reference: [AttributionColumn], current: [AttributionColumn],
    settings: BoostedTrees.Settings, seed: UInt64
  ) throws(UndefinedStatistic) {
    let n = reference.first?.values.count ?? 0
    let m = current.first?.values.count ?? 0
    guard n > 0 else { throw .emptySample(.reference) }
    guard m > 0 else { throw .emptySample(.current) }
    let both = zip(reference, current).map { first, second in
      AttributionColumn(values: first.values + second.values, isCategory: first.isCategory)
    }
    let side = [Double](repeating: 0, count: n) + [Double](repeating: 1, count: m)
    let fitted = try CrossFittedTrees(both, target: side, settings: settings, seed: seed)
    let odds = Double(n) / Double(m)
    let scores = fitted.outOfFold.map { score -> Double in
      let kept = min(max(score, 0.001), 0.999)
      return kept * odds / (kept * odds + 1 - kept)
    }
    self.reference = Array(scores[..<n])
    self.current = scores[n...].map { 1 - $0 }
    share = min(1, 2 * self.current.reduce(0, +) / Double(m))
    separation = Self.areaUnderCurve(Array(scores[..<n]), Array(scores[n...]))
  }

  /// How far the reference has rows like each current row: 1 for those that are common there, 0 where one
  /// row in twenty or fewer of such rows would be the reference's.
  public var familiarity: [Double] { current.map { min(1, max(0, ($0 - 0.05) / 0.2)) } }

  /// P(a current row's score is above a reference row's), ties by half.
  private static func areaUnderCurve(_ reference: [Double], _ current: [Double]) -> Double {
    let order =
      (reference.map { ($0, false) } + current.map { ($0, true) }).sorted { $0.0 < $1.0 }
    var (below, sum, index) = (0.0, 0.0, 0)
    while index < order.count {
      var (first, second, end) = (0.0, 0.0, index)
      while end < order.count, order[end].0 == order[index].0 {
        if order[end].1 { second += 1 } else { first += 1 }
        end += 1
      }
      sum += second * (below + first / 2)
      below += first
      index = end
    }
    return sum / (Double(reference.count) * Double(current.count))
  }

  /// Mean of current − mean of reference, where both have the same features.
  ///
  /// - Parameters:
  ///   - referenceValues: for each reference row a value less what its features let expect, NaN for none.
  ///   - currentValues: likewise.
  /// - Returns: nil where too few rows weigh anything.
  public func difference(_ referenceValues: [Double], _ currentValues: [Double]) -> EstimatedEffect?
  {
    guard let first = Self.mean(referenceValues, reference),
      let second = Self.mean(currentValues, current)
    else { return nil }
    return EstimatedEffect(
      value: second.mean - first.mean,
      standardError: (first.variance + second.variance).squareRoot())
  }

  private static func mean(
    _ values: [Double], _ weights: [Double]
  ) -> (mean: Double, variance: Double)? {
    var (sum, weight, count) = (0.0, 0.0, 0)
    for (value, own) in zip(values, weights) where value.isFinite {
      sum += own * value
      weight += own
      count += 1
    }
    guard count >= 20, weight > 0 else { return nil }
    let mean = sum / weight
    var square = 0.0
    for (value, own) in zip(values, weights) where value.isFinite {
      let term = own * (value - mean)
      square += term * term
    }
    return (mean, square / (weight * weight))
  }
}
