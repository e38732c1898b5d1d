#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much of α may have been spent once some share of the information is in.
///
/// Source: Lan and DeMets (1983), "Discrete Sequential Boundaries for Clinical Trials", Biometrika 70.
public enum SpendingFunction: String, Sendable, CaseIterable, Codable {
  /// 2 − 2Φ(z₁₋α⸝₂ / √t): little early, most of it late.
  case obrienFleming = "obrien_fleming"
  /// α ln(1 + (e − 1) t): about evenly.
  case pocock

  /// - Parameters:
  ///   - fraction: of the information, taken as 1 above 1; nothing is spent at 0.
  ///   - alpha: of one side.
  public func spent(fraction: Double, alpha: Double) -> Double {
    guard fraction > 0 else { return 0 }
    guard fraction < 1 else { return alpha }
    switch self {
    case .obrienFleming:
      return 2 * Normal.sf(Normal.quantile(1 - alpha / 2) / fraction.squareRoot())
    case .pocock: return alpha * log(1 + (M_E - 1) * fraction)
    }
  }
}

/// Boundaries of a test that looks at its data several times.
public struct GroupSequentialBoundaries: Sendable, Equatable {
  public struct Look: Sendable, Equatable {
    public let informationFraction: Double
    /// Both sides together where there are two, this look and all before.
    public let alphaSpent: Double
    /// |z| (z, one-sided) at and above which the test stops; nil where nothing may be spent yet.
    public let z: Double?
    /// The p-value of a single test that goes with `z`.
    public let nominalP: Double?
  }

  public let looks: [Look]

  /// Finds the boundary at each look so that crossing it there for the first time has just the
  /// probability newly spent.
  ///
  /// The density of a path that has crossed nothing yet is carried from look to look by numerical
  /// integration (Armitage, McPherson and Rowe 1969, Journal of the Royal Statistical Society A 132;
  /// Jennison and Turnbull 2000, Group Sequential Methods, chapter 19). Two-sided boundaries are
  /// symmetric, and each side spends half of α.
  ///
  /// - Parameters:
  ///   - spending: how much may have been spent when.
  ///   - fractions: of the information, ascending, above 0; 1 is the plan's end.
  ///   - alpha: of the whole test, 0…0.5.
  ///   - sides: 1 or 2.
  /// - Returns: nil where fractions do not ascend from above 0, or alpha or sides are out of range.
  public init?(
    spending: SpendingFunction, fractions: [Double], alpha: Double, sides: Int = 2
  ) {
    let capped = fractions.map { min($0, 1) }
    guard alpha > 0, alpha < 0.5, sides == 1 || sides == 2, capped.first.map({ $0 > 0 }) ?? true,
      zip(capped, capped.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    let ofSide = alpha / Double(sides)
    var path = SurvivingPath()
    var looks: [Look] = []
    var before = 0.0
    for fraction in capped {
      let spent = spending.spent(fraction: fraction, alpha: ofSide)
      let increment = spent - before
      path.advance(to: fraction)
      let z = increment > 1e-300 ? path.boundary(crossedWith: increment) : nil
      path.stop(at: z, isTwoSided: sides == 2)
      looks.append(
        Look(
          informationFraction: fraction, alphaSpent: spent * Double(sides), z: z,
          nominalP: z.map { Double(sides) * Normal.sf($0) }))
      before = spent
    }
    self.looks = looks
  }
}

/// The score statistic S = z√t of a test that has not stopped: its density at nodes of integration.
private struct SurvivingPath {
  /// Nodes, and density times weight of each; a point mass at 0 before the first look.
  private var nodes = [0.0]
  private var masses = [1.0]
  private var time = 0.0
  /// Standard deviation of the last increment.
  private var step = 1.0
  private var next: (nodes: [Double], masses: [Double]) = ([], [])

  mutating func advance(to fraction: Double) {
    step = (fraction - time).squareRoot()
    time = fraction
  }

  /// The z that is crossed upwards at this look with `probability`.
  func boundary(crossedWith probability: Double) -> Double? {
    let scale = time.squareRoot()
    func crossed(_ z: Double) -> Double {
      var sum = CompensatedSum()
      for (node, mass) in zip(nodes, masses) {
        sum.add(mass * Normal.sf((z * scale - node) / step))
      }
      return sum.value
    }
    var (low, high) = (-10.0, 40.0)
    guard crossed(low) >= probability, crossed(high) <= probability else { return nil }
    for _ in 0..<200 where high - low > 1e-14 * max(1, abs(high)) {
      let middle = (low + high) / 2
      if crossed(middle) > probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// Keeps what did not cross: below `z`, and above −z where there are two sides.
  mutating func stop(at z: Double?, isTwoSided: Bool) {
    // Beyond ten standard deviations there is nothing to integrate.
    let far = 10 * time.squareRoot()
    let upper = min(z.map { $0 * time.squareRoot() } ?? far, far)
    let lower = isTwoSided ? -upper : -far
    guard upper > lower else { return }
    // Panels no wider than the density's bends.
    let panels = min(2_000, max(16, Int(((upper - lower) / step).rounded(.up)) * 2))
    let width = (upper - lower) / Double(panels)
    var (newNodes, newMasses): ([Double], [Double]) = ([], [])
    newNodes.reserveCapacity(panels * Self.abscissas.count * 2)
    newMasses.reserveCapacity(panels * Self.abscissas.count * 2)
    for panel in 0..<panels {
      let centre = lower + (Double(panel) + 0.5) * width
      for (abscissa, weight) in zip(Self.abscissas, Self.weights) {
        for sign in [-1.0, 1] {
          let node = centre + sign * abscissa * width / 2
          newNodes.append(node)
          newMasses.append(weight * width / 2 * density(node))
        }
      }
    }
    nodes = newNodes
    masses = newMasses
  }

  private func density(_ value: Double) -> Double {
    var sum = 0.0
    for (node, mass) in zip(nodes, masses) {
      let distance = (value - node) / step
      if abs(distance) < 39 { sum += mass * exp(-0.5 * distance * distance) }
    }
    return sum / (step * (2 * Double.pi).squareRoot())
  }

  /// Gauss and Legendre's rule of eight points on (−1, 1), one half of it.
  private static let abscissas = [
    0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363,
  ]
  private static let weights = [
    0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763,
  ]
}
