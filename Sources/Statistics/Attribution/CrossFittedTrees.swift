/// What is to be expected of a number given a row's features, learnt in folds, so that every row is
/// judged by trees that have not seen it.
///
/// Categories are put in the order of the target's mean (Fisher 1958, "On Grouping for Maximum
/// Homogeneity"), shrunk towards the whole's where they are rare; those that were not learnt count as
/// missing. Deterministic for a seed. Source of cross-fitting: Chernozhukov et al. (2018),
/// "Double/Debiased Machine Learning", The Econometrics Journal 21.
public struct CrossFittedTrees: Sendable {
  struct Fold: Sendable {
    var trees: BoostedTrees
    /// By column: the place of each category; nil for numbers.
    var ranks: [[Double]?]

    func encode(_ columns: [AttributionColumn], _ rows: [Int]) -> [[Double]] {
      zip(columns, ranks).map { column, ranks in
        guard let ranks else { return rows.map { column.values[$0] } }
        return rows.map { row in
          let code = column.values[row]
          guard code >= 0, code < Double(ranks.count) else { return .nan }
          return ranks[Int(code)]
        }
      }
    }
  }

  /// For each learnt row: what the other folds expect of it.
  public let outOfFold: [Double]
  let folds: [Fold]
  let foldOf: [UInt8]

  /// - Parameters:
  ///   - columns: features, one place for each row.
  ///   - target: what is expected: finite, one for each row.
  ///   - folds: how many parts rows are cut into; at least 2.
  ///   - settings: how trees are grown.
  ///   - seed: where random choices start.
  /// - Throws: ``UndefinedStatistic`` where there are fewer than 20 rows a fold.
  public init(
    _ columns: [AttributionColumn], target: [Double], folds count: Int = 2,
    settings: BoostedTrees.Settings, seed: UInt64
  ) throws(UndefinedStatistic) {
    let count = max(2, count)
    guard target.count >= 20 * count else {
      throw .tooFewObservations(required: 20 * count, got: target.count)
    }
    var generator = SeededGenerator(seed: seed)
    var order = Array(target.indices)
    order.shuffle(using: &generator)
    var foldOf = [UInt8](repeating: 0, count: target.count)
    for (place, row) in order.enumerated() { foldOf[row] = UInt8(place % count) }
    var folds: [Fold] = []
    var outOfFold = [Double](repeating: 0, count: target.count)
    for fold in 0..<count {
      let train = target.indices.filter { foldOf[$0] != fold }
      let test = target.indices.filter { foldOf[$0] == fold }
      let known = train.map { target[$0] }
      let ranks = columns.map { $0.isCategory ? Self.ranks($0, target, train) : nil }
      var learnt = Fold(trees: .constant(0), ranks: ranks)
      learnt.trees = try BoostedTrees(
        features: learnt.encode(columns, train), target: known, settings: settings)
      let expected = learnt.trees.predict(learnt.encode(columns, test), rows: test.count)
      for (row, value) in zip(test, expected) { outOfFold[row] = value }
      folds.append(learnt)
    }
    self.folds = folds
    self.foldOf = foldOf
    self.outOfFold = outOfFold
  }

  private static func ranks(
    _ column: AttributionColumn, _ target: [Double], _ rows: [Int]
  ) -> [Double] {
    let codes = rows.map { column.values[$0] }
    let count = Int((codes.filter { $0 >= 0 }.max() ?? -1) + 1)
    var sums = [Double](repeating: 0, count: count)
    var counts = [Double](repeating: 0, count: count)
    var whole = 0.0
    for (row, code) in zip(rows, codes) where code >= 0 {
      sums[Int(code)] += target[row]
      counts[Int(code)] += 1
      whole += target[row]
    }
    let mean = whole / max(1, counts.reduce(0, +))
    let means = zip(sums, counts).map { ($0 + 10 * mean) / ($1 + 10) }
    let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    var ranks = [Double](repeating: .nan, count: count)
    for (rank, code) in order.enumerated() where counts[code] > 0 { ranks[code] = Double(rank) }
    return ranks
  }

  /// What is expected of other rows: the mean over the folds.
  public func predict(_ columns: [AttributionColumn], rows: Int) -> [Double] {
    let all = Array(0..<rows)
    var sums = [Double](repeating: 0, count: rows)
    for fold in folds {
      let values = fold.trees.predict(fold.encode(columns, all), rows: rows)
      for row in all { sums[row] += values[row] }
    }
    return sums.map { $0 / Double(folds.count) }
  }

  /// A pair of rows between which features are exchanged, in bins.
  struct Path {
    var fold: Int
    var rows: (reference: Int, current: Int)
    var reference: [Int]
    var current: [Int]
  }

  /// Pairs of a learnt row and another row, each in the bins of the trees that have not seen the first.
  func paths(
    _ pairs: [(reference: Int, current: Int)], learnt: [AttributionColumn],
    other: [AttributionColumn]
  ) -> [Path] {
    var paths: [Path] = []
    for (index, fold) in folds.enumerated() {
      let own = pairs.filter { Int(foldOf[$0.reference]) == index }
      let first = fold.trees.bins(of: fold.encode(learnt, own.map(\.reference)))
      let second = fold.trees.bins(of: fold.encode(other, own.map(\.current)))
      for place in own.indices {
        paths.append(
          Path(
            fold: index, rows: own[place], reference: first.map { $0[place] },
            current: second.map { $0[place] }))
      }
    }
    return paths
  }
}

extension BoostedTrees {
  /// No trees: the same for every row.
  static func constant(_ value: Double) -> BoostedTrees { BoostedTrees(base: value) }
}
