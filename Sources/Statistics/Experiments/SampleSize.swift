#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What an experiment has to tell apart, and how surely.
public struct ExperimentDesign: Sendable, Equatable {
  /// What is compared.
  public enum Metric: Sendable, Equatable {
    /// A mean of values with this standard deviation.
    case mean(standardDeviation: Double)
    /// A share of units.
    case proportion
  }

  public var metric: Metric
  /// The control's mean or share.
  public var baseline: Double
  /// The smallest difference worth finding, in the metric's own units, not 0.
  public var minimumEffect: Double
  /// Two-sided level of significance.
  public var alpha: Double

  public init(metric: Metric, baseline: Double, minimumEffect: Double, alpha: Double = 0.05) {
    self.metric = metric
    self.baseline = baseline
    self.minimumEffect = minimumEffect
    self.alpha = alpha
  }

  /// Units per variant that find the effect with some power.
  ///
  /// Means: 2 (z₁₋α⸝₂ + z_power)² σ² / δ². Proportions: (z₁₋α⸝₂ √(2p̄q̄) + z_power √(p₁q₁ + p₂q₂))² / δ²
  /// (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions). Rounded up.
  ///
  /// - Parameter power: above α/2, below 1.
  /// - Returns: nil where no number is enough or the design is not one: no effect, or a share outside
  ///   0…1.
  public func units(power: Double) -> Int? {
    guard let (null, alternative) = spreads, minimumEffect != 0, power > alpha / 2, power < 1 else {
      return nil
    }
    let root = Normal.quantile(1 - alpha / 2) * null + Normal.quantile(power) * alternative
    let units = (root / minimumEffect) * (root / minimumEffect)
    guard units.isFinite, units < 1e15 else { return nil }
    // What rounding adds to a whole number is not another unit.
    return max(2, Int((units * (1 - 1e-12)).rounded(.up)))
  }

  /// The power that some number of units per variant has; the wrong tail left out.
  public func power(units: Int) -> Double? {
    guard let (null, alternative) = spreads, alternative > 0 else { return nil }
    let reach = abs(minimumEffect) * Double(units).squareRoot()
    return Normal.sf((Normal.quantile(1 - alpha / 2) * null - reach) / alternative)
  }

  /// The effect found with some power by some number of units per variant; of proportions the one above
  /// the baseline, or below where there is none above.
  public func effect(units: Int, power: Double) -> Double? {
    let root = Double(units).squareRoot()
    switch metric {
    case .mean(let deviation):
      let z = Normal.quantile(1 - alpha / 2) + Normal.quantile(power)
      return z * deviation * 2.0.squareRoot() / root
    case .proportion:
      for limit in [1 - baseline, -baseline] where limit != 0 {
        var (low, high) = (0.0, 1.0)
        func isEnough(_ share: Double) -> Bool {
          var design = self
          design.minimumEffect = limit * share
          return (design.power(units: units) ?? 1) >= power
        }
        guard isEnough(1) else { continue }
        for _ in 0..<60 {
          let middle = (low + high) / 2
          if isEnough(middle) { high = middle } else { low = middle }
        }
        return limit * high
      }
      return nil
    }
  }

  /// √n times the standard error of the difference, where nothing differs and where the effect is.
  private var spreads: (null: Double, alternative: Double)? {
    switch metric {
    case .mean(let deviation):
      guard deviation > 0, deviation.isFinite else { return nil }
      return (deviation * 2.0.squareRoot(), deviation * 2.0.squareRoot())
    case .proportion:
      let other = baseline + minimumEffect
      guard (0...1).contains(baseline), (0...1).contains(other) else { return nil }
      let middle = (baseline + other) / 2
      return (
        (2 * middle * (1 - middle)).squareRoot(),
        (baseline * (1 - baseline) + other * (1 - other)).squareRoot()
      )
    }
  }
}
