/// p-values adjusted for being several, in the order they were given.
///
/// An adjusted value below a level α means the same as the raw value passing the procedure at α.
/// The empty list gives the empty list; values are p-values in 0…1. O(k log k).
public enum PValueAdjustment {
  /// Bonferroni: p·k. Controls the chance of one false alarm.
  public static func bonferroni(_ pValues: [Double]) -> [Double] {
    pValues.map { min(1, $0 * Double(pValues.count)) }
  }

  /// Holm's step-down: as strict as Bonferroni, never less powerful.
  ///
  /// Source: Holm (1979), Scandinavian Journal of Statistics 6.
  public static func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var adjusted = pValues
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }

  /// Benjamini–Hochberg's step-up: controls the share of false alarms among alarms, for tests that
  /// are independent or positively dependent.
  ///
  /// Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57.
  public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    stepUp(pValues, factor: 1)
  }

  /// Benjamini–Yekutieli: the same under any dependence, at the price of the factor Σ 1/i.
  ///
  /// Source: Benjamini and Yekutieli (2001), Annals of Statistics 29.
  public static func benjaminiYekutieli(_ pValues: [Double]) -> [Double] {
    stepUp(pValues, factor: (1...max(1, pValues.count)).reduce(0) { $0 + 1 / Double($1) })
  }

  private static func stepUp(_ pValues: [Double], factor: Double) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
    var adjusted = pValues
    var smallest = 1.0
    for (position, index) in order.enumerated() {
      let rank = Double(pValues.count - position)
      smallest = min(smallest, pValues[index] * factor * Double(pValues.count) / rank)
      adjusted[index] = smallest
    }
    return adjusted
  }
}
