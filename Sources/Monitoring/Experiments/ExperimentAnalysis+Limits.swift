import Statistics

extension ExperimentAnalysis {
  func sampleRatio() -> SampleRatio {
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

  func guardrails() -> [GuardrailResult] {
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
    guard let seen = state.variants[variant]?.guardrails[guardrail.name], seen.values.count > 0
    else {
      result.reason = UndefinedStatistic.noRows.description
      return result
    }
    result.count = seen.values.count
    var pValues: [Double] = []
    switch guardrail.aggregate {
    case .mean:
      let estimate = seen.values.ratio ?? seen.values.plain
      let bounds = estimate.oneSidedBounds(confidence: 1 - config.significanceLevel)
      (result.value, result.lower, result.upper) = (estimate.mean, bounds?.lower, bounds?.upper)
      if let maximum = guardrail.maximum {
        pValues.append(estimate.oneSidedPValue(above: maximum))
      }
      if let minimum = guardrail.minimum {
        pValues.append(estimate.oneSidedPValue(below: minimum))
      }
    case .quantile(let level):
      // A percentile is beyond a limit just where more values are than it leaves room for.
      (result.value, result.lower, result.upper) = (seen.value, seen.lower, seen.upper)
      if guardrail.maximum != nil { pValues.append(Self.excess(seen.above, beyond: 1 - level)) }
      if guardrail.minimum != nil { pValues.append(Self.excess(seen.below, beyond: level)) }
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

  /// The p-value of the share of rows beyond a limit being at most `share`: exact where each unit has
  /// one row, else by the spread between units.
  private static func excess(_ rows: PairedMoments, beyond share: Double) -> Double {
    if rows.meanX == 1, rows.squaresX == 0 {
      let hits = Int((rows.meanY * Double(rows.count)).rounded())
      return binomialUpperTail(hits, of: rows.count, probability: share)
    }
    return rows.ratio?.oneSidedPValue(above: share) ?? 1
  }
}
