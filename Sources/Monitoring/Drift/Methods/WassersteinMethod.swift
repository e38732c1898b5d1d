import Statistics

extension DriftMethod {
  /// The first Wasserstein distance in standard deviations of the reference.
  static let wasserstein = DriftMethod(
    id: "wasserstein", thresholdKind: .distance,
    numbers: { pair in
      let raw = try Statistics.wasserstein(pair.reference.values.span, pair.current.values.span)
      return try normalised(raw, pair.reference.moments, [:])
    },
    cells: { pair in
      let extremes = [pair.reference.moments, pair.current.moments]
      let bounds = try wassersteinBounds(
        pair.cells, minimum: extremes.compactMap(\.minimum).min() ?? 0,
        maximum: extremes.compactMap(\.maximum).max() ?? 0,
        reference: pair.reference.counts, current: pair.current.counts)
      let scale = try scale(pair.reference.moments) ?? 1
      return try normalised(
        bounds.estimate, pair.reference.moments,
        [
          "lower_bound": .number(bounds.lower / scale),
          "upper_bound": .number(bounds.upper / scale),
          "cells": .number(Double(pair.cells.count)),
        ])
    })

  /// The reference's standard deviation, with n below; nil where the reference is constant.
  private static func scale(_ reference: Moments) throws(UndefinedStatistic) -> Double? {
    guard let variance = reference.populationVariance else { throw .outOfRange }
    return variance > 0 ? variance.squareRoot() : nil
  }

  private static func normalised(
    _ raw: Double, _ reference: Moments, _ details: [String: Detail]
  ) throws(UndefinedStatistic) -> MethodResult {
    let scale = try scale(reference)
    let value = scale.map { raw / $0 } ?? raw
    var details = details
    details["raw"] = .number(raw)
    details["normalised"] = .number(value)
    details["is_normalised"] = .flag(scale != nil)
    details["scale"] = .number(scale ?? 0)
    return MethodResult(
      statistic: value, effectSize: value,
      effectSizeName: scale == nil ? "wasserstein" : "wasserstein_in_standard_deviations",
      details: details)
  }
}
