import Foundation
import Simulation

/// How often the intervals of the parts of a change hold the truth, as Markdown.
struct IntervalTable {
  let rounds: Int

  var markdown: String {
    get throws {
      var lines = [
        "## Intervals of parts", "",
        "How often intervals of 95 % hold the truth, in \(rounds) tables whose parts are known (`KnownParts`).",
        "The relation makes nothing of the change, or, where it is another one, 0.1 beside the features' 1/12. Parts",
        "of the model and of unfamiliar rows are not among them.",
        "", "| rows | noise | \(KnownParts.names.joined(separator: " | ")) |",
        "|---|---|" + KnownParts.names.map { _ in "---|" }.joined(),
      ]
      for (rows, current) in [(300, 100), (1_000, 300), (4_000, 1_000)] {
        for (world, isHeavy, relation) in [
          ("even", false, 0.0), ("heavy tails", true, 0), ("even, another relation", false, 0.1),
        ] {
          let known = KnownParts(
            rows: rows, current: current, hasHeavyTails: isHeavy, relation: relation)
          let held = try known.coverage(rounds: rounds, seed: 50_000).held
          let shares = held.map { String(format: "%.1f %%", 100 * Double($0) / Double(rounds)) }
          lines.append(
            "| \(rows) and \(current) | \(world) "
              + "| \(shares.joined(separator: " | ")) |")
        }
      }
      return lines.joined(separator: "\n")
    }
  }
}
