import Columns
import Statistics

/// How many values of a column fall into each cell, with what else is kept of them.
///
/// Counts add up: of files, of days, of chunks.
struct CellCounts: Sendable {
  var counts: [Int]
  var missing = 0
  var nonFinite = 0
  var moments = Moments()

  init(cells: Cells) {
    counts = [Int](repeating: 0, count: cells.count)
  }

  mutating func add(_ sample: NumericSample, in cells: Cells) {
    cells.count(sample.values.span, into: &counts)
    missing += sample.missing
    nonFinite += sample.nonFinite
    moments.merge(Moments(sample.values.span))
  }

  mutating func merge(_ other: CellCounts) {
    for index in counts.indices { counts[index] += other.counts[index] }
    missing += other.missing
    nonFinite += other.nonFinite
    moments.merge(other.moments)
  }

  /// Values that are in cells.
  var total: Int { moments.count }
}
