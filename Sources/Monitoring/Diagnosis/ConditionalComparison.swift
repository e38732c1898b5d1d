import Statistics

/// Compares what scores, outcomes and losses are, given features: what the model does, and what the world
/// does.
struct ConditionalComparison {
  let tables: DiagnosisTables
  let overlap: Overlap?
  /// What the reference's scores are expected to be by features.
  private let scores: CrossFittedTrees?
  private let expectedScores: [Double]
  private let settings: BoostedTrees.Settings
  private let seed: UInt64

  init(_ tables: DiagnosisTables, settings: BoostedTrees.Settings, seed: UInt64) {
    self.tables = tables
    self.settings = settings
    self.seed = seed
    let reference = tables.features.map(\.reference)
    let current = tables.features.map(\.current)
    guard !tables.features.isEmpty else {
      (overlap, scores, expectedScores) = (nil, nil, [])
      return
    }
    // Too few rows, or rows without a difference, fit no trees: then nothing is said of conditionals.
    overlap = try? Overlap(
      reference: reference, current: current, settings: settings, seed: seed &+ 11)
    let known = tables.reference.scores
    guard !known.isEmpty, !tables.current.scores.isEmpty, known.allSatisfy(\.isFinite) else {
      (scores, expectedScores) = (nil, [])
      return
    }
    // As above: too few rows fit no trees.
    scores = try? CrossFittedTrees(reference, target: known, settings: settings, seed: seed &+ 12)
    expectedScores = scores?.predict(current, rows: tables.current.rows) ?? []
  }

  /// Whether the model gives the same scores to the same features.
  var scoreShift: DiagnosisAnalysis.ConditionalShift? {
    guard let scores, let overlap, overlap.share > 0.1 else { return nil }
    let first = zip(tables.reference.scores, scores.outOfFold).map { $0 - $1 }
    // What the model says of rows unlike any it was seen with says nothing of a change.
    let familiar = overlap.familiarity
    let second = tables.current.scores.indices.map { row -> Double in
      familiar[row] < 0.5 ? .nan : tables.current.scores[row] - expectedScores[row]
    }
    let (squares, others) = (first.map { $0 * $0 }, second.map { $0 * $0 })
    guard let mean = overlap.difference(first, second),
      let shape = overlap.difference(squares, others)
    else { return nil }
    let spread = Moments(tables.reference.scores).standardDeviation ?? 0
    let usual = Moments(squares).mean
    let isMaterial =
      (abs(mean.z) > 3.5 && abs(mean.value) > 0.05 * spread)
      || (shape.z > 3.5 && shape.value > 0.25 * usual && shape.value > 0.002 * spread * spread)
    return .init(mean: mean, shape: shape, isMaterial: isMaterial)
  }

  /// Whether what happens to the same features is the same.
  ///
  /// - Parameter modelChanged: whether scores are another model's, so that they say nothing of the world.
  func outcomeShift(
    modelChanged: Bool
  ) -> (
    shift: DiagnosisAnalysis.ConditionalShift, segments: [SegmentSearch.Segment],
    turns: [SegmentSearch.Segment]
  )? {
    let (one, two) = (tables.reference, tables.current)
    guard let overlap, overlap.share > 0.1, !one.outcomes.isEmpty, !two.outcomes.isEmpty else {
      return nil
    }
    let usesScores = !modelChanged && !one.scores.isEmpty && !two.scores.isEmpty
    // Outcomes less scores leave the trees less to learn, and hold beyond what they have seen.
    func target(_ side: DiagnosisTables.Side) -> [Double] {
      usesScores ? zip(side.outcomes, side.scores).map { $0 - $1 } : side.outcomes
    }
    let known = target(one)
    let rows = known.indices.filter { known[$0].isFinite }
    let reference = tables.features.map { $0.reference.rows(rows) }
    // Too few rows with an outcome fit no trees: then nothing is said of their shift.
    guard
      let fitted = try? CrossFittedTrees(
        reference, target: rows.map { known[$0] }, settings: settings, seed: seed &+ 13)
    else { return nil }
    let expected = fitted.predict(tables.features.map(\.current), rows: two.rows)
    var first = [Double](repeating: .nan, count: one.rows)
    var direction = [Double](repeating: .nan, count: one.rows)
    for (place, row) in rows.enumerated() {
      first[row] = known[row] - fitted.outOfFold[place]
      direction[row] = usesScores ? one.scores[row] : fitted.outOfFold[place]
    }
    let second = zip(target(two), expected).map { $0 - $1 }
    let other = usesScores ? two.scores : expected
    let directions = Moments(direction.filter(\.isFinite))
    let scale = max(1e-300, directions.standardDeviation ?? 1)
    func turned(_ residuals: [Double], _ direction: [Double]) -> [Double] {
      zip(residuals, direction).map { residual, direction in
        residual * min(3, max(-3, (direction - directions.mean) / scale))
      }
    }
    // Where a relation is turned round, outcomes are as many as they were, of other rows.
    let turns = (turned(first, direction), turned(second, other))
    guard let mean = overlap.difference(first, second),
      let shape = overlap.difference(turns.0, turns.1)
    else { return nil }
    let familiar = overlap.familiarity
    let seen = second.indices.filter { second[$0].isFinite && familiar[$0] >= 0.5 }
    let seenColumns = tables.features.map { $0.current.rows(seen) }
    func places(_ before: [Double], _ now: [Double]) -> [SegmentSearch.Segment] {
      SegmentSearch(
        reference: reference, current: seenColumns, referenceResiduals: rows.map { before[$0] },
        currentResiduals: seen.map { now[$0] }, of: two.rows, limit: 2
      ).segments
    }
    let spread = Moments(one.outcomes.filter(\.isFinite)).standardDeviation ?? 0
    let isMaterial =
      (abs(mean.z) > 3.5 && abs(mean.value) > 0.03 * spread)
      || (abs(shape.z) > 3.5 && abs(shape.value) > 0.03 * spread)
    return (
      .init(mean: mean, shape: shape, isMaterial: isMaterial), places(first, second),
      places(turns.0, turns.1)
    )
  }

  /// The loss of the scores given, less the loss of those the reference's model is expected to give, and how
  /// that differs from the reference.
  var modelPart: EstimatedEffect? {
    // Of several classes, only one's score is expected of features.
    guard let scores, tables.classes.count <= 2 else { return nil }
    func excess(
      _ side: DiagnosisTables.Side, _ expected: [Double], weights: [Double]? = nil
    ) -> Moments {
      Moments(
        side.labelled.compactMap { row in
          guard side.outcomes.indices.contains(row) else { return nil }
          let loss = tables.loss.value(score: expected[row], outcome: side.outcomes[row])
          return loss.isFinite ? (side.losses[row] - loss) * (weights?[row] ?? 1) : nil
        })
    }
    // A part of what is made of familiar rows: scores of others are no change of the model.
    return .difference(
      excess(tables.reference, scores.outOfFold),
      excess(tables.current, expectedScores, weights: overlap?.familiarity))
  }

  /// How far scores are from what features let expect, either way: what a series over time shows of a
  /// changed model.
  var scoreResiduals: ([Double], [Double])? {
    guard let scores else { return nil }
    return (
      zip(tables.reference.scores, scores.outOfFold).map { abs($0 - $1) },
      zip(tables.current.scores, expectedScores).map { abs($0 - $1) }
    )
  }
}
