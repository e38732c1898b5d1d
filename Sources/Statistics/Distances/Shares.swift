/// Counts of the same cells or categories on both sides, as shares of their totals.
struct Shares {
  let reference: [Double]
  let current: [Double]

  /// - Throws: ``UndefinedStatistic/emptySample(_:)``.
  init(_ reference: [Int], _ current: [Int]) throws(UndefinedStatistic) {
    precondition(reference.count == current.count, "counts of the same cells")
    let n = reference.reduce(0) { $0 + Double($1) }
    let m = current.reduce(0) { $0 + Double($1) }
    guard n > 0 else { throw .emptySample(.reference) }
    guard m > 0 else { throw .emptySample(.current) }
    self.reference = reference.map { Double($0) / n }
    self.current = current.map { Double($0) / m }
  }

  /// Σ term(r, c) over cells.
  func sum(_ term: (Double, Double) -> Double) -> Double {
    var sum = CompensatedSum()
    for (r, c) in zip(reference, current) { sum.add(term(r, c)) }
    return sum.value
  }
}
