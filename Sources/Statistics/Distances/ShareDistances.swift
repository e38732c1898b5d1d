/// The Hellinger distance of two lists of counts: √(Σ (√r − √c)² / 2), 0…1.
///
/// O(k). Source: Hellinger (1909).
public func hellinger(reference: [Int], current: [Int]) throws(UndefinedStatistic) -> Double {
  let sum = try Shares(reference, current).sum { r, c in
    let difference = r.squareRoot() - c.squareRoot()
    return difference * difference
  }
  return min(1, (sum / 2).squareRoot())
}

/// The total variation distance of two lists of counts: Σ |r − c| / 2, 0…1. O(k).
public func totalVariation(reference: [Int], current: [Int]) throws(UndefinedStatistic) -> Double {
  min(1, try Shares(reference, current).sum { abs($0 - $1) } / 2)
}

/// The largest difference of a share: max |r − c|, 0…1. O(k).
public func lInfinity(reference: [Int], current: [Int]) throws(UndefinedStatistic) -> Double {
  let shares = try Shares(reference, current)
  return zip(shares.reference, shares.current).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
