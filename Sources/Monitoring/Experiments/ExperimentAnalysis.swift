import Foundation
import Statistics

/// A look at an experiment that was taken earlier.
public struct ExperimentLook: Codable, Sendable, Equatable {
  public var metric: String
  public var treatment: String
  public var informationFraction: Double
  public var z: Double

  public init(metric: String, treatment: String, informationFraction: Double, z: Double) {
    self.metric = metric
    self.treatment = treatment
    self.informationFraction = informationFraction
    self.z = z
  }
}

/// Decides what an experiment's state means: sample ratio first, then guardrails, then size, then
/// significance.
public struct ExperimentAnalysis: Sendable {
  public let config: ExperimentConfig
  public let state: ExperimentState
  /// Looks taken before this one, oldest first.
  public let earlierLooks: [ExperimentLook]

  /// The p-value below which units are taken not to have gone where they should.
  public static let sampleRatioLevel = 0.001

  public init(
    config: ExperimentConfig, state: ExperimentState, earlierLooks: [ExperimentLook] = []
  ) {
    self.config = config
    self.state = state
    self.earlierLooks = earlierLooks
  }

  /// This look, to be kept for the next; nil where nothing could be compared.
  public func look(in report: ExperimentReport) -> [ExperimentLook] {
    guard let fraction = informationFraction else { return [] }
    return report.comparisons.compactMap { comparison in
      guard let difference = comparison.difference, let error = comparison.standardError else {
        return nil
      }
      return ExperimentLook(
        metric: comparison.metric, treatment: comparison.treatment,
        informationFraction: fraction, z: difference / error)
    }
  }

  public func report() -> ExperimentReport {
    var comparisons = comparisons()
    let sequential = sequential(comparisons.first)
    judge(&comparisons, sequential)
    let ratio = sampleRatio()
    let guardrails = guardrails()
    let (verdict, recommendation) = verdict(comparisons, ratio, guardrails, sequential)
    return ExperimentReport(
      experimentID: config.experimentID, status: status(verdict, ratio), verdict: verdict,
      recommendation: recommendation, significanceLevel: config.significanceLevel,
      correction: config.correction,
      variants: config.variants.map { variant in
        let counted = state.variants[variant.name]
        return ExperimentVariant(
          name: variant.name, model: variant.model, share: variant.share,
          rows: counted?.rows ?? 0, units: counted?.units ?? 0)
      }, srm: ratio, comparisons: comparisons, guardrails: guardrails, sequential: sequential,
      timeline: timeline(), notes: notes)
  }

  private var control: ExperimentConfig.Variant? { config.variants.first }

  private var notes: [String] {
    var notes: [String] = []
    if state.mixedUnits > 0 {
      notes.append("\(state.mixedUnits) units were in more than one variant and are left out")
    }
    if state.unknownRows > 0 {
      notes.append("\(state.unknownRows) rows are of no variant of the experiment")
    }
    if state.variants.values.contains(where: { $0.units < $0.rows }) {
      notes.append("units have several rows: they are counted once, as what is independent")
    }
    return notes
  }

  private func status(_ verdict: ExperimentReport.Verdict, _ ratio: SampleRatio) -> Status {
    if ratio.mismatch { return .unknown }
    return switch verdict {
    case .stop: .critical
    case .revert: .degraded
    case .ship, .continue, .noDecision: .healthy
    }
  }

  // MARK: Metrics

  private func comparisons() -> [ExperimentComparison] {
    guard let control else { return [] }
    return config.metrics.flatMap { metric in
      config.variants.dropFirst().map { compare(metric, control.name, $0.name) }
    }
  }

