import Statistics

extension DriftMethod {
  /// Pearson's χ² test of homogeneity.
  static let chiSquare = homogeneity(id: "chi_square") {
    try Statistics.chiSquare(reference: $0, current: $1)
  }

  static let gTest = homogeneity(id: "g_test") {
    try Statistics.gTest(reference: $0, current: $1)
  }

  private static func homogeneity(
    id: String, _ test: @escaping @Sendable ([Int], [Int]) throws -> Homogeneity
  ) -> DriftMethod {
    categories(id: id, effectFloor: EffectFloor.cramersV) { pair in
      let found = try test(pair.reference, pair.current)
      var details = pair.details
      details["degrees_of_freedom"] = .number(Double(found.degreesOfFreedom))
      return MethodResult(
        statistic: found.statistic, pValue: found.pValue, effectSize: found.cramersV,
        effectSizeName: "cramers_v", details: details)
    }
  }

  /// Fisher's exact test of two categories; its statistic is the odds ratio.
  static let fisherExact = categories(id: "fisher_exact", effectFloor: EffectFloor.cohensH) {
    pair in
    let found = try Statistics.fisherExact(reference: pair.reference, current: pair.current)
    let effect = try Statistics.zProportion(reference: pair.reference, current: pair.current)
    var details = pair.details
    details["odds_ratio"] = found.oddsRatio.map { .number($0) } ?? .text("infinite")
    return MethodResult(
      statistic: found.oddsRatio, pValue: found.pValue, effectSize: effect.cohensH,
      effectSizeName: "cohens_h", details: details)
  }

  /// The pooled z-test of two proportions; the first category in order of name is the one counted.
  static let zProportion = categories(id: "z_proportion", effectFloor: EffectFloor.cohensH) {
    pair in
    let found = try Statistics.zProportion(reference: pair.reference, current: pair.current)
    return MethodResult(
      statistic: found.statistic, pValue: found.pValue, effectSize: found.cohensH,
      effectSizeName: "cohens_h", details: pair.details)
  }
}
