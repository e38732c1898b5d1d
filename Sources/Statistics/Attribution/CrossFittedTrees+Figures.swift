extension CrossFittedTrees {
  /// A sum of leaves' values, each times a weight.
  struct Figure {
    /// By fold, tree and leaf.
    var weights: [[[Double]]]
    /// By fold: the weight of the mean that trees start from.
    var bases: [Double]

    static func + (one: Figure, two: Figure) -> Figure {
      Figure(
        weights: zip(one.weights, two.weights).map { zip($0, $1).map { zip($0, $1).map(+) } },
        bases: zip(one.bases, two.bases).map(+))
    }
  }

  /// The figure 0.
  var none: Figure {
    Figure(
      weights: folds.map { $0.trees.trees.map { [Double](repeating: 0, count: $0.count) } },
      bases: folds.map { _ in 0 })
  }

  /// Σ weight · what is expected of other rows, as ``predict(_:rows:)`` has it.
  func figure(_ columns: [AttributionColumn], weights: [Double]) -> Figure {
    var figure = none
    let all = Array(weights.indices)
    for (index, fold) in folds.enumerated() {
      let bins = fold.trees.bins(of: fold.encode(columns, all))
      add(all, bins, weights.map { $0 / Double(folds.count) }, index, &figure)
    }
    return figure
  }

  /// Σ weight · ``outOfFold`` of learnt rows.
  func figureOfLearnt(_ columns: [AttributionColumn], weight: Double) -> Figure {
    var figure = none
    for (index, fold) in folds.enumerated() {
      let own = foldOf.indices.filter { Int(foldOf[$0]) == index }
      let bins = fold.trees.bins(of: fold.encode(columns, own))
      add(
        own, bins, [Double](repeating: weight, count: own.count), index, &figure)
    }
    return figure
  }

  private func add(
    _ rows: [Int], _ bins: [[Int]], _ weights: [Double], _ fold: Int, _ figure: inout Figure
  ) {
    let trees = folds[fold].trees
    for tree in trees.trees.indices {
      for place in rows.indices {
        figure.weights[fold][tree][trees.leaf(of: tree) { bins[$0][place] }] += weights[place]
      }
    }
    figure.bases[fold] += weights.reduce(0, +)
  }

  /// How uncertain figures are because trees have learnt from some rows and not from others.
  ///
  /// The sandwich of linear regression, for trees whose cuts stay as they are: Σ (influence of a row · what
  /// it is off by where it was not learnt)². Source: Huber (1967); White (1980), Econometrica 48.
  struct Uncertainty {
    private let leaves: [[[UInt16]]]
    private let squares: [[Double]]
    private let fitted: CrossFittedTrees

    /// - Parameters:
    ///   - fitted: what has learnt.
    ///   - columns: the learnt rows' features.
    ///   - residuals: of the learnt rows, out of fold.
    init(_ fitted: CrossFittedTrees, _ columns: [AttributionColumn], residuals: [Double]) {
      self.fitted = fitted
      var (leaves, squares): ([[[UInt16]]], [[Double]]) = ([], [])
      for (index, fold) in fitted.folds.enumerated() {
        let rows = fitted.foldOf.indices.filter { Int(fitted.foldOf[$0]) != index }
        let bins = fold.trees.bins(of: fold.encode(columns, rows))
        leaves.append(fold.trees.leaves(bins, rows: rows.count))
        squares.append(rows.map { residuals[$0] * residuals[$0] })
      }
      (self.leaves, self.squares) = (leaves, squares)
    }

    /// Of two folds, which learn from different rows; of more, an upper bound.
    func variance(of figure: Figure) -> Double {
      var parts: [Double] = []
      for (index, fold) in fitted.folds.enumerated() {
        let influence = fold.trees.influence(
          of: figure.weights[index], base: figure.bases[index], leaves: leaves[index],
          rows: squares[index].count)
        parts.append(
          influence.indices.reduce(0) { $0 + influence[$1] * influence[$1] * squares[index][$1] })
      }
      guard parts.count > 2 else { return parts.reduce(0, +) }
      let sum = parts.reduce(0) { $0 + $1.squareRoot() }
      return sum * sum
    }
  }
}