  private func compare(
    _ metric: ExperimentConfig.Metric, _ control: String, _ treatment: String
  ) -> ExperimentComparison {
    var comparison = ExperimentComparison(
      metric: metric.name, control: control, treatment: treatment, direction: metric.direction,
      controlUnits: 0, treatmentUnits: 0)
    guard let one = state.variants[control]?.metrics[metric.name],
      let two = state.variants[treatment]?.metrics[metric.name]
    else {
      comparison.reason = "the metric was not read for both variants"
      return comparison
    }
    comparison.controlUnits = one.moments.count
    comparison.treatmentUnits = two.moments.count
    do {
      let pair = estimates(metric.name, one, two, &comparison)
      let result = try VariantComparison(
        control: pair.0, treatment: pair.1, confidence: 1 - config.significanceLevel)
      comparison.controlMean = result.controlMean
      comparison.treatmentMean = result.treatmentMean
      comparison.difference = result.difference
      comparison.standardError = result.standardError
      comparison.lower = result.interval.lower
      comparison.upper = result.interval.upper
      comparison.lift = result.lift
      comparison.liftLower = result.liftInterval?.lower
      comparison.liftUpper = result.liftInterval?.upper
      comparison.pValue = result.pValue
      comparison.degreesOfFreedom = result.degreesOfFreedom
      if result.lift == nil {
        comparison.reason = "the control's mean is 0, of which no lift is a share"
      }
      addAlwaysValid(&comparison)
      if one.isBinary, two.isBinary {
        comparison.proportionPValue = try zProportion(
          reference: Self.hits(two.moments), current: Self.hits(one.moments)
        ).pValue
      }
    } catch {
      comparison.controlMean = one.moments.count > 0 ? one.moments.plain.mean : nil
      comparison.treatmentMean = two.moments.count > 0 ? two.moments.plain.mean : nil
      comparison.reason = "\(error)"
    }
    return comparison
  }

  private static func hits(_ moments: PairedMoments) -> [Int] {
    let hits = Int((moments.meanY * Double(moments.count)).rounded())
    return [hits, moments.count - hits]
  }

  /// Both variants' means in the metric's form.
  private func estimates(
    _ metric: String, _ one: ExperimentState.Metric, _ two: ExperimentState.Metric,
    _ comparison: inout ExperimentComparison
  ) -> (MeanEstimate, MeanEstimate) {
    // A unit may repeat in one variant only.
    if one.form == .ratio || two.form == .ratio {
      func ratio(_ metric: ExperimentState.Metric) -> MeanEstimate {
        metric.form == .ratio ? metric.moments.ratio ?? metric.moments.plain : metric.moments.plain
      }
      return (ratio(one), ratio(two))
    }
    guard one.form == .covariate, two.form == .covariate else {
      return (one.moments.plain, two.moments.plain)
    }
    let all = config.variants.compactMap { state.variants[$0.name]?.metrics[metric]?.moments }
    let slope = PairedMoments.commonSlope(all)
    let count = all.reduce(0) { $0 + $1.count }
    let centre = all.reduce(0.0) { $0 + $1.meanX * Double($1.count) } / Double(max(1, count))
    let adjusted = [one, two].map { $0.moments.adjusted(slope: slope, around: centre) }
    let plain = one.moments.plain.variance + two.moments.plain.variance
    comparison.covariateSlope = slope
    comparison.varianceReduction =
      plain > 0 ? 1 - (adjusted[0].variance + adjusted[1].variance) / plain : nil
    return (adjusted[0], adjusted[1])
  }

  private func addAlwaysValid(_ comparison: inout ExperimentComparison) {
    guard let difference = comparison.difference, let error = comparison.standardError,
      let valid = alwaysValid(comparison.controlUnits + comparison.treatmentUnits, error * error)
    else { return }
    let interval = valid.interval(
      difference: difference, variance: error * error, alpha: config.significanceLevel)
    comparison.alwaysValidPValue = valid.pValue(difference: difference, variance: error * error)
    comparison.alwaysValidLower = interval.lower
    comparison.alwaysValidUpper = interval.upper
  }

  /// The mixture that is best about when as many units are in as were planned.
  private func alwaysValid(_ units: Int, _ variance: Double) -> AlwaysValid? {
    guard variance > 0, units > 0 else { return nil }
    let planned = Double(2 * (config.maximumSampleSize ?? config.minimumSampleSize))
    return AlwaysValid(
      shortestAt: variance * Double(units) / planned, alpha: config.significanceLevel)
  }

  // MARK: Significance

  private var informationFraction: Double? {
    guard let maximum = config.maximumSampleSize else { return nil }
    let units = config.variants.reduce(0) { $0 + (state.variants[$1.name]?.units ?? 0) }
    return Double(units) / (Double(maximum) * Double(config.variants.count))
  }

