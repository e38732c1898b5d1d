import Simulation
import Statistics
import Testing

/// How often the intervals of parts hold what is true, in worlds where that is known.
struct AttributionIntervalTests {
  @Test(arguments: [(false, 0.0), (true, 0.0), (false, 0.1)])
  func `Intervals of 95 % hold the truth at least nine times in ten`(
    _ hasHeavyTails: Bool, _ relation: Double
  ) throws {
    var known = KnownParts(
      rows: 400, current: 150, hasHeavyTails: hasHeavyTails, relation: relation)
    known.settings.trees = 40
    known.pairs = 300
    let rounds = 40
    let (held, width) = try known.coverage(rounds: rounds, seed: 7_000)
    // One part of forty tables may have 33 by chance where nine in ten is true; all of them together not.
    for (count, name) in zip(held, KnownParts.names) { #expect(count >= 33, "\(name)") }
    #expect(Double(held.reduce(0, +)) >= 0.9 * Double(rounds * held.count))
    // Nor are they so wide that they hold anything.
    #expect(width < 0.4)
  }

  @Test func `What no part explains is little of the change`() throws {
    let known = KnownParts(rows: 1_000, current: 300, relation: 0.1)
    let shares = try (1...20).map { abs(try known.find($0).unexplained) / known.change }.sorted()
    #expect(shares[10] < 0.05)
    #expect(shares[19] < 0.1)
  }
}
