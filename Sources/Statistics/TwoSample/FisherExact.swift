/// The result of Fisher's exact test.
public struct FisherExact: Sendable, Equatable {
  /// r₀c₁/(r₁c₀); nil where it is infinite or undefined.
  public let oddsRatio: Double?
  /// Two-sided.
  public let pValue: Double
}

/// Fisher's exact test of a 2×2 table, two-sided: the chance of all tables with the same margins
/// that are no more likely than the one observed.
///
/// Each probability is to full accuracy however large the counts; tails are summed from the
/// observed table outwards until they no longer matter. Source: Fisher (1935). Agrees with SciPy's
/// `fisher_exact`.
///
/// - Parameters:
///   - reference: counts of the two categories.
///   - current: counts of the same two.
/// - Throws: where there are not two categories, or a side is empty.
public func fisherExact(
  reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> FisherExact {
  guard reference.count == 2, current.count == 2 else {
    throw .needsTwoCategories(got: reference.count)
  }
  let table = (reference + current).map { Double($0) }
  guard table[0] + table[1] > 0 else { throw .emptySample(.reference) }
  guard table[2] + table[3] > 0 else { throw .emptySample(.current) }
  if table[0] + table[2] == 0 || table[1] + table[3] == 0 {
    return FisherExact(oddsRatio: nil, pValue: 1)
  }
  let odds =
    table[1] > 0 && table[2] > 0 ? table[0] * table[3] / (table[1] * table[2]) : nil
  let law = Hypergeometric(
    marked: table[0] + table[1], unmarked: table[2] + table[3], draws: table[0] + table[2])
  return FisherExact(oddsRatio: odds, pValue: law.twoSided(table[0]))
}

/// The number of marked items among those drawn without putting back.
private struct Hypergeometric {
  let marked: Double
  let unmarked: Double
  let draws: Double

  var smallest: Double { max(0, draws - unmarked) }
  var largest: Double { min(draws, marked) }

  /// P(X = x), as binomial probabilities whose common chance cancels.
  func probability(_ x: Double) -> Double {
    guard x >= smallest, x <= largest else { return 0 }
    let total = marked + unmarked
    let p = draws / total
    let q = (total - draws) / total
    return BinomialTerm.probability(x, of: marked, p: p, q: q)
      * BinomialTerm.probability(draws - x, of: unmarked, p: p, q: q)
      / BinomialTerm.probability(draws, of: total, p: p, q: q)
  }

  func twoSided(_ observed: Double) -> Double {
    // Equal probabilities may differ by rounding.
    let limit = probability(observed) * (1 + 1e-14)
    let mode = min(
      largest, max(smallest, ((draws + 1) * (marked + 1) / (marked + unmarked + 2)).rounded(.down)))
    let peak = probability(mode)
    if abs(probability(observed) - peak) <= 1e-14 * max(probability(observed), peak) { return 1 }
    if observed < mode {
      return min(1, tail(from: observed, step: -1) + farTail(from: mode, to: largest, limit))
    }
    return min(1, tail(from: observed, step: 1) + farTail(from: mode, to: smallest, limit))
  }

  /// The tail on the other side of the mode: from the first table no likelier than `limit`.
  private func farTail(from mode: Double, to end: Double, _ limit: Double) -> Double {
    let step: Double = end >= mode ? 1 : -1
    guard probability(end) <= limit else { return 0 }
    // Probabilities fall from the mode to the end: halve the range that holds the crossing.
    var likelier = 0.0
    var unlikelier = abs(end - mode)
    while unlikelier - likelier > 1 {
      let middle = ((likelier + unlikelier) / 2).rounded(.down)
      if probability(mode + step * middle) <= limit {
        unlikelier = middle
      } else {
        likelier = middle
      }
    }
    return tail(from: mode + step * unlikelier, step: step)
  }

  /// Σ P(X = x) from `start` outwards, by the ratio of neighbours.
  private func tail(from start: Double, step: Double) -> Double {
    var term = probability(start)
    var sum = term
    var x = start
    while term > 0 {
      let ratio =
        step > 0
        ? (marked - x) * (draws - x) / ((x + 1) * (unmarked - draws + x + 1))
        : x * (unmarked - draws + x) / ((marked - x + 1) * (draws - x + 1))
      term *= max(0, ratio)
      let next = sum + term
      if next == sum { break }
      sum = next
      x += step
    }
    return sum
  }
}