  /// Boundaries over the looks really taken, this one last.
  private func sequential(_ comparison: ExperimentComparison?) -> SequentialResult? {
    guard let spending = config.spending, let fraction = informationFraction, fraction > 0,
      let comparison
    else { return nil }
    let seen = min(fraction, 1)
    let before = earlierLooks.filter {
      $0.metric == comparison.metric && $0.treatment == comparison.treatment
        && $0.informationFraction < seen - 1e-9
    }.reduce(into: [ExperimentLook]()) { looks, look in
      if looks.last.map({ $0.informationFraction < look.informationFraction - 1e-9 }) ?? true {
        looks.append(look)
      }
    }
    let alpha = config.significanceLevel / Double(max(1, config.variants.count - 1))
    guard
      let boundaries = GroupSequentialBoundaries(
        spending: spending, fractions: before.map(\.informationFraction) + [seen], alpha: alpha)
    else { return nil }
    let now = comparison.difference.flatMap { difference in
      comparison.standardError.map { difference / $0 }
    }
    let observed: [Double?] = before.map(\.z) + [now]
    let looks = zip(boundaries.looks, observed).map { look, z in
      SequentialLook(look, observedZ: z)
    }
    return SequentialResult(
      spending: spending.rawValue, looks: looks, canStopEarly: looks.contains { $0.crossed })
  }

  /// Adjusts p-values over metrics and treatments and says which differences are no chance. A
  /// sequential test judges its first metric by the boundary.
  private func judge(
    _ comparisons: inout [ExperimentComparison], _ sequential: SequentialResult?
  ) {
    let known = comparisons.indices.filter { comparisons[$0].pValue != nil }
    let raw = known.compactMap { comparisons[$0].pValue }
    for (index, adjusted) in zip(known, config.correction.adjust(raw)) {
      comparisons[index].adjustedPValue = adjusted
      comparisons[index].significant = adjusted < config.significanceLevel
    }
    guard let last = sequential?.looks.last, !comparisons.isEmpty else { return }
    comparisons[0].significant = sequential?.canStopEarly == true || last.crossed
  }

  // MARK: Sample ratio and guardrails

  private func sampleRatio() -> SampleRatio {
    let observed = config.variants.map { state.variants[$0.name]?.units ?? 0 }
    let total = Double(observed.reduce(0, +))
    var ratio = SampleRatio(
      mismatch: false, observed: observed, expected: config.variants.map { $0.share * total })
    do {
      let p = try sampleRatioPValue(counts: observed, shares: config.variants.map(\.share))
      ratio.pValue = p
      ratio.mismatch = p < Self.sampleRatioLevel
    } catch {
      ratio.reason = "\(error)"
    }
    return ratio
  }

  private func guardrails() -> [GuardrailResult] {
    config.guardrails.flatMap { guardrail in
      config.variants.map { judge(guardrail, $0.name) }
    }
  }

  private func judge(
    _ guardrail: ExperimentConfig.Guardrail, _ variant: String
  ) -> GuardrailResult {
    var result = GuardrailResult(
      guardrail: guardrail.name, variant: variant, aggregate: guardrail.aggregate.name,
      minimum: guardrail.minimum, maximum: guardrail.maximum, count: 0)
    guard let seen = state.variants[variant]?.guardrails[guardrail.name], seen.moments.count > 0
    else {
      result.reason = UndefinedStatistic.noRows.description
      return result
    }
    result.count = seen.moments.count
    var pValues: [Double] = []
    switch guardrail.aggregate {
    case .mean:
      let estimate = seen.moments.plain
      result.value = estimate.mean
      if let maximum = guardrail.maximum {
        pValues.append(estimate.oneSidedPValue(above: maximum))
      }
      if let minimum = guardrail.minimum {
        pValues.append(estimate.oneSidedPValue(below: minimum))
      }
    case .quantile(let level):
      // A percentile is beyond a limit just where more values are than it leaves room for.
      result.value = seen.value
      if guardrail.maximum != nil {
        pValues.append(
          binomialUpperTail(seen.above, of: seen.moments.count, probability: 1 - level))
      }
      if guardrail.minimum != nil {
        pValues.append(binomialUpperTail(seen.below, of: seen.moments.count, probability: level))
      }
      if seen.value == nil { result.reason = "the percentile of several parts is not known" }
    }
    guard let least = pValues.min() else {
      result.reason = "the guardrail has no limit"
      return result
    }
    result.pValue = least
    result.violated = least < config.significanceLevel
    return result
  }

