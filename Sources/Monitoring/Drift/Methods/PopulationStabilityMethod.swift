import Statistics

extension DriftMethod {
  /// The population stability index: 0.1 moderate, 0.25 major.
  static let populationStabilityIndex = shares(id: "psi") { pair in
    let index = try Statistics.populationStabilityIndex(
      reference: pair.reference, current: pair.current)
    var details = pair.details
    details["epsilon"] = .number(index.epsilon)
    details["noise_floor"] = .number(index.noiseFloor)
    details["major"] = .flag(index.statistic >= 0.25)
    return MethodResult(
      statistic: index.statistic, effectSize: index.statistic, effectSizeName: "psi",
      details: details)
  }

  /// The Kullback–Leibler divergence of current from the reference.
  static let kullbackLeibler = shares(id: "kl_divergence") { pair in
    let divergence = try Statistics.kullbackLeibler(
      reference: pair.reference, current: pair.current)
    var details = pair.details
    details["epsilon"] = .number(divergence.epsilon)
    details["reverse"] = .number(divergence.reverse)
    return MethodResult(
      statistic: divergence.statistic, effectSize: divergence.statistic,
      effectSizeName: "kl_divergence", details: details)
  }
}
