/// How much of a change of an expectation each feature makes.
///
/// For pairs of a reference row and a current row, features of the one are exchanged for the other's in a
/// random order, there and in the opposite one; what the expectation moves by is the feature's. The
/// contributions of a pair add up to the pair's difference exactly, so that their means add up to the mean
/// difference. No causal graph is needed; features that go together share what they do.
///
/// O(pairs · features · trees). Sources: Shapley (1953); Štrumbelj and Kononenko (2014), Knowledge and
/// Information Systems 41; Mitchell et al. (2022) for the opposite orders.
public struct ShapleyPaths: Sendable {
  /// By feature: the mean contribution.
  public let contributions: [EstimatedEffect]
  /// The mean difference over the pairs, which the contributions add up to.
  public let total: Double

  /// - Parameters:
  ///   - expected: learnt on the reference.
  ///   - reference: the learnt rows' features.
  ///   - current: other rows' features.
  ///   - pairs: how many pairs are drawn.
  ///   - seed: where random choices start.
  public init(
    _ expected: CrossFittedTrees, reference: [AttributionColumn], current: [AttributionColumn],
    pairs count: Int, seed: UInt64
  ) {
    let features = reference.count
    let n = reference.first?.values.count ?? 0
    let m = current.first?.values.count ?? 0
    guard n > 0, m > 0, count > 0 else {
      contributions = reference.map { _ in EstimatedEffect(value: 0, standardError: 0) }
      total = 0
      return
    }
    var generator = SeededGenerator(seed: seed)
    // Every row as often as any other: random orders of all rows, one after the other.
    let drawn = zip(
      Self.rounds(count, of: n, &generator), Self.rounds(count, of: m, &generator)
    ).map { (reference: $0, current: $1) }
    let paths = expected.paths(drawn, learnt: reference, other: current)
    var sums = [Double](repeating: 0, count: features)
    var squares = [Double](repeating: 0, count: features)
    var order = Array(0..<features)
    var shares = [Double](repeating: 0, count: features)
    for path in paths {
      for feature in 0..<features { shares[feature] = 0 }
      order.shuffle(using: &generator)
      for round in 0..<2 {
        if round == 1 { order.reverse() }
        var bins = path.reference
        var last = expected.value(bins, fold: path.fold)
        for feature in order where bins[feature] != path.current[feature] {
          bins[feature] = path.current[feature]
          let next = expected.value(bins, fold: path.fold)
          shares[feature] += (next - last) / 2
          last = next
        }
      }
      for feature in 0..<features {
        sums[feature] += shares[feature]
        squares[feature] += shares[feature] * shares[feature]
      }
    }
    let size = Double(paths.count)
    contributions = zip(sums, squares).map { sum, square in
      let variance = max(0, square / size - (sum / size) * (sum / size))
      return EstimatedEffect(
        value: sum / size, standardError: (variance / max(1, size - 1)).squareRoot())
    }
    total = contributions.reduce(0) { $0 + $1.value }
  }

  private static func rounds(
    _ count: Int, of rows: Int, _ generator: inout SeededGenerator
  ) -> [Int] {
    var drawn: [Int] = []
    var order = Array(0..<rows)
    while drawn.count < count {
      order.shuffle(using: &generator)
      drawn += order.prefix(count - drawn.count)
    }
    return drawn
  }
}
