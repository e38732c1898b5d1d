import Statistics

/// A way to compare two samples of one column.
///
/// A method is added by a file in `Methods/` that makes a value of this type, and a line in ``all``.
public struct DriftMethod: Sendable {
  /// The name used in options, requests and results.
  public let id: String
  /// Whether the threshold is a significance level or a distance.
  public let thresholdKind: ThresholdKind
  public let defaultThreshold: Double
  /// The effect size below which the robust policy sees no drift; nil for distances, whose
  /// threshold is one.
  public let effectFloor: Double?
  let compareNumbers: (@Sendable (NumericPair) throws -> MethodResult)?
  let compareCategories: (@Sendable (CategoryPair) throws -> MethodResult)?
  let compareCells: (@Sendable (CellPair) throws -> MethodResult)?

  /// - Parameters:
  ///   - numbers: the comparison of two sorted samples; nil where the method is not for numbers.
  ///   - categories: the comparison of two aligned counts; nil where it is not for categories.
  ///   - cells: the comparison of counts in cells of the reference, with stated error; nil where
  ///     the method needs every value.
  init(
    id: String, thresholdKind: ThresholdKind, defaultThreshold: Double? = nil,
    effectFloor: Double? = nil,
    numbers: (@Sendable (NumericPair) throws -> MethodResult)? = nil,
    categories: (@Sendable (CategoryPair) throws -> MethodResult)? = nil,
    cells: (@Sendable (CellPair) throws -> MethodResult)? = nil
  ) {
    self.id = id
    self.thresholdKind = thresholdKind
    self.defaultThreshold = defaultThreshold ?? (thresholdKind == .significance ? 0.05 : 0.1)
    self.effectFloor = effectFloor
    compareNumbers = numbers
    compareCategories = categories
    compareCells = cells
  }

  /// Every method there is, in the order they are listed to people.
  public static let all: [DriftMethod] = [
    .kolmogorovSmirnov, .populationStabilityIndex, .wasserstein, .chiSquare, .jensenShannon,
    .kullbackLeibler, .hellinger, .totalVariation, .lInfinity,
    .andersonDarling, .cramerVonMises, .mannWhitney, .welchT, .energy, .eppsSingleton,
    .gTest, .fisherExact, .zProportion,
  ]

  /// The method called `id`.
  public static func named(_ id: String) throws(MonitoringError) -> DriftMethod {
    guard let method = all.first(where: { $0.id == id }) else {
      throw .unknownMethod(id: id, known: ["auto"] + all.map(\.id))
    }
    return method
  }

  /// Whether counts in cells are not enough for the method.
  public var needsEveryValue: Bool { compareCells == nil && compareNumbers != nil }

  /// Whether the method compares columns of this kind. Texts are compared by their length.
  public func fits(_ kind: ColumnKind) -> Bool {
    kind == .categorical ? compareCategories != nil : compareNumbers != nil
  }
}

/// What a method found.
struct MethodResult: Sendable {
  /// nil only where the statistic is infinite, as an odds ratio can be.
  var statistic: Double?
  var pValue: Double?
  var effectSize: Double
  var effectSizeName: String
  var details: [String: Detail] = [:]

  /// Whether every figure is a number; huge values can make one overflow.
  var isFinite: Bool {
    [statistic ?? 0, pValue ?? 0, effectSize].allSatisfy(\.isFinite)
  }
}

/// Two sorted samples of one column.
struct NumericPair: Sendable {
  let reference: SortedSample
  let current: SortedSample
}

/// Counts of the same categories on both sides, in one order.
struct CategoryPair: Sendable {
  let categories: [String]
  let reference: [Int]
  let current: [Int]

  /// All categories of either side, sorted by name.
  init(_ reference: CategoryCounts, _ current: CategoryCounts) {
    categories = Set(reference.counts.keys).union(current.counts.keys).sorted()
    self.reference = categories.map { reference.counts[$0] ?? 0 }
    self.current = categories.map { current.counts[$0] ?? 0 }
  }

  init(categories: [String], reference: [Int], current: [Int]) {
    self.categories = categories
    self.reference = reference
    self.current = current
  }
}

/// Counts of both sides in cells that the reference cut, with what else is known of the values.
struct CellPair: Sendable {
  let cells: Cells
  let reference: CellCounts
  let current: CellCounts
}
