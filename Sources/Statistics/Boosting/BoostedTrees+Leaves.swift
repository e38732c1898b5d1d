extension BoostedTrees {
  /// The number of the leaf of one tree that a row falls into, of which `bin` tells the bin of each feature.
  func leaf(of tree: Int, _ bin: (Int) -> Int) -> Int {
    let nodes = trees[tree]
    var at = 0
    while nodes[at].feature >= 0 {
      at = bin(nodes[at].feature) <= nodes[at].bin ? nodes[at].left : nodes[at].right
    }
    return at
  }

  /// By tree: the leaf of each row, whose bins are given column by column.
  func leaves(_ bins: [[Int]], rows: Int) -> [[UInt16]] {
    trees.indices.map { tree in
      (0..<rows).map { row in UInt16(truncatingIfNeeded: leaf(of: tree) { bins[$0][row] }) }
    }
  }

  /// By feature: the trees that ask for it.
  func treesByFeature(_ features: Int) -> [[Int]] {
    var found = [[Int]](repeating: [], count: features)
    for (index, nodes) in trees.enumerated() {
      for feature in Set(nodes.map(\.feature)) where feature >= 0 { found[feature].append(index) }
    }
    return found
  }

  /// How much each learnt row's target adds to a figure that is a sum of leaves' values, where the cuts
  /// stay as they are: trees are then linear in the targets, each taking the mean of what those before it
  /// left.
  ///
  /// - Parameters:
  ///   - weights: by tree and leaf: what the leaf's value is multiplied by.
  ///   - base: what the mean that trees start from is multiplied by.
  ///   - leaves: of the learnt rows, by tree.
  /// - Returns: one for each learnt row.
  func influence(of weights: [[Double]], base: Double, leaves: [[UInt16]], rows: Int) -> [Double] {
    var adjoint = [Double](repeating: 0, count: rows)
    for tree in trees.indices.reversed() {
      let own = leaves[tree]
      var sums = [Double](repeating: 0, count: trees[tree].count)
      var counts = sums
      for row in 0..<rows {
        sums[Int(own[row])] += adjoint[row]
        counts[Int(own[row])] += 1
      }
      let steps = sums.indices.map { leaf in
        learningRate * (weights[tree][leaf] - sums[leaf]) / max(1, counts[leaf])
      }
      for row in 0..<rows { adjoint[row] += steps[Int(own[row])] }
    }
    let shift = (base - adjoint.reduce(0, +)) / Double(max(1, rows))
    for row in 0..<rows { adjoint[row] += shift }
    return adjoint
  }
}
