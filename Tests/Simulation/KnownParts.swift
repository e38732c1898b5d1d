public import Statistics

/// Rows whose change of loss is made of parts that are known, to see how often intervals hold them.
///
/// The loss is x² + y/2 and noise; x moves up and y down within what both sides have, so that x makes 1/6 of
/// the change and y −1/12; two other features make nothing, and the relation makes what it is told to.
public struct KnownParts: Sendable {
  public var rows: Int
  public var current: Int
  /// Whether noise has tails as heavy as those of Student's t with few degrees of freedom.
  public var hasHeavyTails: Bool
  /// What another relation adds to current losses in the mean: more, the larger the third feature is.
  public var relation: Double
  public var settings = BoostedTrees.Settings()
  public var pairs = 2_000

  public static let names = ["x", "y", "nothing", "nothing else", "all features", "relation"]
  public var truths: [Double] { [1.0 / 6, -1.0 / 12, 0, 0, 1.0 / 12, relation] }
  /// What all parts add up to.
  public var change: Double { 1.0 / 12 + relation }

  public init(rows: Int, current: Int, hasHeavyTails: Bool = false, relation: Double = 0) {
    self.rows = rows
    self.current = current
    self.hasHeavyTails = hasHeavyTails
    self.relation = relation
    (settings.trees, settings.depth) = (60, 3)
  }

  /// What is found, in the order of ``names``, and what of the change no part explains.
  public func find(_ seed: UInt64) throws -> (parts: [EstimatedEffect], unexplained: Double) {
    var random = SeededGenerator(seed: seed &* 6_364_136_223 &+ 1)
    func noise() -> Double {
      hasHeavyTails
        ? 0.3 * random.normal() / (0.15 + random.uniform()).squareRoot() : random.uniform() - 0.5
    }
    func side(_ count: Int, moved: Bool) -> ([AttributionColumn], [Double]) {
      let columns = (0..<4).map { feature in
        (0..<count).map { _ -> Double in
          let value = random.uniform()
          guard moved, feature < 2 else { return value }
          return feature == 0 ? value.squareRoot() : 1 - value.squareRoot()
        }
      }
      let losses = (0..<count).map { row in
        columns[0][row] * columns[0][row] + columns[1][row] / 2 + noise()
          + (moved ? 2 * relation * columns[2][row] : 0)
      }
      return (columns.map { AttributionColumn(values: $0, isCategory: false) }, losses)
    }
    let (one, two) = (side(rows, moved: false), side(current, moved: true))
    let found = try LossAttribution(
      reference: one.0, referenceLoss: one.1, current: two.0, currentLoss: two.1,
      settings: settings, pairs: pairs, seed: seed)
    return (found.features + [found.covariate, found.concept], found.unexplained)
  }

  /// How many of `rounds` tables have intervals of 95 % that hold the truth, by part, and how wide that of x is.
  public func coverage(rounds: Int, seed: UInt64) throws -> (held: [Int], width: Double) {
    var held = [Int](repeating: 0, count: Self.names.count)
    var width = 0.0
    for round in 0..<rounds {
      let parts = try find(seed &+ UInt64(round)).parts
      for (index, effect) in parts.enumerated() {
        let interval = effect.interval
        if interval.lower <= truths[index], truths[index] <= interval.upper {
          held[index] += 1
        }
      }
      width += parts[0].interval.upper - parts[0].interval.lower
    }
    return (held, width / Double(rounds))
  }
}
