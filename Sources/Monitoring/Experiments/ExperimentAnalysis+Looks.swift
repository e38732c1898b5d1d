import Statistics

/// A look at an experiment that was taken earlier.
public struct ExperimentLook: Codable, Sendable, Equatable {
  public var metric: String
  public var treatment: String
  /// Units over those planned; nil where no end was planned.
  @NullCoded public var informationFraction: Double?
  public var z: Double
  /// The smallest always-valid p-value up to this look.
  @NullCoded public var alwaysValidPValue: Double?

  public init(
    metric: String, treatment: String, informationFraction: Double?, z: Double,
    alwaysValidPValue: Double? = nil
  ) {
    self.metric = metric
    self.treatment = treatment
    self.informationFraction = informationFraction
    self.z = z
    self.alwaysValidPValue = alwaysValidPValue
  }
}

extension ExperimentAnalysis {
  /// This look, to be kept for the next; empty where nothing could be compared.
  public func look(in report: ExperimentReport) -> [ExperimentLook] {
    report.comparisons.compactMap { comparison in
      guard let z = comparison.z else { return nil }
      return ExperimentLook(
        metric: comparison.metric, treatment: comparison.treatment,
        informationFraction: informationFraction, z: z,
        alwaysValidPValue: comparison.alwaysValidPValue)
    }
  }

  func looksBefore(_ comparison: ExperimentComparison) -> [ExperimentLook] {
    earlierLooks.filter {
      $0.metric == comparison.metric && $0.treatment == comparison.treatment
    }
  }

  private var informationFraction: Double? {
    guard let maximum = config.maximumSampleSize else { return nil }
    let units = config.variants.reduce(0) { $0 + (state.variants[$1.name]?.units ?? 0) }
    return Double(units) / (Double(maximum) * Double(config.variants.count))
  }

  /// Every comparison against boundaries over the looks really taken, this one last. α is shared out
  /// evenly over comparisons, unless p-values are not to be corrected.
  func sequential(_ comparisons: [ExperimentComparison]) -> SequentialResult? {
    guard let spending = config.spending, !comparisons.isEmpty else { return nil }
    let alpha =
      config.significanceLevel / (config.correction == .none ? 1 : Double(comparisons.count))
    let tests = comparisons.compactMap { test($0, spending, alpha: alpha) }
    guard let first = tests.first else { return nil }
    let primary = tests.filter { $0.metric == first.metric }
    return SequentialResult(
      spending: spending.rawValue, alpha: alpha, looks: first.looks,
      canStopEarly: primary.contains { $0.crossed }, tests: tests)
  }

  private func test(
    _ comparison: ExperimentComparison, _ spending: SpendingFunction, alpha: Double
  ) -> SequentialTest? {
    guard let fraction = informationFraction, fraction > 0 else { return nil }
    var looks: [(fraction: Double, z: Double?)] = []
    for look in looksBefore(comparison) {
      guard let seen = look.informationFraction.map({ min($0, 1) }),
        seen > (looks.last?.fraction ?? 0) + Self.sameLook
      else { continue }
      looks.append((seen, look.z))
    }
    // The look at the planned end was the last: α is spent, whatever comes in later.
    if (looks.last?.fraction ?? 0) < 1 - Self.sameLook {
      let now = min(fraction, 1)
      looks.removeAll { $0.fraction > now - Self.sameLook }
      looks.append((now, comparison.z))
    }
    guard
      let boundaries = GroupSequentialBoundaries(
        spending: spending, fractions: looks.map(\.fraction), alpha: alpha)
    else { return nil }
    let judged = zip(boundaries.looks, looks).map { SequentialLook($0, observedZ: $1.z) }
    return SequentialTest(
      metric: comparison.metric, treatment: comparison.treatment, looks: judged,
      crossed: judged.contains { $0.crossed })
  }

  /// Looks at as good as the same information are one.
  private static var sameLook: Double { 1e-9 }

  /// Adjusts p-values over metrics and treatments and says which differences are no chance: of a
  /// sequential test those that crossed their boundary.
  func judge(_ comparisons: inout [ExperimentComparison], _ sequential: SequentialResult?) {
    let known = comparisons.indices.filter { comparisons[$0].pValue != nil }
    let raw = known.compactMap { comparisons[$0].pValue }
    for (index, adjusted) in zip(known, config.correction.adjust(raw)) {
      comparisons[index].adjustedPValue = adjusted
      comparisons[index].significant = adjusted < config.significanceLevel
    }
    guard config.spending != nil else { return }
    for index in known {
      let test = sequential?.tests.first {
        $0.metric == comparisons[index].metric && $0.treatment == comparisons[index].treatment
      }
      comparisons[index].significant = test?.crossed ?? false
    }
  }
}
