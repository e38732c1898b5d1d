public import Statistics

/// How one feature differs between reference and current.
public struct FeatureShift: Sendable, Equatable {
  public var name: String
  public var isCategory: Bool
  /// Jensen–Shannon distance over ten cells or the categories, missing values being one more; 0…1.
  public var distance: Double?
  /// That both sides are the same, by χ² over the same cells, adjusted over the features.
  public var pValue: Double?
  /// Shares of rows without a value.
  public var missing: (reference: Double, current: Double)
  /// Whether it differs by more than chance and by a distance of 0.1 or more.
  public var drifted: Bool { !followsTime && (pValue ?? 1) < 0.01 && (distance ?? 0) >= 0.1 }
  /// Whether it changes with the time alone, as a weekday does.
  var followsTime = false
  /// What it adds to the change of the loss by being distributed otherwise.
  public var contribution: EstimatedEffect?
  /// What is broken about it, strongest first.
  public var defects: [FeatureDefect] = []
  /// The share of rows with categories that the reference has not, and the most frequent of them.
  public var unseen: (share: Double, categories: [String]) = (0, [])
  /// By cell: the logarithm of how much more often current has it.
  var cellRatios: [Double] = []

  public static func == (one: FeatureShift, two: FeatureShift) -> Bool {
    one.name == two.name && one.distance == two.distance && one.pValue == two.pValue
      && one.contribution == two.contribution && one.defects == two.defects
  }

  /// - Parameter features: how many are looked at.
  init(_ feature: DiagnosisTables.Feature, among features: Int = 1) {
    name = feature.name
    followsTime = feature.followsTime
    isCategory = feature.reference.isCategory
    func missingShare(_ column: AttributionColumn) -> Double {
      let gone = column.values.count { $0.isNaN }
      return Double(gone) / Double(max(1, column.values.count))
    }
    missing = (missingShare(feature.reference), missingShare(feature.current))
    let (first, second) = Self.cells(feature)
    let count = max(first.max() ?? 0, second.max() ?? 0) + 1
    var (before, now) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
    for cell in first { before[cell] += 1 }
    for cell in second { now[cell] += 1 }
    // nil where a side has no values: then there is no shift to speak of.
    distance = try? jensenShannon(reference: before, current: now).distance
    pValue = try? chiSquare(reference: before, current: now).pValue
    let (n, m) = (Double(max(1, first.count)), Double(max(1, second.count)))
    cellRatios = zip(before, now).map { Self.ratio((Double($1) + 0.5) / m, (Double($0) + 0.5) / n) }
    defects = FeatureDefect.all(of: feature, among: features)
    if isCategory, !feature.categories.isEmpty, !followsTime {
      var known: [Double: Int] = [:]
      for value in feature.reference.values where value >= 0 { known[value, default: 0] += 1 }
      var fresh: [Double: Int] = [:]
      for value in feature.current.values where value >= 0 && known[value] == nil {
        fresh[value, default: 0] += 1
      }
      // Where many categories occur once, others have to be expected (Good and Turing's estimate).
      let expected = 2 * Double(known.values.count { $0 == 1 }) / n
      let names = fresh.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5)
        .compactMap { code, _ -> String? in
          feature.categories.indices.contains(Int(code)) ? feature.categories[Int(code)] : nil
        }
      unseen = (max(0, Double(fresh.values.reduce(0, +)) / m - expected), names)
    }
  }

  private static func ratio(_ now: Double, _ before: Double) -> Double {
    // log₂ by exponent and significand is enough for a series that is only ranked.
    let value = now / before
    return Double(value.exponent) + value.significand - 1
  }

  /// The cell of each row: 0 for a missing value.
  static func cells(_ feature: DiagnosisTables.Feature) -> ([Int], [Int]) {
    guard !feature.reference.isCategory else {
      var counts: [Int: Int] = [:]
      for value in feature.reference.values + feature.current.values where value >= 0 {
        counts[Int(value), default: 0] += 1
      }
      // Rare categories share a cell: by themselves they are noise.
      let frequent = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(50).map(\.key)
      let places = Dictionary(uniqueKeysWithValues: frequent.enumerated().map { ($1, $0 + 1) })
      func codes(_ values: [Double]) -> [Int] {
        values.map { $0 >= 0 ? places[Int($0)] ?? frequent.count + 1 : 0 }
      }
      return (codes(feature.reference.values), codes(feature.current.values))
    }
    var known = feature.reference.values.filter(\.isFinite)
    sortAscending(&known)
    let cuts = Cells.equalFrequency(sortedReference: known.span, count: 10)
    func places(_ values: [Double]) -> [Int] {
      values.map { $0.isNaN ? 0 : cuts.index(of: $0) + 1 }
    }
    return (places(feature.reference.values), places(feature.current.values))
  }

  static func adjust(_ features: inout [FeatureShift]) {
    let known = features.indices.filter { features[$0].pValue != nil }
    let adjusted = PValueAdjustment.benjaminiHochberg(known.compactMap { features[$0].pValue })
    for (index, pValue) in zip(known, adjusted) { features[index].pValue = pValue }
  }
}
