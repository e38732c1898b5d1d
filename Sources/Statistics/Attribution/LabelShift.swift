/// Whether only the shares of outcomes changed, while rows of each outcome look as they did: label (prior)
/// shift, P(y) other and P(x | y) the same.
///
/// Rows of each outcome are compared feature by feature (ranks of numbers, indicators of frequent
/// categories), with the outcomes' current shares as weights; the largest |z| is adjusted for how many
/// were looked at (Bonferroni). Sources: Saerens, Latinne and Decaestecker (2002), Neural Computation 14;
/// Lipton, Wang and Smola (2018), "Detecting and Correcting for Label Shift with Black Box Predictors".
public struct LabelShift: Sendable, Equatable {
  /// By outcome: its share, 0…1.
  public let referenceShares: [Double]
  public let currentShares: [Double]
  /// Half the sum of the shares' differences, 0…1.
  public let distance: Double
  /// Hellinger's distance of the shares, 0…1, by which a rare outcome that doubles is as far as a common one
  /// that gains a tenth: from 2 % to 4 % it is 0.041, from 50 % to 55 % 0.035.
  public let hellinger: Double
  /// That the shares are the same, by χ².
  public let pValue: Double
  /// That rows of each outcome are the same, adjusted.
  public let conditionalPValue: Double
  /// The largest |z| behind it.
  public let discrepancy: Double
  /// Outcomes that have rows, but fewer than ``leastRows`` on a side: rows of these are not compared.
  public let uncompared: [Int]
  /// How much better the change of one column's mean goes with other shares of outcomes than with no
  /// change at all: a difference of log-likelihoods, above 0 for the shares. Where only the relation
  /// changed, features and scores stay as they were. The column is that of scores, or the one that tells
  /// outcomes apart best.
  public let support: Double
  /// How the reference's mean loss changes when its outcomes are weighed to current's shares.
  public let explainedLoss: Double?

  /// Fewer rows of an outcome say nothing of how they look.
  public static let leastRows = 20

  /// - Parameters:
  ///   - reference: an outcome for each reference row: 0..<count, −1 where it is not known.
  ///   - current: likewise.
  ///   - count: how many outcomes there are.
  ///   - referenceColumns: features (and scores) of the rows.
  ///   - currentColumns: likewise.
  ///   - scores: the place of the column that has the scores; nil where none has.
  ///   - referenceLoss: NaN where it is not known; empty for none.
  ///   - separately: whether rows of each outcome are compared by themselves, too: where there are several
  ///     classes, what one of them gains another may lose, which together looks like nothing.
  /// - Throws: ``UndefinedStatistic`` where a side has no outcomes.
  public init(
    reference: [Int], current: [Int], outcomes count: Int,
    referenceColumns: [AttributionColumn], currentColumns: [AttributionColumn],
    scores: Int? = nil, referenceLoss: [Double], separately: Bool = false
  ) throws(UndefinedStatistic) {
    var (first, second) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
    for outcome in reference where outcome >= 0 { first[outcome] += 1 }
    for outcome in current where outcome >= 0 { second[outcome] += 1 }
    let test = try chiSquare(reference: first, current: second)
    pValue = test.pValue
    let (n, m) = (Double(first.reduce(0, +)), Double(second.reduce(0, +)))
    let (shares, others) = (first.map { Double($0) / n }, second.map { Double($0) / m })
    referenceShares = shares
    currentShares = others
    distance = zip(shares, others).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    let common = zip(shares, others).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
    hellinger = max(0, 1 - common).squareRoot()
    uncompared = (0..<count).filter {
      max(first[$0], second[$0]) > 0 && min(first[$0], second[$0]) < Self.leastRows
    }
    var largest = 0.0
    var looked = 0
    for (one, two) in zip(referenceColumns, currentColumns) {
      for (before, now) in Self.figures(one, two) {
        guard
          let z = Self.discrepancy(before, reference, now, current, first, second, others)
        else { continue }
        let each = separately ? z.each : []
        looked += 1 + each.count
        largest = max(largest, abs(z.all), each.map { abs($0) }.max() ?? 0)
      }
    }
    discrepancy = largest
    let columns = Array(zip(referenceColumns, currentColumns))
    let telling = scores ?? Self.mostSeparate(columns, reference, count)
    support =
      telling.map { Self.support(columns[$0], reference, current, shares, others) } ?? 0
    conditionalPValue = min(1, Normal.twoSided(largest) * Double(max(1, looked)))
    var (sum, weight, plain, rows) = (0.0, 0.0, 0.0, 0.0)
    for (loss, outcome) in zip(referenceLoss, reference)
    where outcome >= 0 && loss.isFinite && shares[outcome] > 0 {
      let ratio = others[outcome] / shares[outcome]
      sum += ratio * loss
      weight += ratio
      plain += loss
      rows += 1
    }
    explainedLoss = weight > 0 && rows > 0 ? sum / weight - plain / rows : nil
  }

