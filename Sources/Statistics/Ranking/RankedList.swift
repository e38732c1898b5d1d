#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What was ranked for one query or user, best first, with how relevant each item was.
///
/// Source of the measures: Järvelin and Kekäläinen (2002), ACM Transactions on Information Systems 20;
/// Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, chapter 8.
public struct RankedList: Sendable, Equatable {
  /// Gains in the order of rank, at least 0; above 0 is relevant.
  public let gains: [Double]

  /// - Parameters:
  ///   - scores: of the items, finite; equal scores keep the items' order.
  ///   - gains: how relevant each item was, at least 0.
  public init(scores: [Double], gains: [Double]) {
    let order = scores.indices.sorted {
      scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1]
    }
    self.gains = order.map { gains[$0] }
  }

  /// How many items are relevant.
  public var relevant: Int { gains.count { $0 > 0 } }

  /// Discounted cumulative gain over its best possible value; nil where nothing is relevant.
  ///
  /// Gains are linear, the discount of rank i is log₂(i + 1), as in scikit-learn's `ndcg_score`.
  public func normalisedGain(at k: Int) -> Double? {
    let best = Self.discounted(gains.sorted(by: >).prefix(k))
    return best > 0 ? Self.discounted(gains.prefix(k)) / best : nil
  }

  private static func discounted(_ gains: ArraySlice<Double>) -> Double {
    zip(gains, 2...).reduce(0) { $0 + $1.0 / log2(Double($1.1)) }
  }

  /// Mean precision at the ranks of relevant items within the first k, over as many relevant items as
  /// could be there; nil where nothing is relevant.
  public func averagePrecision(at k: Int) -> Double? {
    let possible = min(relevant, k)
    guard possible > 0 else { return nil }
    var (hits, sum) = (0, 0.0)
    for (index, gain) in gains.prefix(k).enumerated() where gain > 0 {
      hits += 1
      sum += Double(hits) / Double(index + 1)
    }
    return sum / Double(possible)
  }

  /// 1 over the rank of the first relevant item, 0 where none is.
  public var reciprocalRank: Double {
    gains.firstIndex { $0 > 0 }.map { 1 / Double($0 + 1) } ?? 0
  }

  /// The share of the first k places that a relevant item has; places of a shorter list are lost.
  public func precision(at k: Int) -> Double {
    Double(gains.prefix(k).count { $0 > 0 }) / Double(k)
  }

  /// The share of relevant items within the first k; nil where nothing is relevant.
  public func recall(at k: Int) -> Double? {
    relevant > 0 ? Double(gains.prefix(k).count { $0 > 0 }) / Double(relevant) : nil
  }

  /// Whether a relevant item is within the first k.
  public func isHit(at k: Int) -> Bool { gains.prefix(k).contains { $0 > 0 } }
}
