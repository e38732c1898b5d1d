/// How much of a change of an expectation each feature makes.
///
/// For pairs of a reference row and a current row, features of the one are exchanged for the other's in a
/// random order, there and in the opposite one; what the expectation moves by is the feature's. The
/// contributions of a pair add up to the pair's difference exactly, so that their means add up to the mean
/// difference. No causal graph is needed; features that go together share what they do.
///
/// Standard errors have two parts: that of the rows that were drawn, each of which is in several pairs where
/// there are few rows (a variance clustered by both rows of a pair), and that of the expectation, which was
/// learnt from noisy rows (the sandwich of ``CrossFittedTrees``). What other cuts the trees could have made is
/// not in them.
///
/// O(pairs · features · trees). Sources: Shapley (1953); Štrumbelj and Kononenko (2014), Knowledge and
/// Information Systems 41; Mitchell et al. (2022) for the opposite orders; Cameron, Gelbach and Miller (2011),
/// "Robust Inference With Multiway Clustering", Journal of Business & Economic Statistics 29.
public struct ShapleyPaths: Sendable {
  /// By feature: the mean contribution.
  public let contributions: [EstimatedEffect]
  /// The mean difference over the pairs, which the contributions add up to.
  public let total: Double

  /// - Parameters:
  ///   - expected: learnt on the reference.
  ///   - reference: the learnt rows' features.
  ///   - current: other rows' features.
  ///   - residuals: what learnt rows are off by, out of fold; nil to take the expectation as known.
  ///   - pairs: how many pairs are drawn.
  ///   - seed: where random choices start.
  public init(
    _ expected: CrossFittedTrees, reference: [AttributionColumn], current: [AttributionColumn],
    residuals: [Double]? = nil, pairs count: Int, seed: UInt64
  ) {
    let uncertainty = residuals.map {
      CrossFittedTrees.Uncertainty(expected, reference, residuals: $0)
    }
    self.init(
      expected, reference: reference, current: current, uncertainty: uncertainty, pairs: count,
      seed: seed)
  }

  init(
    _ expected: CrossFittedTrees, reference: [AttributionColumn], current: [AttributionColumn],
    uncertainty: CrossFittedTrees.Uncertainty?, pairs count: Int, seed: UInt64
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
    let trees = expected.folds.map { $0.trees.treesByFeature(features) }
    var figures = [CrossFittedTrees.Figure](repeating: expected.none, count: features)
    var order = Array(0..<features)
    var shares: [[Double]] = []
    for path in paths {
      var own = [Double](repeating: 0, count: features)
      order.shuffle(using: &generator)
      for round in 0..<2 {
        if round == 1 { order.reverse() }
        Self.walk(
          path, expected.folds[path.fold].trees, trees[path.fold], order, &own, &figures)
      }
      shares.append(own)
    }
    let size = Double(paths.count)
    let rows = paths.map(\.rows)
    contributions = (0..<features).map { feature in
      let own = shares.map { $0[feature] }
      var figure = figures[feature]
      for fold in figure.weights.indices {
        for tree in figure.weights[fold].indices {
          for leaf in figure.weights[fold][tree].indices {
            figure.weights[fold][tree][leaf] /= size
          }
        }
      }
      let mean = own.reduce(0, +) / size
      let variance = Self.variance(own, mean, rows) + (uncertainty?.variance(of: figure) ?? 0)
      return EstimatedEffect(value: mean, standardError: variance.squareRoot())
    }
    total = contributions.reduce(0) { $0 + $1.value }
  }

  /// Exchanges features one after the other; only trees that ask for a feature can say something else.
  private static func walk(
    _ path: CrossFittedTrees.Path, _ trees: BoostedTrees, _ byFeature: [[Int]], _ order: [Int],
    _ shares: inout [Double], _ figures: inout [CrossFittedTrees.Figure]
  ) {
    var bins = path.reference
    var at = trees.trees.indices.map { tree in trees.leaf(of: tree) { bins[$0] } }
    for feature in order where bins[feature] != path.current[feature] {
      bins[feature] = path.current[feature]
      for tree in byFeature[feature] {
        let leaf = trees.leaf(of: tree) { bins[$0] }
        guard leaf != at[tree] else { continue }
        shares[feature] +=
          (trees.trees[tree][leaf].value - trees.trees[tree][at[tree]].value) / 2
        figures[feature].weights[path.fold][tree][leaf] += 0.5
        figures[feature].weights[path.fold][tree][at[tree]] -= 0.5
        at[tree] = leaf
      }
    }
  }

  /// Of the mean of pairs that have rows in common.
  private static func variance(
    _ values: [Double], _ mean: Double, _ rows: [(reference: Int, current: Int)]
  ) -> Double {
    func square(_ row: KeyPath<(reference: Int, current: Int), Int>) -> Double {
      let places = rows.map { $0[keyPath: row] }
      var sums = [Double](repeating: 0, count: (places.max() ?? 0) + 1)
      for (value, place) in zip(values, places) { sums[place] += value - mean }
      let count = Double(max(2, Set(places).count))
      return sums.reduce(0) { $0 + $1 * $1 } * count / (count - 1)
    }
    let pairs = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let (one, two) = (square(\.reference), square(\.current))
    let size = Double(values.count)
    return max(one + two - pairs, one, two) / (size * size)
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
