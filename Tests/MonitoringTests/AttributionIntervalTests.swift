import Simulation
import Statistics
import Testing

/// How often the intervals of parts hold what is true, in worlds where that is known.
struct AttributionIntervalTests {
  @Test(arguments: [false, true])
  func `Intervals of 95 % hold the truth at least nine times in ten`(_ hasHeavyTails: Bool) throws {
    var known = KnownParts(rows: 400, current: 150, hasHeavyTails: hasHeavyTails)
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

  @Test func `Parts add up to the change exactly`() throws {
    for seed in 1...3 {
      #expect(try KnownParts(rows: 300, current: 100).find(UInt64(seed)).gap < 1e-12)
    }
  }
}
