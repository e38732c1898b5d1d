/// The maximum mean discrepancy of two samples of rows.
public struct MaximumMeanDiscrepancy: Sendable, Equatable {
  /// mean K(x,x) + mean K(y,y) − 2 mean K(x,y), each row with itself included; never negative.
  public let biased: Double
  /// The same without rows paired with themselves: 0 on average where nothing differs.
  public let unbiased: Double
  /// (1 + permutations at least as far apart) / (1 + permutations).
  public let pValue: Double
  /// γ of the kernel exp(−γ‖x − y‖²).
  public let gamma: Double
  public let permutations: Int
  /// Number of random features the kernel was approximated by; nil where it is exact.
  public let randomFeatures: Int?
}

/// The maximum mean discrepancy with an RBF kernel, and its permutation p-value.
///
/// Up to ``exactRowLimit`` rows in all every pair counts: O(rows² · (columns + permutations)) work in
/// blocks, no matrix of pairs in memory. Beyond, the kernel is approximated by random Fourier features:
/// O(rows · features · permutations).
///
/// Sources: Gretton et al. (2012), "A Kernel Two-Sample Test", Journal of Machine Learning Research
/// 13; Rahimi and Recht (2007), "Random Features for Large-Scale Kernel Machines"; Phipson and Smyth
/// (2010) for the p-value.
///
/// - Parameters:
///   - reference: rows one after the other, `columns` finite values each.
///   - current: likewise.
///   - columns: values in a row.
///   - gamma: nil for the median heuristic, 1/(2 · median²) of the distances between rows of both
///     samples together (of a seeded sample of pairs where there are more than 500 000).
///   - permutations: at least 1.
///   - seed: where random choices start.
/// - Throws: where a side has fewer than 2 rows, or all rows are the same.
public func maximumMeanDiscrepancy(
  reference: [Double], current: [Double], columns: Int, gamma: Double? = nil,
  permutations: Int = 200, seed: UInt64 = 0
) throws(UndefinedStatistic) -> MaximumMeanDiscrepancy {
  precondition(columns > 0 && permutations > 0, "there has to be a column and a permutation")
  let (n, m) = (reference.count / columns, current.count / columns)
  guard n > 0 else { throw .emptySample(.reference) }
  guard m > 0 else { throw .emptySample(.current) }
  guard min(n, m) > 1 else { throw .tooFewObservations(required: 2, got: min(n, m)) }
  let rows = reference + current
  var generator = SeededGenerator(seed: seed)
  let heuristic = gamma == nil ? medianGamma(rows, columns, &generator) : gamma
  guard let gamma = heuristic, gamma.isFinite, gamma > 0 else { throw .constantSamples }
  let groups = Groups(n: n, m: m, permutations: permutations, generator: &generator)
  let features = n + m > exactRowLimit ? randomFeatureCount : nil
  let sums =
    features == nil
    ? pairSums(rows, columns: columns, gamma: gamma, groups)
    : featureSums(rows, columns: columns, gamma: gamma, groups, &generator)
  let statistics = sums.map { Discrepancy($0, n: Double(n), m: Double(m)) }
  guard let observed = statistics.first, observed.biased.isFinite else { throw .outOfRange }
  // Differences below rounding are no evidence either way and count as ties.
  let limit = observed.biased - 1e-12 * max(abs(observed.biased), 1e-3)
  let asFar = statistics.dropFirst().count { $0.biased >= limit }
  return MaximumMeanDiscrepancy(
    biased: max(0, observed.biased), unbiased: observed.unbiased,
    pValue: Double(1 + asFar) / Double(1 + permutations), gamma: gamma,
    permutations: permutations, randomFeatures: features)
}

/// Rows of both sides together up to which every pair is counted.
public let exactRowLimit = 4_000
private let randomFeatureCount = 256

/// Sums of the kernel over pairs of rows, diagonal included.
struct KernelSums {
  var withinFirst = 0.0
  var withinSecond = 0.0
  var between = 0.0
}

private struct Discrepancy {
  let biased: Double
  let unbiased: Double

  init(_ sums: KernelSums, n: Double, m: Double) {
    biased =
      sums.withinFirst / (n * n) + sums.withinSecond / (m * m) - 2 * sums.between / (n * m)
    unbiased =
      (sums.withinFirst - n) / (n * (n - 1)) + (sums.withinSecond - m) / (m * (m - 1))
      - 2 * sums.between / (n * m)
  }
}

/// Which rows are in the first group: as observed, then shuffled.
struct Groups {
  /// 1 where a row is in the first group; eight permutations to a vector, row by row.
  let membership: [SIMD8<Double>]
  /// Vectors a row.
  let width: Int
  /// The observed grouping and the permutations.
  let count: Int
  let rows: Int

  init(n: Int, m: Int, permutations: Int, generator: inout SeededGenerator) {
    rows = n + m
    count = permutations + 1
    width = (count + 7) / 8
    var membership = [SIMD8<Double>](repeating: SIMD8(), count: rows * width)
    var order = Array(0..<rows)
    for permutation in 0..<count {
      if permutation > 0 {
        // The first n places of a Fisher–Yates shuffle are a random group.
        for place in 0..<n {
          order.swapAt(place, place + generator.index(below: rows - place))
        }
      }
      for place in 0..<n {
        membership[order[place] * width + permutation / 8][permutation % 8] = 1
      }
    }
    self.membership = membership
  }

  /// One value for each grouping.
  func unpack(_ vectors: [SIMD8<Double>]) -> [Double] {
    (0..<count).map { vectors[$0 / 8][$0 % 8] }
  }
}

/// 1/(2 · median²) of the distances between rows; nil where most rows are the same.
private func medianGamma(
  _ rows: [Double], _ columns: Int, _ generator: inout SeededGenerator
) -> Double? {
  let count = rows.count / columns
  let limit = 500_000
  var squares: [Double] = []
  func square(_ i: Int, _ j: Int) -> Double {
    var sum = 0.0
    for column in 0..<columns {
      let difference = rows[i * columns + column] - rows[j * columns + column]
      sum += difference * difference
    }
    return sum
  }
  if count * (count - 1) / 2 <= limit {
    for i in 0..<count {
      for j in 0..<i { squares.append(square(i, j)) }
    }
  } else {
    for _ in 0..<limit {
      let i = generator.index(below: count)
      let j = (i + 1 + generator.index(below: count - 1)) % count
      squares.append(square(i, j))
    }
  }
  sortAscending(&squares)
  // The median of distances, not the root of that of squares: they differ between two middles.
  let middle = squares.count / 2
  guard middle < squares.count else { return nil }
  let high = squares[middle].squareRoot()
  let low = squares.count % 2 == 0 ? squares[middle - 1].squareRoot() : high
  let median = (low + high) / 2
  return median > 0 ? 1 / (2 * median * median) : nil
}