  // MARK: Verdict

  private func verdict(
    _ comparisons: [ExperimentComparison], _ ratio: SampleRatio, _ guardrails: [GuardrailResult],
    _ sequential: SequentialResult?
  ) -> (ExperimentReport.Verdict, String) {
    if ratio.mismatch {
      return (
        .noDecision,
        "NO DECISION: Sample ratio mismatch (p=\(Self.short(ratio.pValue))): units did not go to "
          + "variants as planned, so nothing they show can be trusted"
      )
    }
    let control = config.variants.first?.name
    let violated = guardrails.filter { $0.violated == true && $0.variant != control }
      .map(\.guardrail)
    if !violated.isEmpty {
      let names = Array(Set(violated)).sorted().map { "'\($0)'" }.joined(separator: ", ")
      return (.stop, "STOP: Guardrail violations detected: [\(names)]")
    }
    let units = config.variants.map { state.variants[$0.name]?.units ?? 0 }
    if let least = units.min(), least < config.minimumSampleSize {
      return (
        .continue,
        "CONTINUE: Insufficient sample size (\(least) of \(config.minimumSampleSize) units)"
      )
    }
    let primary = comparisons.filter { $0.metric == config.metrics.first?.name }
    guard let best = Self.best(primary) else {
      return (.noDecision, "NO DECISION: \(primary.first?.reason ?? "nothing could be compared")")
    }
    if best.significant == true, let gain = best.gain {
      let p = Self.short(best.adjustedPValue)
      let lift = best.lift.map { Self.percent($0) } ?? "\(best.difference ?? 0)"
      return gain > 0
        ? (.ship, "SHIP: Treatment wins with \(lift) lift (p=\(p))")
        : (.revert, "REVERT: Control wins, treatment shows \(lift) regression")
    }
    if let sequential, let last = sequential.looks.last, last.informationFraction < 1 {
      return (
        .continue,
        "CONTINUE: The boundary is not crossed at \(Self.percent(last.informationFraction)) of the "
          + "planned sample"
      )
    }
    return (.noDecision, "NO DECISION: Results not statistically significant")
  }

  /// The treatment that gains most of those whose difference is no chance; else one that loses; else
  /// any.
  private static func best(_ comparisons: [ExperimentComparison]) -> ExperimentComparison? {
    let known = comparisons.filter { $0.difference != nil }
    let real = known.filter { $0.significant == true }
    return real.max { ($0.gain ?? 0) < ($1.gain ?? 0) } ?? known.first
  }

  private static func percent(_ share: Double) -> String {
    "\((share * 10_000).rounded() / 100)%"
  }

  private static func short(_ p: Double?) -> String {
    guard let p else { return "?" }
    return p < 0.0001 ? "<0.0001" : "\((p * 10_000).rounded() / 10_000)"
  }

  // MARK: Over time

  private func timeline() -> [ExperimentDay] {
    guard let control else { return [] }
    let days = state.days.keys.sorted()
    return config.variants.dropFirst().flatMap { treatment in
      var (one, two) = (PairedMoments(), PairedMoments())
      return days.map { day in
        one.merge(state.days[day]?[control.name] ?? PairedMoments())
        two.merge(state.days[day]?[treatment.name] ?? PairedMoments())
        var entry = ExperimentDay(
          day: String(Instant(day: day).iso8601.prefix(10)), treatment: treatment.name,
          controlUnits: one.count, treatmentUnits: two.count)
        guard one.count > 1, two.count > 1 else { return entry }
        let (a, b) = (one.plain, two.plain)
        let (difference, variance) = (b.mean - a.mean, a.variance + b.variance)
        entry.difference = difference
        if let valid = alwaysValid(one.count + two.count, variance) {
          let interval = valid.interval(
            difference: difference, variance: variance, alpha: config.significanceLevel)
          entry.lower = interval.lower
          entry.upper = interval.upper
        }
        return entry
      }
    }
  }
}

extension ExperimentComparison {
  /// The difference in the direction that is better.
  var gain: Double? { difference.map { direction == .increase ? $0 : -$0 } }
}
