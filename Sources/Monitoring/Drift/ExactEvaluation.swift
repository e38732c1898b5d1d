import Columns
import DataSources
import Statistics

/// Compares columns from every value of them.
struct ExactEvaluation: Sendable {
  let reference: TableSide
  let current: TableSide
  let options: DriftOptions
  let connections: ConnectionPool

  /// Compares a group of numeric or text columns, read in one pass a side.
  func numbers(
    _ columns: [ComparableColumn], hashing hashed: (reference: [String], current: [String]),
    into duplicates: (reference: DuplicateSink, current: DuplicateSink)
  ) throws -> [ColumnEvaluation] {
    var before = try read(columns, on: reference, hashing: hashed.reference)
    try duplicates.reference(before.rowHashes)
    var now = try read(columns, on: current, hashing: hashed.current)
    try duplicates.current(now.rowHashes)
    return try columns.indices.map { index in
      // Taken out one by one, so that each column's memory is free once it is done with.
      let referenceSamples = take(&before.samples[index])
      let currentSamples = take(&now.samples[index])
      return try evaluate(
        columns[index], reference: SortedSample(merging: referenceSamples),
        current: currentSamples)
    }
  }

  private func read(
    _ columns: [ComparableColumn], on side: TableSide, hashing: [String]
  ) throws -> NumericReading {
    try connections.withConnection(to: side.relation.database) { connection in
      try side.readNumbers(columns, hashing: hashing, over: connection)
    }
  }

  private func take(_ samples: inout [NumericSample]) -> [NumericSample] {
    defer { samples = [] }
    return samples
  }

  private func evaluate(
    _ column: ComparableColumn, reference: SortedSample, current samples: [NumericSample]
  ) throws -> ColumnEvaluation {
    let pair = NumericPair(reference: reference, current: SortedSample(merging: samples))
    var evaluation = ColumnEvaluation(column: column, outcome: try compare(column, pair))
    evaluation.referenceCount = reference.values.count
    evaluation.currentCount = pair.current.values.count
    evaluation.referenceMissing = reference.missing
    evaluation.currentMissing = pair.current.missing
    evaluation.referenceNonFinite = reference.nonFinite
    evaluation.currentNonFinite = pair.current.nonFinite
    evaluation.referenceSummary = reference.summary
    evaluation.currentSummary = pair.current.summary
    evaluation.distribution = Distribution(pair)
    evaluation.findings = findings(column.name, pair)
    if current.chunks != nil {
      evaluation.chunks = try samples.map { sample in
        let chunk = SortedSample(sample)
        return try compare(
          column, NumericPair(reference: reference, current: chunk),
          sizes: (chunk.values.count, chunk.values.count))
      }
    }
    return evaluation
  }

  /// - Parameter sizes: what the method is chosen by, where not the samples' own sizes.
  private func compare(
    _ column: ComparableColumn, _ pair: NumericPair,
    sizes: (reference: Int, current: Int)? = nil
  ) throws -> MethodOutcome {
    let counts = (reference: pair.reference.values.count, current: pair.current.values.count)
    let choice = try MethodChoice.make(
      for: column, counts: sizes ?? counts, categories: nil, options: options)
    return MethodOutcome(choice, counts: counts) { try $0.compareNumbers?(pair) }
  }

  private func findings(_ column: String, _ pair: NumericPair) -> [QualityFinding] {
    let (before, now) = (pair.reference, pair.current)
    var findings = [
      QualityChecks.missing(
        column, reference: (before.missing, before.rows), current: (now.missing, now.rows)),
      QualityChecks.nonFinite(
        column, reference: (before.nonFinite, before.rows), current: (now.nonFinite, now.rows)),
    ]
    if let first = now.values.first, let last = now.values.last {
      let isConstant = first == last && now.values.count > 1
      findings.append(
        QualityChecks.constant(
          column, value: isConstant ? "\(first)" : nil,
          referenceIsConstant: before.values.first.map { $0 == before.values.last }))
      if let low = before.values.first, let high = before.values.last {
        findings.append(
          QualityChecks.outOfRange(
            column, below: now.values.partition { $0 >= low },
            above: now.values.count - now.values.partition { $0 > high },
            current: now.values.count, range: (low, high)))
      }
    }
    return findings.compactMap { $0 }
  }

  /// Compares a categorical column from counts the engine makes.
  func categories(_ column: ComparableColumn) throws -> ColumnEvaluation {
    let before = try count(column, on: reference).merged
    let chunks = try count(column, on: current)
    let now = chunks.merged
    var evaluation = ColumnEvaluation(column: column, outcome: try compare(column, before, now))
    evaluation.referenceCount = before.total
    evaluation.currentCount = now.total
    evaluation.referenceMissing = before.missing
    evaluation.currentMissing = now.missing
    evaluation.distribution = Distribution(before, now)
    evaluation.findings =
      [
        QualityChecks.missing(
          column.name, reference: (before.missing, before.missing + before.total),
          current: (now.missing, now.missing + now.total)),
        QualityChecks.constant(
          column.name, value: now.counts.count == 1 && now.total > 1 ? now.counts.keys.first : nil,
          referenceIsConstant: before.total > 0 ? before.counts.count == 1 : nil),
      ].compactMap { $0 }
      + QualityChecks.categories(column.name, reference: before, current: now)
    if current.chunks != nil {
      evaluation.chunks = try chunks.map {
        try compare(column, before, $0, sizes: ($0.total, $0.total))
      }
    }
    return evaluation
  }

  private func count(_ column: ComparableColumn, on side: TableSide) throws -> [CategoryCounts] {
    try connections.withConnection(to: side.relation.database) { connection in
      try side.countCategories(column, over: connection)
    }
  }

  private func compare(
    _ column: ComparableColumn, _ reference: CategoryCounts, _ current: CategoryCounts,
    sizes: (reference: Int, current: Int)? = nil
  ) throws -> MethodOutcome {
    let pair = CategoryPair(reference, current)
    let counts = (reference: reference.total, current: current.total)
    let choice = try MethodChoice.make(
      for: column, counts: sizes ?? counts, categories: pair.categories.count, options: options)
    return MethodOutcome(choice, counts: counts) { try $0.compareCategories?(pair) }
  }
}

/// Where the row hashes of a group of columns go.
typealias DuplicateSink = @Sendable ([UInt64]) throws -> Void

extension [CategoryCounts] {
  /// All chunks as one.
  var merged: CategoryCounts {
    reduce(into: CategoryCounts()) { $0.merge($1) }
  }
}

extension [Double] {
  /// How many sorted values come before the first for which `isBeyond` holds. O(log n).
  fileprivate func partition(_ isBeyond: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
