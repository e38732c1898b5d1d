import Statistics

extension ExperimentAnalysis {
  func comparisons() -> [ExperimentComparison] {
    guard let control = config.variants.first else { return [] }
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
      addPlan(&comparison)
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
    let means = MetricMeans(
      form: one.form,
      all: config.variants.compactMap { state.variants[$0.name]?.metrics[metric]?.moments })
    let pair = (means.estimate(one.moments), means.estimate(two.moments))
    if let slope = means.slope {
      let plain = one.moments.plain.variance + two.moments.plain.variance
      comparison.covariateSlope = slope
      comparison.varianceReduction =
        plain > 0 ? 1 - (pair.0.variance + pair.1.variance) / plain : nil
    }
    return pair
  }

  /// The plan's smallest effect, and how many units find it where values spread as they do.
  private func addPlan(_ comparison: inout ExperimentComparison) {
    guard let planned = config.minimumDetectableEffect,
      comparison.metric == config.metrics.first?.name, let baseline = comparison.controlMean,
      let error = comparison.standardError
    else { return }
    let effect = config.effectKind == .relative ? planned * abs(baseline) : planned
    comparison.mdeAbsolute = effect
    comparison.mdeRelative = baseline == 0 ? nil : effect / abs(baseline)
    // Of each unit: the difference's variance is that of one over their number, twice.
    let (one, two) = (Double(comparison.controlUnits), Double(comparison.treatmentUnits))
    let deviation = error / (1 / one + 1 / two).squareRoot()
    comparison.unitsNeeded = ExperimentDesign(
      metric: .mean(standardDeviation: deviation), baseline: baseline, minimumEffect: effect,
      alpha: config.significanceLevel
    ).units(power: config.power)
  }

  private func addAlwaysValid(_ comparison: inout ExperimentComparison) {
    guard let difference = comparison.difference, let error = comparison.standardError,
      let valid = alwaysValid(comparison.controlUnits + comparison.treatmentUnits, error * error)
    else { return }
    let interval = valid.interval(
      difference: difference, variance: error * error, alpha: config.significanceLevel)
    let earlier = looksBefore(comparison).compactMap(\.alwaysValidPValue)
    comparison.alwaysValidPValue = min(
      valid.pValue(difference: difference, variance: error * error), earlier.min() ?? 1)
    comparison.alwaysValidLower = interval.lower
    comparison.alwaysValidUpper = interval.upper
  }

  /// The mixture that is best about when as many units are in as were planned.
  func alwaysValid(_ units: Int, _ variance: Double) -> AlwaysValid? {
    guard variance > 0, units > 0 else { return nil }
    let planned = Double(2 * (config.maximumSampleSize ?? config.minimumSampleSize))
    return AlwaysValid(
      shortestAt: variance * Double(units) / planned, alpha: config.significanceLevel)
  }
}

/// How one metric's moments become a mean.
struct MetricMeans {
  let form: ExperimentState.Form
  /// Of y on the covariate; nil without one.
  let slope: Double?
  private let centre: Double

  /// - Parameter all: the moments of every variant.
  init(form: ExperimentState.Form, all: [PairedMoments]) {
    self.form = form
    let count = all.reduce(0) { $0 + $1.count }
    slope = form == .covariate ? PairedMoments.commonSlope(all) : nil
    centre = all.reduce(0.0) { $0 + $1.meanX * Double($1.count) } / Double(max(1, count))
  }

  func estimate(_ moments: PairedMoments) -> MeanEstimate {
    switch form {
    case .plain: moments.plain
    case .ratio: moments.ratio ?? moments.plain
    case .covariate: moments.adjusted(slope: slope ?? 0, around: centre)
    }
  }
}
