import Statistics

extension DriftMethod {
  static let andersonDarling = DriftMethod(
    id: "anderson_darling", thresholdKind: .significance, effectFloor: EffectFloor.ksDistance,
    numbers: { pair in
      let test = try Statistics.andersonDarling(
        pair.reference.values.span, pair.current.values.span)
      return try MethodResult(
        statistic: test.statistic, pValue: test.pValue, ksDistanceOf: pair,
        details: ["p_value_clipped": .flag(test.isClipped)])
    })

  static let cramerVonMises = DriftMethod(
    id: "cramer_von_mises", thresholdKind: .significance, effectFloor: EffectFloor.ksDistance,
    numbers: { pair in
      let test = try Statistics.cramerVonMises(
        pair.reference.values.span, pair.current.values.span)
      return try MethodResult(
        statistic: test.statistic, pValue: test.pValue, ksDistanceOf: pair,
        details: ["p_value_algorithm": .text(test.isExact ? "exact" : "asymptotic")])
    })

  static let eppsSingleton = DriftMethod(
    id: "epps_singleton", thresholdKind: .significance, effectFloor: EffectFloor.ksDistance,
    numbers: { pair in
      let test = try Statistics.eppsSingleton(
        pair.reference.values.span, pair.current.values.span)
      return try MethodResult(
        statistic: test.statistic, pValue: test.pValue, ksDistanceOf: pair,
        details: ["degrees_of_freedom": .number(Double(test.degreesOfFreedom))])
    })

  static let mannWhitney = DriftMethod(
    id: "mann_whitney", thresholdKind: .significance, effectFloor: EffectFloor.rankBiserial,
    numbers: { pair in
      let test = try Statistics.mannWhitney(pair.reference.values.span, pair.current.values.span)
      return MethodResult(
        statistic: test.statistic, pValue: test.pValue, effectSize: test.rankBiserial,
        effectSizeName: "rank_biserial",
        details: ["p_value_algorithm": .text(test.isExact ? "exact" : "asymptotic")])
    })

  static let welchT = DriftMethod(
    id: "welch_t", thresholdKind: .significance, effectFloor: EffectFloor.cohensD,
    numbers: { try welch($0.reference.moments, $0.current.moments) },
    cells: { try welch($0.reference.moments, $0.current.moments) })

  private static func welch(_ reference: Moments, _ current: Moments) throws -> MethodResult {
    let test = try Statistics.welchT(reference, current)
    return MethodResult(
      statistic: test.statistic, pValue: test.pValue, effectSize: test.cohensD,
      effectSizeName: "cohens_d",
      details: ["degrees_of_freedom": .number(test.degreesOfFreedom)])
  }

  /// The energy distance, a distance in the root of the values' unit.
  static let energy = DriftMethod(
    id: "energy", thresholdKind: .distance,
    numbers: { pair in
      let distance = try energyDistance(pair.reference.values.span, pair.current.values.span)
      return MethodResult(
        statistic: distance, effectSize: distance, effectSizeName: "energy_distance")
    })
}

extension MethodResult {
  /// A result whose effect size is the Kolmogorov–Smirnov distance, for tests whose statistic says
  /// nothing of size.
  fileprivate init(
    statistic: Double, pValue: Double, ksDistanceOf pair: NumericPair, details: [String: Detail]
  ) throws {
    let distance = try kolmogorovSmirnovDistance(
      pair.reference.values.span, pair.current.values.span)
    self.init(
      statistic: statistic, pValue: pValue, effectSize: distance, effectSizeName: "ks_distance",
      details: details)
  }
}
