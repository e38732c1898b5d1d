import Statistics

extension DriftMethod {
  /// The Jensen–Shannon distance, base 2.
  static let jensenShannon = shares(id: "js_divergence") { pair in
    let found = try Statistics.jensenShannon(reference: pair.reference, current: pair.current)
    var details = pair.details
    details["divergence"] = .number(found.divergence)
    details["distance"] = .number(found.distance)
    return MethodResult(
      statistic: found.distance, effectSize: found.distance, effectSizeName: "js_distance",
      details: details)
  }
}
