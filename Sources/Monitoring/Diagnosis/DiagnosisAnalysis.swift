public import Statistics

/// What the rows of predictions say, before any cause is blamed.
public struct DiagnosisAnalysis: Sendable {
  /// The loss of current rows − that of reference rows, over all rows; nil without labels on both sides.
  public internal(set) var change: EstimatedEffect?
  public internal(set) var referenceLoss: Double?
  public internal(set) var currentLoss: Double?
  /// The change in parts, over the rows that models were applied to.
  public internal(set) var attribution: LossAttribution?
  /// What the loss is expected to change by because rows are others, where current labels are not known yet.
  public internal(set) var anticipated: EstimatedEffect?
  /// What the model itself makes of the concept part: the loss of its scores less the loss of the scores it
  /// used to give to such rows. nil where its scores for the same features did not change.
  public internal(set) var modelPart: EstimatedEffect?
  public internal(set) var segments: [SegmentSearch.Segment] = []
  public internal(set) var segmentsTested = 0
  public internal(set) var features: [FeatureShift] = []
  /// 1 where both sides have the same sort of rows, 0 where none could be of the other side.
  public internal(set) var overlap: Double?
  /// How well the sides are told apart by features, as an area under the ROC curve.
  public internal(set) var separation: Double?
  /// Scores given features: the mean, and the spread about what is expected.
  public internal(set) var scoreShift: ConditionalShift?
  /// Outcomes given features.
  public internal(set) var outcomeShift: ConditionalShift?
  /// Where outcomes given features changed otherwise than elsewhere.
  public internal(set) var outcomeSegments: [SegmentSearch.Segment] = []
  /// Where outcomes go along with scores otherwise than elsewhere.
  public internal(set) var turnedSegments: [SegmentSearch.Segment] = []
  /// What is broken about predictions themselves: that they are missing or infinite.
  public internal(set) var scoreDefects: [FeatureDefect] = []
  /// Whether a feature is broken that scores go along with.
  public internal(set) var hasBrokenInput = false
  /// Losses given features, where both sides have such rows.
  public internal(set) var lossShift: EstimatedEffect?
  public internal(set) var labelShift: LabelShift?
  /// What is expected of scores alone, where labels are missing: Jensen–Shannon distance of scores.
  public internal(set) var scoreDistance: Double?
  /// Onsets by what began: `loss`, `outcome`, `score`, `concept`, `feature:NAME`.
  public internal(set) var onsets: [String: Onset] = [:]
  public internal(set) var notes: [String] = []

  /// A comparison of something given features.
  public struct ConditionalShift: Sendable, Equatable {
    public var mean: EstimatedEffect
    /// Of the spread, or of how it goes along with the score.
    public var shape: EstimatedEffect
    /// The larger |z|.
    public var z: Double { max(abs(mean.z), abs(shape.z)) }
    /// Whether it is large enough to matter, whatever the number of rows.
    public var isMaterial: Bool
  }

  /// When something began.
  public struct Onset: Sendable, Equatable {
    public var at: Instant
    /// What times the series does not tell from it.
    public var range: ClosedRange<Instant>
  }

  /// Whether the loss rose: by more than chance, and by more than a hundredth of what it was.
  public var degraded: Bool? {
    guard let change, let referenceLoss else { return nil }
    return change.z > 2.5 && change.value > 0.01 * abs(referenceLoss)
  }

  /// Whether the loss fell: likewise.
  public var improved: Bool? {
    guard let change, let referenceLoss else { return nil }
    return change.z < -2.5 && change.value < -0.01 * abs(referenceLoss)
  }

  /// What the world itself makes of the change: the concept part less what the model makes of it.
  var worldPart: EstimatedEffect? {
    guard let concept = attribution?.concept else { return nil }
    guard let model = modelPart else { return concept }
    let variance =
      concept.standardError * concept.standardError + model.standardError * model.standardError
    return EstimatedEffect(
      value: concept.value - model.value, standardError: variance.squareRoot())
  }

  /// The part of the change that a value makes, 0…1; 0 where there is no rise to explain.
  func share(_ value: Double) -> Double {
    guard degraded == true, let change, change.value > 0 else { return 0 }
    return min(1, max(0, value / change.value))
  }

