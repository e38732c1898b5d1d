import Statistics
import Synchronization
import Testing

/// How often the intervals of parts hold what is true, in worlds where that is known.
struct AttributionIntervalTests {
  /// A loss of x² + y/2 and noise; x moves up and y down within what both sides have, so that the parts of
  /// the change are known: 1/6 of x, −1/12 of y, nothing of two others and of the relation.
  private func world(_ seed: UInt64, rows: Int, current: Int) throws -> [(EstimatedEffect, Double)]
  {
    var random = SeededGenerator(seed: seed)
    func side(_ count: Int, moved: Bool) -> ([AttributionColumn], [Double]) {
      let columns = (0..<4).map { feature in
        (0..<count).map { _ -> Double in
          let value = random.uniform()
          guard moved, feature < 2 else { return value }
          return feature == 0 ? value.squareRoot() : 1 - value.squareRoot()
        }
      }
      let losses = (0..<count).map { row in
        columns[0][row] * columns[0][row] + columns[1][row] / 2 + random.uniform() - 0.5
      }
      return (columns.map { AttributionColumn(values: $0, isCategory: false) }, losses)
    }
    var settings = BoostedTrees.Settings()
    (settings.trees, settings.depth) = (40, 2)
    let (one, two) = (side(rows, moved: false), side(current, moved: true))
    let found = try LossAttribution(
      reference: one.0, referenceLoss: one.1, current: two.0, currentLoss: two.1,
      settings: settings, pairs: 500, seed: seed)
    let sum = found.features.reduce(0) { $0 + $1.value } + found.concept.value
    #expect(abs(sum + found.unfamiliar.value + found.unexplained - found.change.value) < 1e-12)
    return [
      (found.features[0], 1.0 / 6), (found.features[1], -1.0 / 12), (found.features[2], 0),
      (found.features[3], 0), (found.covariate, 1.0 / 12), (found.concept, 0),
    ]
  }

  @Test(arguments: [(500, 150), (1_500, 600)])
  func `Intervals of 95 % hold the truth at least nine times in ten`(
    _ rows: Int, _ current: Int
  ) throws {
    var held = [Int](repeating: 0, count: 6)
    var width = 0.0
    let rounds = 60
    for round in 0..<rounds {
      let parts = try world(UInt64(round) &+ 7_000, rows: rows, current: current)
      for (index, (effect, truth)) in parts.enumerated()
      where effect.interval.lower <= truth && truth <= effect.interval.upper {
        held[index] += 1
      }
      width += parts[0].0.interval.upper - parts[0].0.interval.lower
    }
    // 51 of 60 is what nine in ten gives or takes by chance for one part; over all it has to be that.
    for count in held { #expect(count >= 51) }
    #expect(Double(held.reduce(0, +)) >= 0.9 * Double(6 * rounds))
    // And no wider than is of use.
    #expect(width / Double(rounds) < 0.2)
    print("coverage", rows, held, width / Double(rounds))
  }
}
