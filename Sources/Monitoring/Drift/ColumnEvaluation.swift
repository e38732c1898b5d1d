import Statistics

/// One column compared, before p-values are adjusted across columns.
struct ColumnEvaluation: Sendable {
  var column: ComparableColumn
  /// The whole of current against reference.
  var outcome: MethodOutcome
  var referenceCount = 0
  var currentCount = 0
  var referenceMissing = 0
  var currentMissing = 0
  var referenceNonFinite = 0
  var currentNonFinite = 0
  var referenceSummary: NumericSummary?
  var currentSummary: NumericSummary?
  var distribution: Distribution?
  var findings: [QualityFinding] = []
  /// Each chunk of current against reference.
  var chunks: [MethodOutcome] = []
}

/// A method's result on two samples, or why there is none.
struct MethodOutcome: Sendable {
  let choice: MethodChoice
  let result: MethodResult?
  let reason: String?
  /// Whether both samples are large enough for the robust policy to ask for an effect.
  let isLarge: Bool

  /// Runs the chosen method; a statistic that does not exist becomes a reason.
  init(
    _ choice: MethodChoice, counts: (reference: Int, current: Int),
    _ compare: (DriftMethod) throws -> MethodResult?
  ) {
    self.choice = choice
    isLarge = min(counts.reference, counts.current) > MethodChoice.smallSample
    do {
      if let result = try compare(choice.method) {
        self.result = result.isFinite ? result : nil
        reason =
          !result.isFinite
          ? UndefinedStatistic.outOfRange.description
          : result.statistic == nil ? "the statistic is infinite" : nil
      } else {
        result = nil
        reason = "\(choice.method.id) needs every value, and only counts in cells are known"
      }
    } catch {
      result = nil
      reason = "\(error)"
    }
  }

  /// The effect size the robust policy asks for, where it has a say.
  func effectFloor(_ policy: DriftPolicy) -> Double? {
    policy == .robust && isLarge ? choice.method.effectFloor : nil
  }

  /// Whether the column drifted, given its adjusted p-value; nil where there is no result.
  func drifted(adjustedPValue: Double?, policy: DriftPolicy) -> Bool? {
    guard let result else { return nil }
    switch choice.method.thresholdKind {
    case .distance: return result.statistic.map { $0 >= choice.threshold }
    case .significance:
      guard let adjustedPValue else { return nil }
      let isSignificant = adjustedPValue < choice.threshold
      guard let floor = effectFloor(policy) else { return isSignificant }
      return isSignificant && abs(result.effectSize) >= floor
    }
  }

  /// How far beyond (above 1) or short of (below 1) drift the result is, for putting columns in
  /// order.
  var strength: Double {
    guard let result else { return -1 }
    let scale =
      choice.method.thresholdKind == .distance
      ? choice.threshold : choice.method.effectFloor ?? choice.threshold
    return scale > 0 ? abs(result.effectSize) / scale : abs(result.effectSize)
  }
}

/// p-values of several outcomes, adjusted for being several; nil where there is none.
func adjustedPValues(_ outcomes: [MethodOutcome], _ correction: Correction) -> [Double?] {
  let raw = outcomes.map { outcome in
    outcome.choice.method.thresholdKind == .significance ? outcome.result?.pValue : nil
  }
  let known = raw.compactMap { $0 }
  var next = correction.adjust(known).makeIterator()
  return raw.map { $0 == nil ? nil : next.next() }
}
