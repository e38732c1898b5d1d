#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A place at which the level of a series changes.
public struct ChangePoint: Sendable, Equatable {
  /// The first value of the new level.
  public let index: Int
  /// Places that the series does not tell from it, with 95 % confidence.
  public let range: ClosedRange<Int>
  /// Medians of the values before, back to the change before, and after, up to the next.
  public let before: Double
  public let after: Double
  public let pValue: Double
}

/// Changes of a series' level, found by binary segmentation over ranks.
///
/// A stretch has a change where the sum of its ranks departs from what chance orders give, weighed by the
/// place, so that a change near an end counts too; ranks make single outliers harmless. It is cut where
/// two levels fit best by least squares, values beyond the middle four fifths by more than half their
/// width being drawn in. The level is held
/// by orders drawn at random (seeded), each depth of cutting at half the level of the one before, and
/// the statistic is shrunk by √((1−ρ)/(1+ρ)) where neighbours go together (ρ: lag-one correlation within
/// the two parts). The range of places is where twice the log-likelihood of a step is within 7.37 of its
/// largest (Siegmund 1988, "Confidence Sets in Change-Point Problems").
///
/// Sources: Vostrikova (1981) for the cutting, Pettitt (1979), Applied Statistics 28, for ranks.
/// O(orders · n).
public enum ChangePoints {
  /// - Parameters:
  ///   - series: finite, in the order of time.
  ///   - level: how often a series without a change may show one.
  ///   - minimumLength: fewest values between changes.
  ///   - seed: where random choices start.
  /// - Returns: in the order of time; none for fewer than `2 · minimumLength` values.
  public static func find(
    _ series: [Double], level: Double = 0.01, minimumLength: Int = 3, seed: UInt64 = 0
  ) -> [ChangePoint] {
    var generator = SeededGenerator(seed: seed)
    var cuts: [(index: Int, range: ClosedRange<Int>, pValue: Double)] = []
    func cut(_ range: Range<Int>, level: Double) {
      guard range.count >= 2 * minimumLength, cuts.count < 20 else { return }
      let part = Array(series[range])
      guard let found = strongest(part, minimumLength, &generator), found.pValue <= level else {
        return
      }
      let (place, places) = places(part, found.index, minimumLength)
      cuts.append(
        (
          range.lowerBound + place,
          (range.lowerBound + places.lowerBound)...(range.lowerBound + places.upperBound),
          found.pValue
        ))
      cut(range.lowerBound..<(range.lowerBound + place), level: level / 2)
      cut((range.lowerBound + place)..<range.upperBound, level: level / 2)
    }
    cut(series.indices, level: level)
    cuts.sort { $0.index < $1.index }
    return cuts.indices.map { place in
      let start = place > 0 ? cuts[place - 1].index : 0
      let end = place + 1 < cuts.count ? cuts[place + 1].index : series.count
      return ChangePoint(
        index: cuts[place].index, range: cuts[place].range,
        before: median(Array(series[start..<cuts[place].index])),
        after: median(Array(series[cuts[place].index..<end])), pValue: cuts[place].pValue)
    }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return quantile(sorted.span, 0.5) ?? .nan
  }

  /// Centred mid-ranks.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      let rank = Double(start + end - 1) / 2 - Double(values.count - 1) / 2
      for place in start..<end { ranks[order[place]] = rank }
      start = end
    }
    return ranks
  }

  /// The largest |sum of ranks up to a place| / √(place · (n − place)).
  private static func statistic(
    _ ranks: [Double], _ minimum: Int
  ) -> (value: Double, index: Int) {
    let n = Double(ranks.count)
    var (sum, best, index) = (0.0, -1.0, 0)
    for place in 1..<ranks.count {
      sum += ranks[place - 1]
      guard place >= minimum, ranks.count - place >= minimum else { continue }
      let value = abs(sum) / (Double(place) * (n - Double(place))).squareRoot()
      if value > best { (best, index) = (value, place) }
    }
    return (best, index)
  }

  private static func strongest(
    _ values: [Double], _ minimum: Int, _ generator: inout SeededGenerator
  ) -> (index: Int, pValue: Double)? {
    var ranks = ranks(values)
    guard ranks.contains(where: { $0 != 0 }) else { return nil }
    let found = statistic(ranks, minimum)
    let rho = min(0.8, max(0, correlation(ranks, found.index)))
    let shrunk = found.value * ((1 - rho) / (1 + rho)).squareRoot()
    // Orders are drawn until it is clear that the statistic is nothing.
    let orders = values.count > 400 ? 499 : 1_999
    var above = 0
    for order in 1...orders {
      ranks.shuffle(using: &generator)
      if statistic(ranks, minimum).value >= shrunk * (1 - 1e-12) { above += 1 }
      if above >= 30 { return (found.index, Double(above + 1) / Double(order + 1)) }
    }
    return (found.index, Double(above + 1) / Double(orders + 1))
  }

  /// The lag-one correlation of ranks, less the mean of their part.
  private static func correlation(_ ranks: [Double], _ index: Int) -> Double {
    let (first, second) = (
      Moments(Array(ranks[..<index])).mean, Moments(Array(ranks[index...])).mean
    )
    let rest = ranks.indices.map { ranks[$0] - ($0 < index ? first : second) }
    let square = rest.reduce(0) { $0 + $1 * $1 }
    guard square > 0, rest.count > 8 else { return 0 }
    let lagged = zip(rest, rest.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    return lagged / square + 1 / Double(rest.count)
  }

  /// The place of a step by least squares, and places it could be at; values far out are drawn in.
  private static func places(
    _ values: [Double], _ found: Int, _ minimum: Int
  ) -> (index: Int, range: ClosedRange<Int>) {
    let sorted = values.sorted()
    var (low, high) = (quantile(sorted.span, 0.1) ?? 0, quantile(sorted.span, 0.9) ?? 0)
    // Where nine in ten are the same, what departs from them is no outlier but all there is to see.
    if low == high { (low, high) = (sorted.first ?? 0, sorted.last ?? 0) }
    let reach = 0.5 * (high - low)
    let middle = low + (high - low) / 2
    let clipped = values.map { min(high + reach, max(low - reach, $0)) - middle }
    let n = clipped.count
    let total = clipped.reduce(0, +)
    let square = clipped.reduce(0) { $0 + $1 * $1 }
    var (sum, errors) = (0.0, [Double](repeating: .infinity, count: n))
    for place in 1..<n {
      sum += clipped[place - 1]
      guard place >= minimum, n - place >= minimum else { continue }
      let rest = total - sum
      errors[place] = square - sum * sum / Double(place) - rest * rest / Double(n - place)
    }
    let index = errors.indices.min { errors[$0] < errors[$1] } ?? found
    let variance = max(1e-12 * square, errors[index] / Double(max(1, n - 2)))
    let close = errors.indices.filter { errors[$0] <= errors[index] + 7.37 * variance }
    return (index, min(index, close.first ?? index)...max(index, close.last ?? index))
  }
}