  init(_ tables: DiagnosisTables, options: DiagnosisOptions) {
    notes = tables.notes
    let (first, second) = (tables.reference, tables.current)
    let losses = (first.losses.filter(\.isFinite), second.losses.filter(\.isFinite))
    if losses.0.count >= 30, losses.1.count >= 30 {
      let (before, now) = (Moments(losses.0), Moments(losses.1))
      (referenceLoss, currentLoss) = (before.mean, now.mean)
      change = .difference(before, now)
    } else {
      notes.append("fewer than 30 labelled rows on a side: the change of the loss is not known")
    }
    let thinned = tables.thinned(to: options.rows, notes: &notes)
    features = thinned.features.map { FeatureShift($0, among: thinned.features.count) }
    FeatureShift.adjust(&features)
    var models = BoostedTrees.Settings()
    (models.trees, models.depth) = (options.trees, options.depth)
    let comparison = ConditionalComparison(thinned, settings: models, seed: options.seed)
    overlap = comparison.overlap?.share
    separation = comparison.overlap?.separation
    scoreShift = comparison.scoreShift
    let outcomes = comparison.outcomeShift(modelChanged: scoreShift?.isMaterial == true)
    outcomeShift = outcomes?.shift
    outcomeSegments = outcomes?.segments ?? []
    turnedSegments = outcomes?.turns ?? []
    scoreDefects = FeatureDefect.absent("predictions", first.scores, second.scores)
    labelShift = Self.labelShift(thinned)
    scoreDistance = Self.distance(first.scores, second.scores)
    attribute(thinned, comparison, models, options)
    findOnsets(thinned, comparison)
    judgeSinceOnset(thinned)
    hasBrokenInput = zip(features, thinned.features).contains { shift, feature in
      (shift.defects.first?.strength ?? 0) >= 0.4
        && Self.goAlong(thinned.reference.scores, with: feature)
    }
  }

  /// Whether scores differ between values of a feature by more than chance: the share of their variance between
  /// cells, against what as many random cells would have.
  private static func goAlong(
    _ scores: [Double], with feature: DiagnosisTables.Feature
  ) -> Bool {
    guard !scores.isEmpty else { return true }
    let cells = FeatureShift.cells(feature).0
    var groups: [Int: (sum: Double, count: Double)] = [:]
    let known = scores.indices.filter { scores[$0].isFinite }
    for row in known {
      let group = groups[cells[row], default: (0, 0)]
      groups[cells[row]] = (group.sum + scores[row], group.count + 1)
    }
    let all = Moments(known.map { scores[$0] })
    guard let variance = all.variance, variance > 0 else { return false }
    let between = groups.sorted { $0.key < $1.key }.reduce(0.0) { sum, group in
      let mean = group.value.sum / group.value.count
      return sum + group.value.count * (mean - all.mean) * (mean - all.mean)
    }
    let share = between / (variance * Double(known.count))
    return share > 0.002 + 5 * Double(groups.count - 1) / Double(known.count)
  }

  private mutating func attribute(
    _ tables: DiagnosisTables, _ comparison: ConditionalComparison,
    _ settings: BoostedTrees.Settings, _ options: DiagnosisOptions
  ) {
    guard !tables.features.isEmpty else { return }
    let (one, two) = (tables.reference.labelled, tables.current.labelled)
    let reference = tables.features.map { $0.reference.rows(one) }
    guard change != nil else {
      anticipate(reference, one, tables, settings, options)
      return
    }
    let current = tables.features.map { $0.current.rows(two) }
    let familiarity = comparison.overlap.map { overlap in
      let all = overlap.familiarity
      return two.map { all[$0] }
    }
    // Too few rows are the only reason, which is noted.
    guard
      let found = try? LossAttribution(
        reference: reference, referenceLoss: one.map { tables.reference.losses[$0] },
        current: current, currentLoss: two.map { tables.current.losses[$0] },
        familiarity: familiarity, settings: settings, pairs: options.pairs, seed: options.seed)
    else {
      notes.append("too few labelled reference rows to say which features matter")
      return
    }
    attribution = found
    for (index, effect) in found.features.enumerated() { features[index].contribution = effect }
    // Where the reference has no such rows, their loss says nothing of a changed relation.
    let known = two.indices.filter { (familiarity?[$0] ?? 1) >= 0.5 }
    let search = SegmentSearch(
      reference: reference, current: current.map { $0.rows(known) },
      referenceResiduals: found.referenceResiduals,
      currentResiduals: known.map { found.currentResiduals[$0] }, of: two.count)
    segments = search.segments
    segmentsTested = search.tested
    lossShift = comparison.overlap?.difference(
      tables.reference.spread(found.referenceResiduals),
      tables.current.spread(found.currentResiduals))
    if scoreShift?.isMaterial == true { modelPart = comparison.modelPart }
  }

