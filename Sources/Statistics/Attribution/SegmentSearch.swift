/// Finds segments of rows in which something is different from elsewhere, of one or two conditions.
///
/// Numbers are cut at the reference's quartiles; the eight most frequent categories, all others and missing
/// values are cells of their own. What is looked for is a change (current − reference) of the residuals'
/// mean that differs from the change in all other rows, by Welch's t. A cell's variance is drawn towards that
/// of all rows as by 20 rows of theirs: a rare outcome that a small cell has by chance none of is no certainty
/// (an empirical Bayes estimate as in Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3).
/// p-values are adjusted over all segments that were looked at (Benjamini–Hochberg). The strongest is taken,
/// its rows are set aside, and the search goes on without them; a second condition is kept only where it adds
/// to each of its parents.
///
/// O(rows · features²) a round.
public struct SegmentSearch: Sendable {
  public enum Condition: Sendable, Equatable {
    /// lower < value ≤ upper; nil where it is open.
    case range(feature: Int, lower: Double?, upper: Double?)
    case category(feature: Int, code: Int)
    /// None of the frequent categories.
    case otherCategory(feature: Int)
    case missing(feature: Int)

    public var feature: Int {
      switch self {
      case .range(let feature, _, _), .category(let feature, _), .otherCategory(let feature),
        .missing(let feature):
        feature
      }
    }
  }

  public struct Segment: Sendable, Equatable {
    public var conditions: [Condition]
    public var referenceRows: Int
    public var currentRows: Int
    /// Of current rows, 0…1.
    public var share: Double
    /// Change of the residuals' mean within the segment.
    public var effect: EstimatedEffect
    /// The same, less the change elsewhere.
    public var contrast: EstimatedEffect
    /// share · effect: what it adds to the whole's mean.
    public var contribution: Double { share * effect.value }
    public var adjustedPValue: Double
  }

  public let segments: [Segment]
  /// How many were looked at, first.
  public let tested: Int

  private struct Sums {
    var count = 0.0
    var sum = 0.0
    var square = 0.0

    mutating func add(_ value: Double) {
      count += 1
      sum += value
      square += value * value
    }

    func without(_ other: Sums) -> Sums {
      Sums(count: count - other.count, sum: sum - other.sum, square: square - other.square)
    }

    var mean: Double { sum / max(1, count) }
    var variance: Double { max(0, square / max(1, count) - mean * mean) }

    /// Of the mean, with what is known of all rows.
    func errorSquare(_ usual: Double) -> Double {
      (count * variance + 20 * usual) / (count + 20) / max(1, count - 1)
    }
  }

  private struct Candidate {
    var cells: [(feature: Int, cell: Int)]
    var reference: Sums
    var current: Sums
    var effect: EstimatedEffect
    var contrast: EstimatedEffect
    var pValue: Double
  }

