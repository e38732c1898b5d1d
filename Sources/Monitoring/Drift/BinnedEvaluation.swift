import Columns
import DataSources
import Statistics

/// Compares columns from counts in cells that the reference cuts.
///
/// Memory does not grow with rows: a first pass over the reference takes every so-manieth value to
/// place the cuts, a second counts the reference in them, a third counts current.
struct BinnedEvaluation: Sendable {
  let reference: TableSide
  let current: TableSide
  let options: DriftOptions
  let connections: ConnectionPool

  /// Cells a column is cut into, where its values are that many.
  static let cellCount = 1_024
  /// Values that place the cuts.
  static let sampleSize = 65_536

  func numbers(_ columns: [ComparableColumn]) throws -> [ColumnEvaluation] {
    let cells = try sampledCells(columns)
    let before = try zip(count(columns, in: cells, on: reference), cells)
      .map { $0.merged(in: $1) }
    let now = try count(columns, in: cells, on: current)
    return try columns.indices.map { index in
      try evaluate(columns[index], cells[index], before[index], chunks: now[index])
    }
  }

  /// Cells at equal frequencies of a sample of the reference taken at equal steps.
  private func sampledCells(_ columns: [ComparableColumn]) throws -> [Cells] {
    let step = max(1, reference.rows / Self.sampleSize)
    var kept = [[Double]](repeating: [], count: columns.count)
    try stream(columns, on: reference) { index, _, sample, firstRow in
      // The same rows whatever the batches: those whose number is a multiple of the step.
      let values = sample.values
      var position = (step - firstRow % step) % step
      while position < values.count {
        kept[index].append(values[position])
        position += step
      }
    }
    return kept.map { values in
      var sorted = values
      sortAscending(&sorted)
      return Cells.withPointMasses(sortedSample: sorted, count: Self.cellCount)
    }
  }

  private func count(
    _ columns: [ComparableColumn], in cells: [Cells], on side: TableSide
  ) throws -> [[CellCounts]] {
    var counts = cells.map { cells in
      [CellCounts](repeating: CellCounts(cells: cells), count: side.chunks?.chunks.count ?? 1)
    }
    try stream(columns, on: side) { index, chunk, sample, _ in
      counts[index][chunk].add(sample, in: cells[index])
    }
    return counts
  }

  /// Hands over the numbers of each batch: the column, its chunk, the values, and how many values
  /// of the column came before.
  private func stream(
    _ columns: [ComparableColumn], on side: TableSide,
    _ body: (_ column: Int, _ chunk: Int, NumericSample, _ before: Int) throws -> Void
  ) throws {
    try connections.withConnection(to: side.relation.database) { connection in
      var seen = [Int](repeating: 0, count: columns.count)
      try side.streamNumbers(columns, over: connection) { index, chunk, sample in
        try body(index, chunk, sample, seen[index])
        seen[index] += sample.values.count
      }
    }
  }

  private func evaluate(
    _ column: ComparableColumn, _ cells: Cells, _ before: CellCounts, chunks: [CellCounts]
  ) throws -> ColumnEvaluation {
    let now = chunks.merged(in: cells)
    var evaluation = ColumnEvaluation(
      column: column, outcome: try compare(column, cells, before, now))
    evaluation.referenceCount = before.total
    evaluation.currentCount = now.total
    evaluation.referenceMissing = before.missing
    evaluation.currentMissing = now.missing
    evaluation.referenceNonFinite = before.nonFinite
    evaluation.currentNonFinite = now.nonFinite
    evaluation.referenceSummary = before.summary(in: cells)
    evaluation.currentSummary = now.summary(in: cells)
    evaluation.distribution = Distribution(CellPair(cells: cells, reference: before, current: now))
    evaluation.findings = findings(column.name, before, now)
    if current.chunks != nil {
      evaluation.chunks = try chunks.map {
        try compare(column, cells, before, $0, sizes: ($0.total, $0.total))
      }
    }
    return evaluation
  }

  private func compare(
    _ column: ComparableColumn, _ cells: Cells, _ before: CellCounts, _ now: CellCounts,
    sizes: (reference: Int, current: Int)? = nil
  ) throws -> MethodOutcome {
    let counts = (reference: before.total, current: now.total)
    let choice = try MethodChoice.make(
      for: column, counts: sizes ?? counts, categories: nil, options: options)
    let pair = CellPair(cells: cells, reference: before, current: now)
    return MethodOutcome(choice, counts: counts) { try $0.compareCells?(pair) }
  }

  private func findings(
    _ column: String, _ before: CellCounts, _ now: CellCounts
  ) -> [QualityFinding] {
    let isConstant = now.total > 1 && now.moments.minimum == now.moments.maximum
    return [
      QualityChecks.missing(
        column, reference: (before.missing, before.rows), current: (now.missing, now.rows)),
      QualityChecks.nonFinite(
        column, reference: (before.nonFinite, before.rows), current: (now.nonFinite, now.rows)),
      QualityChecks.constant(
        column, value: isConstant ? now.moments.minimum.map { "\($0)" } : nil,
        referenceIsConstant: before.moments.minimum.map { $0 == before.moments.maximum }),
      outOfRange(column, before, now),
    ].compactMap { $0 }
  }

  /// Counts in cells tell that there are values outside, and which, but not always how many; the
  /// finding is made only where the outermost values show it.
  private func outOfRange(
    _ column: String, _ before: CellCounts, _ now: CellCounts
  ) -> QualityFinding? {
    guard let low = before.moments.minimum, let high = before.moments.maximum,
      let least = now.moments.minimum, let most = now.moments.maximum, least < low || most > high
    else { return nil }
    return QualityFinding(
      check: .outOfRange, column: column, severity: .info,
      message: "current runs from \(least) to \(most), reference from \(low) to \(high)")
  }
}

extension [CellCounts] {
  /// All chunks as one.
  func merged(in cells: Cells) -> CellCounts {
    reduce(into: CellCounts(cells: cells)) { $0.merge($1) }
  }
}
