#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which way a one-sided alternative goes.
public enum Alternative: String, Sendable, CaseIterable {
  case twoSided = "two_sided"
  /// The reference's distribution function lies below current's: its values tend to be larger.
  case less
  /// The reference's distribution function lies above current's: its values tend to be smaller.
  case greater
}

/// The result of a two-sample Kolmogorov–Smirnov test.
public struct KolmogorovSmirnov: Sendable, Equatable {
  public enum Algorithm: String, Sendable {
    case exact, asymptotic
  }

  /// D, the largest difference between the two empirical distribution functions.
  public let statistic: Double
  public let pValue: Double
  /// A value at which the difference is taken.
  public let location: Double
  /// 1 where the reference's function is the higher one there, else −1.
  public let sign: Int
  public let algorithm: Algorithm
}

/// The two-sample Kolmogorov–Smirnov test.
///
/// D = sup |Fr − Fc| over right-continuous empirical distribution functions, ties included. The
/// p-value is exact, by counting lattice paths, where both samples have at most 10 000 values; beyond,
/// it is that of the one-sample statistic of size round(n·m/(n+m)), which is closer than the limit
/// distribution. One-sided p-values beyond are Hodges' approximation.
///
/// O(n + m), and O(n·m·D) for the exact p-value.
///
/// Sources: Hodges (1958), "The significance probability of the Smirnov two-sample test", Arkiv för
/// Matematik 3; Simard and L'Ecuyer (2011). Agrees with SciPy's `ks_2samp(method='auto')`.
///
/// - Parameters:
///   - reference: ascending, finite, not empty.
///   - current: likewise.
///   - alternative: which differences count.
/// - Throws: ``UndefinedStatistic/emptySample(_:)``.
public func kolmogorovSmirnov(
  _ reference: Span<Double>, _ current: Span<Double>, alternative: Alternative = .twoSided
) throws(UndefinedStatistic) -> KolmogorovSmirnov {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let extremes = EmpiricalDifference(reference, current)
  let (n, m) = (reference.count, current.count)
  let takesLow =
    alternative == .less || (alternative == .twoSided && -extremes.lowest > extremes.highest)
  // As the difference of two shares, so that the last bits are those of the definition.
  let counts = takesLow ? extremes.countsAtLowest : extremes.countsAtHighest
  let difference = Double(counts.0) / Double(n) - Double(counts.1) / Double(m)
  var statistic = max(0, takesLow ? -difference : difference)
  var p: Double?
  if max(n, m) <= 10_000 {
    let exact = exactPValue(statistic, n, m, alternative)
    statistic = exact.statistic
    p = exact.p
  }
  return KolmogorovSmirnov(
    statistic: statistic, pValue: p ?? asymptoticPValue(statistic, n, m, alternative),
    location: takesLow ? extremes.locationOfLowest : extremes.locationOfHighest,
    sign: takesLow ? -1 : 1, algorithm: p == nil ? .asymptotic : .exact)
}

/// D alone, without a p-value. O(n + m).
///
/// - Parameters:
///   - reference: ascending, finite, not empty.
///   - current: likewise.
public func kolmogorovSmirnovDistance(
  _ reference: Span<Double>, _ current: Span<Double>
) throws(UndefinedStatistic) -> Double {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let extremes = EmpiricalDifference(reference, current)
  let largest = Double(max(extremes.highest, -extremes.lowest))
  return largest / (Double(reference.count) * Double(current.count))
}

/// Where Fr − Fc is largest and smallest.
struct EmpiricalDifference {
  /// In units of 1/(n·m).
  private(set) var highest = 0
  private(set) var lowest = 0
  /// Values up to the place, of the reference and of current.
  private(set) var countsAtHighest = (0, 0)
  private(set) var countsAtLowest = (0, 0)
  private(set) var locationOfHighest: Double
  private(set) var locationOfLowest: Double

  /// Walks through both samples in order of value.
  ///
  /// The walk takes both samples a value further where they are equal, and looks at the difference
  /// only where the next value is a greater one, so that ties count as the functions have them.
  /// Comparisons become numbers to add rather than branches to guess.
  init(_ reference: Span<Double>, _ current: Span<Double>) {
    let (n, m) = (reference.count, current.count)
    locationOfHighest = reference[0]
    locationOfLowest = current[0]
    var i = 0
    var j = 0
    var difference = 0
    while i < n && j < m {
      let (a, b) = (reference[i], current[j])
      let value = min(a, b)
      let stepsReference = a <= b ? 1 : 0
      let stepsCurrent = b <= a ? 1 : 0
      i &+= stepsReference
      j &+= stepsCurrent
      difference &+= m &* stepsReference &- n &* stepsCurrent
      if difference > highest || difference < lowest {
        // A group of equal values counts once it is through.
        let isThrough =
          (i == n || reference[i] != value) && (j == m || current[j] != value)
        if isThrough { note(difference, value, (i, j)) }
      }
    }
    // One sample is through; of the other, equal values may still be to come.
    let last = i > 0 && j > 0 ? max(reference[i - 1], current[j - 1]) : 0
    while i < n, reference[i] == last {
      i += 1
      difference += m
    }
    while j < m, current[j] == last {
      j += 1
      difference -= n
    }
    note(difference, last, (i, j))
  }

  private mutating func note(_ difference: Int, _ value: Double, _ counts: (Int, Int)) {
    if difference > highest {
      highest = difference
      locationOfHighest = value
      countsAtHighest = counts
    } else if difference < lowest {
      lowest = difference
      locationOfLowest = value
      countsAtLowest = counts
    }
  }
}

/// The p-value by counting lattice paths, and D as the multiple of 1/lcm(n, m) that it is.
private func exactPValue(
  _ statistic: Double, _ n: Int, _ m: Int, _ alternative: Alternative
) -> (statistic: Double, p: Double?) {
  let divisor = greatestCommonDivisor(n, m)
  let multiple = n / divisor * m
  let h = Int((statistic * Double(multiple)).rounded(.toNearestOrEven))
  guard h > 0 else { return (0, 1) }
  let exact = Double(h) / Double(multiple)
  let p: Double?
  switch alternative {
  case .twoSided:
    p =
      n == m
      ? LatticePaths.outsideBand(n, h)
      : LatticePaths.outside(n, m, divisor: divisor, h: h, bothSides: true)
  case .less, .greater:
    if n == m {
      p = (0..<h).reduce(1) { $0 * Double(n - $1) / (Double(n + $1) + 1) }
    } else if LatticePaths.tooMany(n, m) {
      p = nil
    } else {
      p = LatticePaths.outside(n, m, divisor: divisor, h: h, bothSides: false)
    }
  }
  guard let p, p >= 0, p <= 1 else { return (exact, nil) }
  return (exact, p)
}

private func asymptoticPValue(
  _ statistic: Double, _ n: Int, _ m: Int, _ alternative: Alternative
) -> Double {
  let (larger, smaller) = (Double(max(n, m)), Double(min(n, m)))
  let size = larger * smaller / (larger + smaller)
  if alternative == .twoSided {
    return KolmogorovTwoSided.sf(statistic, n: Int(size.rounded(.toNearestOrEven)))
  }
  let z = size.squareRoot() * statistic
  let correction =
    2 * z * (larger + 2 * smaller) / (larger * smaller * (larger + smaller)).squareRoot() / 3
  return min(1, max(0, exp(-2 * z * z - correction)))
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