  /// - Parameters:
  ///   - reference: features of the reference rows.
  ///   - current: features of the current rows.
  ///   - referenceResiduals: one for each row, finite.
  ///   - currentResiduals: likewise.
  ///   - whole: of how many current rows shares are; nil for those given.
  ///   - limit: how many segments are wanted at most.
  ///   - level: the share of false ones among those found that is allowed.
  ///   - minimumRows: fewest current rows of a segment.
  public init(
    reference: [AttributionColumn], current: [AttributionColumn], referenceResiduals: [Double],
    currentResiduals: [Double], of whole: Int? = nil, limit: Int = 5, level: Double = 0.05,
    minimumRows: Int = 30
  ) {
    let grids = zip(reference, current).map { Grid($0, $1) }
    let referenceCells = zip(grids, reference).map { $0.cells(of: $1) }
    let currentCells = zip(grids, current).map { $0.cells(of: $1) }
    var (firstRows, secondRows) = (
      Array(referenceResiduals.indices), Array(currentResiduals.indices)
    )
    var found: [Segment] = []
    var tested = 0
    while found.count < limit, secondRows.count >= 2 * minimumRows {
      let candidates = Self.candidates(
        grids, (referenceCells, firstRows, referenceResiduals),
        (currentCells, secondRows, currentResiduals), Double(minimumRows))
      if found.isEmpty { tested = candidates.count }
      let adjusted = PValueAdjustment.benjaminiHochberg(candidates.map(\.pValue))
      guard
        let index = candidates.indices.max(by: {
          Self.strength(candidates[$0]) < Self.strength(candidates[$1])
        }), adjusted[index] < level
      else { break }
      let best = Self.simplest(candidates[index], candidates)
      let at = candidates.firstIndex { Self.same($0, best) } ?? index
      guard adjusted[at] < level else { break }
      found.append(
        Segment(
          conditions: best.cells.map { grids[$0.feature].condition($0.feature, $0.cell) },
          referenceRows: Int(best.reference.count), currentRows: Int(best.current.count),
          share: best.current.count / Double(max(1, whole ?? currentResiduals.count)),
          effect: best.effect, contrast: best.contrast, adjustedPValue: adjusted[at]))
      func isIn(_ cells: [[UInt8]], _ row: Int) -> Bool {
        best.cells.allSatisfy { Int(cells[$0.feature][row]) == $0.cell }
      }
      firstRows.removeAll { isIn(referenceCells, $0) }
      secondRows.removeAll { isIn(currentCells, $0) }
    }
    segments = found
    self.tested = tested
  }

  private static func same(_ one: Candidate, _ two: Candidate) -> Bool {
    one.cells.count == two.cells.count
      && zip(one.cells, two.cells).allSatisfy { $0.feature == $1.feature && $0.cell == $1.cell }
  }

  /// One of two conditions only where each parent is different without it.
  private static func simplest(_ best: Candidate, _ candidates: [Candidate]) -> Candidate {
    guard best.cells.count == 2 else { return best }
    let parents = best.cells.compactMap { cell in
      candidates.first {
        $0.cells.count == 1 && $0.cells[0].feature == cell.feature && $0.cells[0].cell == cell.cell
      }
    }
    for parent in parents.sorted(by: { abs($0.contrast.z) > abs($1.contrast.z) }) {
      let rest = change(
        parent.reference.without(best.reference), parent.current.without(best.current),
        (parent.reference.variance, parent.current.variance))
      guard let rest else { return parent }
      let difference = best.effect.value - rest.effect.value
      let error =
        (best.effect.standardError * best.effect.standardError
        + rest.effect.standardError * rest.effect.standardError).squareRoot()
      if abs(difference) < 3 * error { return parent }
    }
    return best
  }

  /// Current − reference, and Welch's degrees of freedom for its error; nil where a side has too few rows.
  private static func change(
    _ reference: Sums, _ current: Sums, _ usual: (reference: Double, current: Double)
  ) -> (effect: EstimatedEffect, freedom: Double)? {
    guard reference.count >= 15, current.count >= 15 else { return nil }
    let (one, two) = (
      reference.errorSquare(usual.reference), current.errorSquare(usual.current)
    )
    let effect = EstimatedEffect(
      value: current.mean - reference.mean, standardError: (one + two).squareRoot())
    let parts = one * one / (reference.count + 19) + two * two / (current.count + 19)
    return (effect, parts > 0 ? (one + two) * (one + two) / parts : 1)
  }

  private typealias Rows = (cells: [[UInt8]], rows: [Int], residuals: [Double])

