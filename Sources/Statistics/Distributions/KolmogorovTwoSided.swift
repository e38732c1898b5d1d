#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The distribution of the two-sided Kolmogorov–Smirnov statistic Dₙ of one sample of size n.
///
/// Which algorithm is used where follows Simard and L'Ecuyer (2011), "Computing the Two-Sided
/// Kolmogorov–Smirnov Distribution", Journal of Statistical Software 39(11): exact formulas at the
/// ends, Durbin's matrix (Marsaglia, Tsang and Wang 2003), Pomeranz' recursion (1974), twice the
/// one-sided tail where both sides cannot be exceeded at once but rarely (Miller 1956), and the
/// expansion of Pelz and Good (1976).
public enum KolmogorovTwoSided {
  /// P(Dₙ > x).
  ///
  /// - Parameters:
  ///   - x: the statistic.
  ///   - n: the sample's size, at least 1.
  public static func sf(_ x: Double, n: Int) -> Double {
    guard n > 0, !x.isNaN else { return .nan }
    if x >= 1 { return 0 }
    if x <= 0 { return 1 }
    let size = Double(n)
    let t = size * x
    if t <= 1 { return 1 - smallest(t, n: n) }
    if t >= size - 1 { return clipped(2 * exp(size * log1p(-x))) }
    if x >= 0.5 { return clipped(2 * Smirnov.sf(x, n: n)) }
    let scaled = t * x
    if n <= 140 {
      if scaled <= 0.754693 { return clipped(1 - DurbinMatrix.cdf(x, n: n)) }
      if scaled <= 4 { return clipped(1 - Pomeranz.cdf(x, n: n)) }
      return clipped(2 * Smirnov.sf(x, n: n))
    }
    if scaled >= 370 { return 0 }
    if scaled >= 2.2 { return clipped(2 * Smirnov.sf(x, n: n)) }
    if n <= 100_000, size * x * x.squareRoot() <= 1.4 {
      return clipped(1 - DurbinMatrix.cdf(x, n: n))
    }
    return clipped(1 - PelzGood.cdf(x, n: n))
  }

  /// P(Dₙ ≤ x) for 1/2n ≤ x ≤ 1/n: n! (2x − 1/n)ⁿ.
  private static func smallest(_ t: Double, n: Int) -> Double {
    guard t > 0.5 else { return 0 }
    // n!/nⁿ = √(2πn) e^(−n) e^(Stirling's error)
    let size = Double(n)
    let logarithm =
      0.5 * log(2 * .pi * size) - size + BinomialTerm.stirlingError(size)
      + size * log(2 * t - 1)
    return clipped(exp(logarithm))
  }

  private static func clipped(_ p: Double) -> Double { min(1, max(0, p)) }
}

/// The expansion of Pelz and Good: four terms in powers of 1/√n, as theta series in z = x√n.
enum PelzGood {
  static func cdf(_ x: Double, n: Int) -> Double {
    let z = Double(n).squareRoot() * x
    let z2 = z * z
    let z3 = z2 * z
    let z4 = z2 * z2
    let z6 = z4 * z2
    let z8 = z4 * z4
    let pi2 = Double.pi * .pi
    let pi4 = pi2 * pi2
    let pi6 = pi4 * pi2
    let logQ = -pi2 / 8 / z2
    guard logQ > -708 else { return 0 }
    let q = exp(logQ)
    let terms = max(1, Int((16 * z / .pi).rounded(.up)))
    // Σ c(m²) q^(m²) over odd m, by Horner's rule in q^8k.
    var sums = SIMD4<Double>()
    for k in stride(from: terms, through: 1, by: -1) {
      let m = Double(2 * k - 1)
      let m2 = m * m
      let m4 = m2 * m2
      let m6 = m4 * m2
      let k1 = -z2 + pi2 / 4 * m2
      let k2 =
        6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * pi2 / 4 * m2 + pi4 * (1 - 2 * z2) / 16 * m4
      let k3a = -30 * z6 - 90 * z8 + pi2 * (135 * z4 - 96 * z6) / 4 * m2
      let k3b = pi4 * (-60 * z2 + 212 * z4) / 16 * m4
      let k3c = pi6 * (5 - 30 * z2) / 64 * m6
      sums = sums * exp(8 * Double(k) * logQ) + SIMD4(1, k1, k2, k3a + k3b + k3c)
    }
    sums *= q * (2 * Double.pi).squareRoot()
    sums /= SIMD4(z, 6 * z4, 72 * z6 * z, 6480 * z8 * z2)
    // The sums over all integers that the second and third terms have besides.
    let logR = -pi2 / 2 / z2
    var second = 0.0
    var third = 0.0
    for k in stride(from: terms, through: 1, by: -1) {
      let k2 = Double(k * k)
      let power = exp(k2 * logR)
      second += k2 * power
      third += (3 * z2 - pi2 * k2) * k2 * power
    }
    let root = (2 * Double.pi).squareRoot()
    sums[2] -= second * pi2 * root / (36 * z3)
    sums[3] += third * pi2 * root / (216 * z6)
    let size = Double(n)
    return sums[0] + sums[1] / size.squareRoot() + sums[2] / size
      + sums[3] / (size * size.squareRoot())
  }
}
