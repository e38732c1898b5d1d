/// A figure that counts in cells determine up to an error.
public struct Bounded: Sendable, Equatable {
  /// What is reported.
  public let estimate: Double
  /// The true figure lies between these.
  public let lower: Double
  public let upper: Double
}

/// The Kolmogorov–Smirnov statistic as far as counts in cells tell.
///
/// At a cell's border both distribution functions are known, so that the largest difference there is
/// a lower bound, and the estimate. Inside a cell each function rises from its value at one border to
/// that at the other, one before the other at worst. A cell that can hold but one number hides
/// nothing. O(cells).
///
/// - Parameters:
///   - cells: the cells that were counted in.
///   - reference: counts by cell.
///   - current: counts by cell.
public func kolmogorovSmirnovBounds(
  _ cells: Cells, reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> Bounded {
  let shares = try Shares(reference, current)
  var (fr, fc) = (0.0, 0.0)
  var atBorders = 0.0
  var inside = 0.0
  for index in shares.reference.indices {
    let (nextR, nextC) = (fr + shares.reference[index], fc + shares.current[index])
    atBorders = max(atBorders, abs(nextR - nextC))
    if !cells.isPoint(index) { inside = max(inside, nextR - fc, nextC - fr) }
    (fr, fc) = (nextR, nextC)
  }
  let lower = min(1, atBorders)
  return Bounded(estimate: lower, lower: lower, upper: min(1, max(lower, inside)))
}

/// The first Wasserstein distance as far as counts in cells tell.
///
/// The estimate takes values as spread evenly within their cell; the bounds are what the integral
/// over each cell can be at least and at most. O(cells).
///
/// - Parameters:
///   - cells: the cells that were counted in.
///   - minimum: the smallest value of both sides.
///   - maximum: the largest value of both sides.
///   - reference: counts by cell.
///   - current: likewise.
public func wassersteinBounds(
  _ cells: Cells, minimum: Double, maximum: Double, reference: [Int], current: [Int]
) throws(UndefinedStatistic) -> Bounded {
  let shares = try Shares(reference, current)
  var (fr, fc) = (0.0, 0.0)
  var estimate = CompensatedSum()
  var lower = CompensatedSum()
  var upper = CompensatedSum()
  for index in shares.reference.indices {
    let (nextR, nextC) = (fr + shares.reference[index], fc + shares.current[index])
    let low = index == 0 ? minimum : max(minimum, cells.cuts[index - 1])
    let high = index == cells.cuts.count ? maximum : min(maximum, cells.cuts[index])
    let width = cells.isPoint(index) ? 0 : max(0, high - low)
    let (before, after) = (fr - fc, nextR - nextC)
    estimate.add(width * meanMagnitude(before, after))
    // |∫(Fr − Fc)| over the cell is least where both functions stay as close as they can.
    let gap = max(0, fr - nextC, fc - nextR)
    lower.add(width * gap)
    upper.add(width * max(nextR - fc, nextC - fr))
    (fr, fc) = (nextR, nextC)
  }
  guard upper.value.isFinite else { throw .outOfRange }
  return Bounded(
    estimate: estimate.value, lower: min(lower.value, estimate.value),
    upper: max(upper.value, estimate.value))
}

/// The mean of |x| as x goes evenly from one value to another.
private func meanMagnitude(_ first: Double, _ last: Double) -> Double {
  if first * last >= 0 { return (abs(first) + abs(last)) / 2 }
  return (first * first + last * last) / (2 * (abs(first) + abs(last)))
}

extension Cells {
  /// Whether a cell can hold one number only, so that nothing inside it is unknown.
  func isPoint(_ index: Int) -> Bool {
    index > 0 && index < cuts.count && cuts[index - 1].nextUp == cuts[index]
  }
}
