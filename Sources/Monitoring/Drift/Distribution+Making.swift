import Statistics

extension Distribution {
  /// Cells in a picture of a numeric column.
  static let cellCount = 30
  /// Categories in a picture, the others together included.
  static let categoryCount = 12

  /// The distribution of two sorted samples; nil where both are empty.
  init?(_ pair: NumericPair) {
    let reference = pair.reference.values
    let current = pair.current.values
    let samples = [reference, current].filter { !$0.isEmpty }
    let low = samples.compactMap { quantile($0.span, 0.005) }.min()
    let high = samples.compactMap { quantile($0.span, 0.995) }.max()
    guard let low, let high else { return nil }
    let areWhole = samples.allSatisfy { sample in
      sample.allSatisfy { $0 == $0.rounded() }
    }
    let edges = Self.edges(low: low, high: high, areWhole: areWhole)
    self.init(
      edges: edges, categories: nil, hasOthers: false,
      reference: Self.count(reference, edges), current: Self.count(current, edges))
  }

  /// Borders of equally wide cells; of one cell per number for a short range of whole numbers.
  static func edges(low: Double, high: Double, areWhole: Bool) -> [Double] {
    // Beyond 2⁵¹ half a unit is lost.
    if areWhole, high - low < Double(cellCount), max(abs(low), abs(high)) < 0x1p51 {
      return stride(from: low - 0.5, through: high + 0.5, by: 1).map { $0 }
    }
    guard high > low else {
      let (margin, limit) = (max(abs(low) * 0.01, 0.5), Double.greatestFiniteMagnitude)
      return [max(-limit, low - margin), min(limit, low + margin)]
    }
    // A weighted mean cannot overflow; neighbours can be equal where numbers are next to each other.
    return (0...cellCount).map { index in
      let weight = Double(index) / Double(cellCount)
      return low * (1 - weight) + high * weight
    }.reduce(into: []) { edges, edge in
      if edges.last.map({ $0 < edge }) ?? true { edges.append(edge) }
    }
  }

  private static func count(_ sorted: [Double], _ edges: [Double]) -> [Int] {
    guard edges.count > 2 else { return [sorted.count] }
    return Cells(cuts: Array(edges.dropFirst().dropLast())).counts(sorted: sorted.span)
  }

  /// The distribution of two counts of categories; nil where both are empty.
  init?(_ reference: CategoryCounts, _ current: CategoryCounts) {
    let totals = (max(1, Double(reference.total)), max(1, Double(current.total)))
    guard reference.total + current.total > 0 else { return nil }
    let names = Set(reference.counts.keys).union(current.counts.keys)
    let weighted = names.map { name in
      (
        name: name,
        weight: Double(reference.counts[name] ?? 0) / totals.0
          + Double(current.counts[name] ?? 0) / totals.1
      )
    }
    let ordered = weighted.sorted {
      $0.weight == $1.weight ? $0.name < $1.name : $0.weight > $1.weight
    }
    let hasOthers = ordered.count > Self.categoryCount
    let shown = ordered.prefix(hasOthers ? Self.categoryCount - 1 : Self.categoryCount).map(\.name)
    var counts = (shown.map { reference.counts[$0] ?? 0 }, shown.map { current.counts[$0] ?? 0 })
    if hasOthers {
      counts.0.append(reference.total - counts.0.reduce(0, +))
      counts.1.append(current.total - counts.1.reduce(0, +))
    }
    self.init(
      edges: nil, categories: hasOthers ? shown + ["all others"] : Array(shown),
      hasOthers: hasOthers, reference: counts.0, current: counts.1)
  }
}