  private static func candidates(
    _ grids: [Grid], _ reference: Rows, _ current: Rows, _ minimum: Double
  ) -> [Candidate] {
    var (firstAll, secondAll) = (Sums(), Sums())
    for row in reference.rows { firstAll.add(reference.residuals[row]) }
    for row in current.rows { secondAll.add(current.residuals[row]) }
    let usual = (firstAll.variance, secondAll.variance)
    var candidates: [Candidate] = []
    func judge(_ cells: [(feature: Int, cell: Int)], _ first: Sums, _ second: Sums) {
      guard second.count >= minimum, secondAll.count - second.count >= minimum,
        let (own, freedom) = change(first, second, usual),
        let (rest, _) = change(firstAll.without(first), secondAll.without(second), usual)
      else { return }
      let error =
        (own.standardError * own.standardError + rest.standardError * rest.standardError)
        .squareRoot()
      guard error > 0 else { return }
      let contrast = EstimatedEffect(value: own.value - rest.value, standardError: error)
      candidates.append(
        Candidate(
          cells: cells, reference: first, current: second, effect: own, contrast: contrast,
          // Far from any level, the plain distribution does.
          pValue: abs(contrast.z) < 2
            ? contrast.pValue : StudentT.twoSided(contrast.z, degreesOfFreedom: freedom)))
    }
    for one in grids.indices {
      let first = sums(reference, [one])
      let second = sums(current, [one])
      for cell in 0..<Grid.most { judge([(one, cell)], first[cell], second[cell]) }
      for two in (one + 1)..<max(one + 1, grids.count) {
        let first = sums(reference, [one, two])
        let second = sums(current, [one, two])
        for cell in 0..<(Grid.most * Grid.most) {
          judge([(one, cell / Grid.most), (two, cell % Grid.most)], first[cell], second[cell])
        }
      }
    }
    return candidates
  }

  private static func sums(_ side: Rows, _ features: [Int]) -> [Sums] {
    let size = features.count == 1 ? Grid.most : Grid.most * Grid.most
    var sums = [Sums](repeating: Sums(), count: size)
    let first = side.cells[features[0]]
    if features.count == 1 {
      for row in side.rows { sums[Int(first[row])].add(side.residuals[row]) }
    } else {
      let second = side.cells[features[1]]
      for row in side.rows {
        sums[Int(first[row]) * Grid.most + Int(second[row])].add(side.residuals[row])
      }
    }
    return sums
  }

  /// The cells of one feature.
  private struct Grid {
    static let most = 10

    private let cuts: Cells
    /// Codes of frequent categories, each with a cell; nil for numbers.
    private let codes: [Int]?

    init(_ reference: AttributionColumn, _ current: AttributionColumn) {
      guard reference.isCategory else {
        var known = reference.values.filter(\.isFinite)
        sortAscending(&known)
        cuts = Cells.equalFrequency(sortedReference: known.span, count: 4)
        codes = nil
        return
      }
      var counts: [Int: Int] = [:]
      for value in reference.values + current.values where value >= 0 {
        counts[Int(value), default: 0] += 1
      }
      codes = Array(
        counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(Self.most - 2).map(\.key))
      cuts = Cells(cuts: [])
    }

    func cells(of column: AttributionColumn) -> [UInt8] {
      let missing = UInt8(Self.most - 1)
      guard let codes else {
        return column.values.map { $0.isNaN ? missing : UInt8(cuts.index(of: $0)) }
      }
      let places = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, UInt8($0)) })
      return column.values.map { value in
        value.isNaN ? missing : places[Int(value)] ?? UInt8(Self.most - 2)
      }
    }

    func condition(_ feature: Int, _ cell: Int) -> Condition {
      if cell == Self.most - 1 { return .missing(feature: feature) }
      guard let codes else {
        return .range(
          feature: feature, lower: cell > 0 ? cuts.cuts[cell - 1] : nil,
          upper: cell < cuts.cuts.count ? cuts.cuts[cell] : nil)
      }
      return cell < codes.count
        ? .category(feature: feature, code: codes[cell]) : .otherCategory(feature: feature)
    }
  }
}

extension SegmentSearch {
  /// How much a candidate differs from elsewhere; of those that differ as much, how much it changed itself:
  /// two cells that are all rows differ from one another alike.
  private static func strength(_ candidate: Candidate) -> (Float, Double) {
    (Float(abs(candidate.contrast.z)), abs(candidate.effect.value))
  }
}
