import Statistics

extension DriftMethod {
  /// The Kolmogorov–Smirnov test; D is its own effect size.
  static let kolmogorovSmirnov = DriftMethod(
    id: "ks_test", thresholdKind: .significance, effectFloor: EffectFloor.ksDistance,
    numbers: { pair in
      let test = try Statistics.kolmogorovSmirnov(
        pair.reference.values.span, pair.current.values.span)
      return MethodResult(
        statistic: test.statistic, pValue: test.pValue, effectSize: test.statistic,
        effectSizeName: "ks_distance",
        details: [
          "p_value_algorithm": .text(test.algorithm.rawValue), "location": .number(test.location),
          "sign": .number(Double(test.sign)),
        ])
    },
    cells: { pair in
      let bounds = try kolmogorovSmirnovBounds(
        pair.cells, reference: pair.reference.counts, current: pair.current.counts)
      let size = effectiveSize(pair.reference.total, pair.current.total)
      return MethodResult(
        statistic: bounds.estimate, pValue: KolmogorovTwoSided.sf(bounds.estimate, n: size),
        effectSize: bounds.estimate, effectSizeName: "ks_distance",
        details: [
          "p_value_algorithm": .text("asymptotic"), "lower_bound": .number(bounds.lower),
          "upper_bound": .number(bounds.upper), "cells": .number(Double(pair.cells.count)),
        ])
    })

  /// round(n·m/(n+m)), at least 1.
  private static func effectiveSize(_ n: Int, _ m: Int) -> Int {
    let size = Double(n) * Double(m) / (Double(n) + Double(m))
    return max(1, Int(size.rounded(.toNearestOrEven)))
  }
}

/// Effects below which the robust policy sees no drift: what a shift of a tenth of a standard
/// deviation does to two normal samples, the same that the default threshold of `wasserstein` asks.
enum EffectFloor {
  /// 2Φ(0.05) − 1.
  static let ksDistance = 0.04
  static let cohensD = 0.1
  /// 2Φ(0.1/√2) − 1.
  static let rankBiserial = 0.056
  /// A difference of 0.1 in 2 asin √p.
  static let cohensH = 0.1
  /// Half of Cohen's small w, as 0.1 is half of his small d.
  static let cramersV = 0.05
}
