import Statistics

/// Both sides counted in the same few cells or categories, as methods on shares want them.
struct BinnedPair {
  let reference: [Int]
  let current: [Int]
  /// How the cells came about, for a method's details.
  let details: [String: Detail]

  /// Cells a numeric column is cut into.
  static let cellCount = 10
  /// Distinct numbers up to which each is a category of its own for tests of categories.
  static let valueLimit = 50

  init(categories pair: CategoryPair) {
    reference = pair.reference
    current = pair.current
    details = ["bins": .number(Double(pair.categories.count))]
  }

  /// Cells between the reference's deciles.
  init(deciles pair: NumericPair) throws(UndefinedStatistic) {
    guard !pair.reference.values.isEmpty else { throw .emptySample(.reference) }
    guard !pair.current.values.isEmpty else { throw .emptySample(.current) }
    let cells = Cells.equalFrequency(
      sortedReference: pair.reference.values.span, count: Self.cellCount)
    reference = cells.counts(sorted: pair.reference.values.span)
    current = cells.counts(sorted: pair.current.values.span)
    details = ["bins": .number(Double(cells.count))]
  }

  /// The fine cells put together to about the reference's deciles.
  init(cells pair: CellPair) throws(UndefinedStatistic) {
    guard pair.reference.total > 0 else { throw .emptySample(.reference) }
    guard pair.current.total > 0 else { throw .emptySample(.current) }
    let coarse = pair.coarsened(to: Self.cellCount)
    reference = coarse.reference
    current = coarse.current
    details = [
      "bins": .number(Double(coarse.reference.count)),
      "cuts": .text("nearest of \(pair.cells.count) sampled cells to the deciles"),
    ]
  }

  /// One category for each number where there are few, else cells between the deciles.
  init(values pair: NumericPair) throws(UndefinedStatistic) {
    guard let counts = Self.distinctCounts(pair) else {
      self = try BinnedPair(deciles: pair)
      return
    }
    guard !pair.reference.values.isEmpty else { throw .emptySample(.reference) }
    guard !pair.current.values.isEmpty else { throw .emptySample(.current) }
    self = BinnedPair(
      reference: counts.reference, current: counts.current,
      details: [
        "bins": .number(Double(counts.reference.count)), "cuts": .text("one for each value"),
      ])
  }

  private init(reference: [Int], current: [Int], details: [String: Detail]) {
    self.reference = reference
    self.current = current
    self.details = details
  }

  /// How often each number occurs; nil where there are more than ``valueLimit``.
  private static func distinctCounts(
    _ pair: NumericPair
  ) -> (reference: [Int], current: [Int])? {
    guard let first = distinct(pair.reference.values), let second = distinct(pair.current.values)
    else { return nil }
    let values = Set(first).union(second).sorted()
    guard values.count <= valueLimit else { return nil }
    // (previous value, value] holds that value alone.
    let cells = Cells(cuts: Array(values.dropLast()))
    return (
      cells.counts(sorted: pair.reference.values.span),
      cells.counts(sorted: pair.current.values.span)
    )
  }

  private static func distinct(_ sorted: [Double]) -> [Double]? {
    var values: [Double] = []
    for value in sorted where value != values.last {
      values.append(value)
      if values.count > valueLimit { return nil }
    }
    return values
  }
}

extension DriftMethod {
  /// A distance between shares, which numbers and cells are first brought to.
  static func shares(
    id: String, _ distance: @escaping @Sendable (BinnedPair) throws -> MethodResult
  ) -> DriftMethod {
    DriftMethod(
      id: id, thresholdKind: .distance,
      numbers: { try distance(BinnedPair(deciles: $0)) },
      categories: { try distance(BinnedPair(categories: $0)) },
      cells: { try distance(BinnedPair(cells: $0)) })
  }

  /// A test of categories, to which numbers are brought too.
  static func categories(
    id: String, effectFloor: Double,
    _ test: @escaping @Sendable (BinnedPair) throws -> MethodResult
  ) -> DriftMethod {
    DriftMethod(
      id: id, thresholdKind: .significance, effectFloor: effectFloor,
      numbers: { try test(BinnedPair(values: $0)) },
      categories: { try test(BinnedPair(categories: $0)) },
      cells: { try test(BinnedPair(cells: $0)) })
  }
}
