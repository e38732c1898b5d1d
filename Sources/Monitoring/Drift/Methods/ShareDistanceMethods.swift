import Statistics

extension DriftMethod {
  static let hellinger = shareDistance(id: "hellinger") {
    try Statistics.hellinger(reference: $0, current: $1)
  }

  static let totalVariation = shareDistance(id: "total_variation") {
    try Statistics.totalVariation(reference: $0, current: $1)
  }

  static let lInfinity = shareDistance(id: "l_infinity") {
    try Statistics.lInfinity(reference: $0, current: $1)
  }

  private static func shareDistance(
    id: String, _ distance: @escaping @Sendable ([Int], [Int]) throws -> Double
  ) -> DriftMethod {
    shares(id: id) { pair in
      let value = try distance(pair.reference, pair.current)
      return MethodResult(
        statistic: value, effectSize: value, effectSizeName: id, details: pair.details)
    }
  }
}
