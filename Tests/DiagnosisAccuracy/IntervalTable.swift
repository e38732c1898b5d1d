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
        "", "| rows | noise | \(KnownParts.names.joined(separator: " | ")) |",
        "|---|---|" + KnownParts.names.map { _ in "---|" }.joined(),
      ]
      for (rows, current) in [(300, 100), (1_000, 300), (4_000, 1_000)] {
        for isHeavy in [false, true] {
          let known = KnownParts(rows: rows, current: current, hasHeavyTails: isHeavy)
          let held = try known.coverage(rounds: rounds, seed: 50_000).held
          let shares = held.map { String(format: "%.1f %%", 100 * Double($0) / Double(rounds)) }
          lines.append(
            "| \(rows) and \(current) | \(isHeavy ? "heavy tails" : "even") "
              + "| \(shares.joined(separator: " | ")) |")
        }
      }
      return lines.joined(separator: "\n")
    }
  }
}
