#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The population stability index of two lists of counts.
public struct PopulationStability: Sendable, Equatable {
  /// Σ (c − r) ln(c/r).
  public let statistic: Double
  /// What the index is on average where nothing changed: (cells − 1)(1/n + 1/m).
  public let noiseFloor: Double
  /// The share that smaller shares are raised to.
  public let epsilon: Double
}

/// The population stability index: the sum of both Kullback–Leibler divergences.
///
/// A share below `epsilon` is raised to it, without scaling the others. O(k). Source: Siddiqi (2006),
/// Credit Risk Scorecards; its mean without change follows from the χ² limit (Yurdakul 2018).
///
/// - Parameters:
///   - reference: counts by cell or category, at least 0.
///   - current: counts of the same cells.
///   - epsilon: the share that smaller ones are raised to, above 0.
/// - Throws: ``UndefinedStatistic/emptySample(_:)``.
public func populationStabilityIndex(
  reference: [Int], current: [Int], epsilon: Double = 1e-4
) throws(UndefinedStatistic) -> PopulationStability {
  let shares = try Shares(reference, current)
  let statistic = shares.sum { r, c in
    let (r, c) = (max(r, epsilon), max(c, epsilon))
    return (c - r) * log(c / r)
  }
  let n = reference.reduce(0) { $0 + Double($1) }
  let m = current.reduce(0) { $0 + Double($1) }
  return PopulationStability(
    statistic: statistic, noiseFloor: Double(max(0, reference.count - 1)) * (1 / n + 1 / m),
    epsilon: epsilon)
}

/// The Kullback–Leibler divergences of two lists of counts, in nats.
public struct KullbackLeibler: Sendable, Equatable {
  /// Σ r ln(r/c): how far current is from the reference.
  public let statistic: Double
  /// Σ c ln(c/r).
  public let reverse: Double
  public let epsilon: Double
}

/// The Kullback–Leibler divergence; shares below `epsilon` are raised to it, as for the index above.
///
/// O(k). Source: Kullback and Leibler (1951), Annals of Mathematical Statistics 22.
public func kullbackLeibler(
  reference: [Int], current: [Int], epsilon: Double = 1e-4
) throws(UndefinedStatistic) -> KullbackLeibler {
  let shares = try Shares(reference, current)
  func divergence(_ p: Double, _ q: Double) -> Double {
    let (p, q) = (max(p, epsilon), max(q, epsilon))
    return p * log(p / q)
  }
  return KullbackLeibler(
    statistic: shares.sum { divergence($0, $1) }, reverse: shares.sum { divergence($1, $0) },
    epsilon: epsilon)
}