  /// Bounded figures of a feature on both sides: its rank, whether it is there, its frequent categories.
  private static func figures(
    _ reference: AttributionColumn, _ current: AttributionColumn
  ) -> [([Double], [Double])] {
    guard !reference.isCategory else {
      var counts: [Int: Int] = [:]
      for value in reference.values where value >= 0 { counts[Int(value), default: 0] += 1 }
      let frequent = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(6)
      return frequent.map { code, _ in
        (
          reference.values.map { $0 == Double(code) ? 1 : 0 },
          current.values.map { $0 == Double(code) ? 1 : 0 }
        )
      }
    }
    var known = reference.values.filter(\.isFinite)
    sortAscending(&known)
    let cells = Cells.equalFrequency(sortedReference: known.span, count: 20)
    func ranks(_ values: [Double]) -> [Double] {
      values.map { $0.isNaN ? .nan : Double(cells.index(of: $0)) / Double(max(1, cells.count - 1)) }
    }
    return [(ranks(reference.values), ranks(current.values))]
  }

  private static func discrepancy(
    _ before: [Double], _ reference: [Int], _ now: [Double], _ current: [Int], _ first: [Int],
    _ second: [Int], _ shares: [Double]
  ) -> (all: Double, each: [Double])? {
    let old = moments(before, reference, first.count)
    let new = moments(now, current, first.count)
    var (difference, variance, each) = (0.0, 0.0, [Double]())
    for outcome in first.indices {
      guard let change = EstimatedEffect.difference(old[outcome], new[outcome]),
        min(old[outcome].count, new[outcome].count) >= leastRows
      else { continue }
      difference += shares[outcome] * change.value
      let error = shares[outcome] * change.standardError
      variance += error * error
      each.append(change.z)
    }
    return variance > 0 ? (difference / variance.squareRoot(), each) : nil
  }

  private static func support(
    _ column: (AttributionColumn, AttributionColumn), _ reference: [Int], _ current: [Int],
    _ shares: [Double], _ others: [Double]
  ) -> Double {
    guard let (before, now) = figures(column.0, column.1).first else { return 0 }
    let old = moments(before, reference, shares.count)
    let known = (
      zip(before, reference).filter { $0.0.isFinite && $0.1 >= 0 }.map(\.0),
      zip(now, current).filter { $0.0.isFinite && $0.1 >= 0 }.map(\.0)
    )
    guard let seen = EstimatedEffect.difference(Moments(known.0), Moments(known.1)),
      seen.standardError > 0
    else { return 0 }
    let expected = old.indices.reduce(0.0) { $0 + (others[$1] - shares[$1]) * old[$1].mean }
    let error = (seen.value - expected) / seen.standardError
    return (seen.z * seen.z - error * error) / 2
  }

  /// The column whose reference rows differ most between outcomes, by the share of its variance that is
  /// between them; nil where there is none.
  private static func mostSeparate(
    _ columns: [(AttributionColumn, AttributionColumn)], _ outcomes: [Int], _ count: Int
  ) -> Int? {
    let shares = columns.map { column -> Double in
      guard let (values, _) = figures(column.0, column.1).first else { return 0 }
      let all = Moments(zip(values, outcomes).filter { $0.0.isFinite && $0.1 >= 0 }.map(\.0))
      guard all.squaredDeviations > 0 else { return 0 }
      return moments(values, outcomes, count).reduce(0) { sum, part in
        let distance = part.mean - all.mean
        return sum + Double(part.count) * distance * distance
      } / all.squaredDeviations
    }
    return shares.indices.max { shares[$0] < shares[$1] }
  }

  private static func moments(_ values: [Double], _ outcomes: [Int], _ count: Int) -> [Moments] {
    var parts = [[Double]](repeating: [], count: count)
    for (value, outcome) in zip(values, outcomes) where outcome >= 0 && value.isFinite {
      parts[outcome].append(value)
    }
    return parts.map { Moments($0) }
  }
}