  private mutating func anticipate(
    _ reference: [AttributionColumn], _ rows: [Int], _ tables: DiagnosisTables,
    _ settings: BoostedTrees.Settings, _ options: DiagnosisOptions
  ) {
    let current = tables.features.map(\.current)
    // nil where too few reference rows have a loss: then nothing is anticipated.
    anticipated = try? LossAttribution.anticipated(
      reference: reference, referenceLoss: rows.map { tables.reference.losses[$0] },
      current: current, settings: settings, seed: options.seed)
  }

  private static func labelShift(_ tables: DiagnosisTables) -> LabelShift? {
    let (one, two) = (tables.reference, tables.current)
    guard !one.outcomes.isEmpty, !two.outcomes.isEmpty else { return nil }
    var codes: (Double) -> Int = { $0.isNaN ? -1 : $0 >= 0.5 ? 1 : 0 }
    var count = 2
    if tables.classes.count > 2 {
      count = tables.classes.count
    } else if !tables.isClassification {
      var known = one.outcomes.filter(\.isFinite)
      sortAscending(&known)
      let cells = Cells.equalFrequency(sortedReference: known.span, count: 10)
      codes = { $0.isFinite ? cells.index(of: $0) : -1 }
      count = cells.count
    }
    func columns(_ side: DiagnosisTables.Side) -> [AttributionColumn] {
      side.scores.isEmpty ? [] : [AttributionColumn(values: side.scores, isCategory: false)]
    }
    func outcomes(_ side: DiagnosisTables.Side) -> [Int] {
      tables.classes.count > 2 ? side.classes.map(Int.init) : side.outcomes.map(codes)
    }
    // nil where outcomes are too few or of one kind: then nothing is said of their shift.
    return try? LabelShift(
      reference: outcomes(one), current: outcomes(two), outcomes: count,
      referenceColumns: tables.features.map(\.reference) + columns(one),
      currentColumns: tables.features.map(\.current) + columns(two),
      scores: one.scores.isEmpty || two.scores.isEmpty ? nil : tables.features.count,
      referenceLoss: one.losses,
      separately: tables.classes.count > 2)
  }

  private static func distance(_ reference: [Double], _ current: [Double]) -> Double? {
    guard !reference.isEmpty, !current.isEmpty else { return nil }
    return FeatureShift(
      DiagnosisTables.Feature(name: "score", reference: reference, current: current)
    ).distance
  }
}

extension DiagnosisTables.Side {
  /// Rows with a loss.
  var labelled: [Int] { losses.indices.filter { losses[$0].isFinite } }

  /// Values of the rows with a loss, over all rows: NaN at the others.
  func spread(_ values: [Double]) -> [Double] {
    var all = [Double](repeating: .nan, count: rows)
    for (place, row) in labelled.enumerated() { all[row] = values[place] }
    return all
  }
}

extension AttributionColumn {
  func rows(_ chosen: [Int]) -> AttributionColumn {
    AttributionColumn(values: chosen.map { values[$0] }, isCategory: isCategory)
  }
}

extension DiagnosisTables {
  /// At most `count` rows a side, evenly over the table.
  func thinned(to count: Int, notes: inout [String]) -> DiagnosisTables {
    func chosen(_ side: Side) -> [Int]? {
      guard side.rows > count else { return nil }
      return (0..<count).map { $0 * side.rows / count }
    }
    var tables = self
    let (one, two) = (chosen(reference), chosen(current))
    if let one {
      tables.reference = reference.rows(one)
      for index in features.indices {
        tables.features[index].reference = features[index].reference.rows(one)
      }
    }
    if let two {
      tables.current = current.rows(two)
      for index in features.indices {
        tables.features[index].current = features[index].current.rows(two)
      }
    }
    if one != nil || two != nil {
      notes.append(
        "features, segments and causes are judged by \(tables.reference.rows) of "
          + "\(reference.rows) reference rows and \(tables.current.rows) of \(current.rows) current "
          + "rows, taken evenly; the change of the loss is that of all rows")
    }
    return tables
  }
}
