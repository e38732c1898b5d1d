/// Gradient-boosted regression trees over binned features, least squares.
///
/// Features are cut at quantiles into at most 64 bins, and each tree's splits are found from sums by bin.
/// A value that is missing (NaN) has a bin of its own, below all others. Nothing is random: the same
/// rows give the same trees. O(rows · features · depth) a tree.
///
/// Sources: Friedman (2001), "Greedy Function Approximation: A Gradient Boosting Machine", Annals of
/// Statistics 29; Ke et al. (2017), "LightGBM", for the bins.
public struct BoostedTrees: Sendable {
  /// How trees are grown.
  public struct Settings: Sendable {
    public var trees = 80
    public var depth = 4
    public var learningRate = 0.1
    public var minimumRows = 20

    public init() {}
  }

  struct Node: Sendable {
    var feature = -1
    /// Bins up to this one go to the left.
    var bin = 0
    var left = 0
    var right = 0
    var value = 0.0
  }

  private let cuts: [[Double]]
  private let base: Double
  private(set) var trees: [[Node]] = []
  let learningRate: Double

  private static let bins = 64

  /// Fits trees.
  ///
  /// - Parameters:
  ///   - features: column by column, NaN where a value is missing.
  ///   - target: what is predicted: finite, one for each row.
  ///   - settings: how trees are grown.
  /// - Throws: ``UndefinedStatistic/noRows``.
  public init(
    features: [[Double]], target: [Double], settings: Settings = Settings()
  ) throws(UndefinedStatistic) {
    guard !target.isEmpty else { throw .noRows }
    cuts = features.map(Self.cuts)
    base = Moments(target).mean
    learningRate = settings.learningRate
    let binned = zip(features, cuts).map { column, cuts in
      column.map { Self.bin($0, cuts) }
    }
    var residuals = target.map { [base] in $0 - base }
    var order = Array(target.indices)
    for _ in 0..<settings.trees {
      var grower = Grower(
        binned: binned, residuals: residuals, settings: settings, order: order)
      grower.grow()
      order = grower.order
      for leaf in grower.leaves {
        for place in leaf.rows { residuals[order[place]] -= leaf.value }
      }
      trees.append(grower.nodes)
      // Where no split helps, further trees are the same.
      if grower.nodes.count == 1 { break }
    }
  }

  init(base: Double) {
    self.base = base
    cuts = []
    learningRate = 0
  }

  /// The prediction for each row of other features in the same order.
  public func predict(_ features: [[Double]], rows: Int) -> [Double] {
    let binned = bins(of: features)
    return (0..<rows).map { row in prediction { binned[$0][row] } }
  }

  /// The bins that values of features fall into, column by column: all that predictions depend on.
  func bins(of features: [[Double]]) -> [[Int]] {
    zip(features, cuts).map { column, cuts in column.map { Self.bin($0, cuts) } }
  }

  /// The prediction for a row of which `bin` tells the bin of each feature.
  func prediction(_ bin: (Int) -> Int) -> Double {
    var sum = base
    for nodes in trees {
      var at = 0
      while nodes[at].feature >= 0 {
        at = bin(nodes[at].feature) <= nodes[at].bin ? nodes[at].left : nodes[at].right
      }
      sum += nodes[at].value
    }
    return sum
  }

  /// Inner cuts at quantiles of the values that are there.
  private static func cuts(_ column: [Double]) -> [Double] {
    var known = column.filter(\.isFinite)
    sortAscending(&known)
    return Cells.equalFrequency(sortedReference: known.span, count: bins - 1).cuts
  }

  /// 0 for what is missing, else 1 and up.
  private static func bin(_ value: Double, _ cuts: [Double]) -> Int {
    guard !value.isNaN else { return 0 }
    var (low, high) = (0, cuts.count)
    while low < high {
      let middle = (low + high) / 2
      if cuts[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low + 1
  }

  /// Grows one tree over rows that are kept together by leaf.
  private struct Grower {
    let binned: [[Int]]
    let residuals: [Double]
    let settings: Settings
    var order: [Int]
    var nodes: [Node] = []
    var leaves: [(rows: Range<Int>, value: Double)] = []

    init(binned: [[Int]], residuals: [Double], settings: Settings, order: [Int]) {
      self.binned = binned
      self.residuals = residuals
      self.settings = settings
      self.order = order
    }

    mutating func grow() {
      nodes = [Node()]
      split(0, order.indices, depth: settings.depth)
    }

    private mutating func split(_ node: Int, _ rows: Range<Int>, depth: Int) {
      let sum = rows.reduce(0.0) { $0 + residuals[order[$1]] }
      guard depth > 0, rows.count >= 2 * settings.minimumRows, let best = best(rows, sum) else {
        let value = settings.learningRate * sum / Double(max(1, rows.count))
        nodes[node].value = value
        leaves.append((rows, value))
        return
      }
      let column = binned[best.feature]
      let middle = rows.lowerBound + best.count
      let left = order[rows].filter { column[$0] <= best.bin }
      let right = order[rows].filter { column[$0] > best.bin }
      order.replaceSubrange(rows, with: left + right)
      nodes[node].feature = best.feature
      nodes[node].bin = best.bin
      nodes[node].left = nodes.count
      nodes[node].right = nodes.count + 1
      let (one, two) = (nodes.count, nodes.count + 1)
      nodes += [Node(), Node()]
      split(one, rows.lowerBound..<middle, depth: depth - 1)
      split(two, middle..<rows.upperBound, depth: depth - 1)
    }

    /// The split that takes most from the squared error.
    private func best(
      _ rows: Range<Int>, _ sum: Double
    ) -> (feature: Int, bin: Int, count: Int)? {
      var best: (feature: Int, bin: Int, count: Int)?
      var gain = 1e-12 * (1 + abs(sum))
      let whole = sum * sum / Double(rows.count)
      for (feature, column) in binned.enumerated() {
        var sums = [Double](repeating: 0, count: BoostedTrees.bins + 1)
        var counts = [Int](repeating: 0, count: BoostedTrees.bins + 1)
        for place in rows {
          let row = order[place]
          sums[column[row]] += residuals[row]
          counts[column[row]] += 1
        }
        var (leftSum, leftCount) = (0.0, 0)
        for bin in 0..<BoostedTrees.bins {
          leftSum += sums[bin]
          leftCount += counts[bin]
          guard counts[bin] > 0, leftCount >= settings.minimumRows,
            rows.count - leftCount >= settings.minimumRows
          else { continue }
          let rightSum = sum - leftSum
          let found =
            leftSum * leftSum / Double(leftCount)
            + rightSum * rightSum / Double(rows.count - leftCount) - whole
          if found > gain {
            gain = found
            best = (feature, bin, leftCount)
          }
        }
      }
      return best
    }
  }
}
