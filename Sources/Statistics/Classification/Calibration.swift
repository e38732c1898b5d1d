/// How probabilities and outcomes go together, in cells of equal width; counts of parts add up.
public struct CalibrationCells: Sendable, Equatable {
  /// One cell of probabilities.
  public struct Cell: Sendable, Equatable {
    public internal(set) var count = 0
    /// Sum of the probabilities.
    public internal(set) var probability = 0.0
    /// Rows in which it happened.
    public internal(set) var hits = 0
  }

  public private(set) var cells: [Cell]

  /// - Parameter count: cells over 0…1; cell i is [i/count, (i + 1)/count), the last with its end.
  public init(count: Int = 10) {
    precondition(count > 0, "there has to be a cell")
    cells = [Cell](repeating: Cell(), count: count)
  }

  /// Counts a row.
  ///
  /// - Parameters:
  ///   - probability: 0…1.
  ///   - happened: whether it did.
  public mutating func add(probability: Double, happened: Bool) {
    let index = min(Int(max(0, probability) * Double(cells.count)), cells.count - 1)
    cells[index].count += 1
    cells[index].probability += probability
    cells[index].hits += happened ? 1 : 0
  }

  /// Adds the counts of other rows.
  public mutating func merge(_ other: CalibrationCells) {
    precondition(other.cells.count == cells.count, "the same cells")
    for index in cells.indices {
      cells[index].count += other.cells[index].count
      cells[index].probability += other.cells[index].probability
      cells[index].hits += other.cells[index].hits
    }
  }

  /// The expected calibration error: the mean distance, over rows, of a cell's share of hits from its
  /// mean probability. Source: Naeini, Cooper and Hauskrecht (2015), AAAI.
  ///
  /// - Throws: ``UndefinedStatistic/noRows``.
  public func expectedError() throws(UndefinedStatistic) -> Double {
    let total = cells.reduce(0) { $0 + $1.count }
    guard total > 0 else { throw .noRows }
    return cells.reduce(0) { $0 + abs(Double($1.hits) - $1.probability) } / Double(total)
  }
}

/// A monotone map of scores to probabilities, fitted to what happened.
///
/// Isotonic regression by pooling adjacent violators; between fitted scores the map is linear, outside
/// it is flat. Source: Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order
/// Restrictions. Agrees with scikit-learn's `IsotonicRegression(out_of_bounds='clip')`.
public struct IsotonicCalibration: Sendable, Equatable {
  /// Ascending scores.
  let scores: [Double]
  /// The probability at each.
  let probabilities: [Double]

  /// - Parameters:
  ///   - scores: finite.
  ///   - happened: whether it did, for each score.
  /// - Throws: ``UndefinedStatistic/noRows``.
  public init(scores: [Double], happened: [Bool]) throws(UndefinedStatistic) {
    guard !scores.isEmpty else { throw .noRows }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var blocks: [(value: Double, weight: Double, first: Double, last: Double)] = []
    var index = 0
    while index < order.count {
      let score = scores[order[index]]
      var (hits, count) = (0.0, 0.0)
      while index < order.count, scores[order[index]] == score {
        hits += happened[order[index]] ? 1 : 0
        count += 1
        index += 1
      }
      var block = (value: hits / count, weight: count, first: score, last: score)
      while let previous = blocks.last, previous.value >= block.value {
        let weight = previous.weight + block.weight
        block = (
          (previous.value * previous.weight + block.value * block.weight) / weight, weight,
          previous.first, block.last
        )
        blocks.removeLast()
      }
      blocks.append(block)
    }
    var (knots, values): ([Double], [Double]) = ([], [])
    for block in blocks {
      knots.append(block.first)
      values.append(block.value)
      if block.last > block.first {
        knots.append(block.last)
        values.append(block.value)
      }
    }
    self.scores = knots
    probabilities = values
  }

  /// The probability that goes with `score`.
  public func callAsFunction(_ score: Double) -> Double {
    var (low, high) = (0, scores.count)
    while low < high {
      let middle = (low + high) / 2
      if scores[middle] < score { low = middle + 1 } else { high = middle }
    }
    if low == 0 { return probabilities[0] }
    if low == scores.count { return probabilities[scores.count - 1] }
    if scores[low] == score { return probabilities[low] }
    let weight = (score - scores[low - 1]) / (scores[low] - scores[low - 1])
    return probabilities[low - 1] * (1 - weight) + probabilities[low] * weight
  }
}
