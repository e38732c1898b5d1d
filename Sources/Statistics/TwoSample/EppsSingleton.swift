#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of an Epps–Singleton test.
public struct EppsSingleton: Sendable, Equatable {
  public let statistic: Double
  public let pValue: Double
  /// The rank of the covariance, which is the χ² distribution's degrees of freedom.
  public let degreesOfFreedom: Int
}

/// The Epps–Singleton test: compares the empirical characteristic functions at 0.4 and 0.8 of the
/// pooled semi-interquartile range. Needs no continuity.
///
/// O(n + m). Source: Epps and Singleton (1986), Journal of Statistical Computation and Simulation
/// 26. Agrees with SciPy's `epps_singleton_2samp`.
///
/// - Parameters:
///   - reference: ascending, finite, at least 5 values.
///   - current: likewise.
/// - Throws: where a sample is too small, or the pooled interquartile range is 0.
public func eppsSingleton(
  _ reference: Span<Double>, _ current: Span<Double>
) throws(UndefinedStatistic) -> EppsSingleton {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let smaller = min(reference.count, current.count)
  guard smaller >= 5 else { throw .tooFewObservations(required: 5, got: smaller) }
  var pooled: [Double] = []
  pooled.reserveCapacity(reference.count + current.count)
  forEachTieGroup(reference, current) { value, inReference, inCurrent in
    for _ in 0..<(inReference + inCurrent) { pooled.append(value) }
  }
  guard let high = quantile(pooled.span, 0.75), let low = quantile(pooled.span, 0.25),
    high > low
  else { throw .constantSamples }
  let scale = (high - low) / 2
  let first = CharacteristicMoments(reference, [0.4 / scale, 0.8 / scale])
  let second = CharacteristicMoments(current, [0.4 / scale, 0.8 / scale])
  let (n, m) = (Double(reference.count), Double(current.count))
  let total = n + m
  var covariance = [Double](repeating: 0, count: 16)
  for index in covariance.indices {
    covariance[index] =
      total / n * first.covariance[index] + total / m * second.covariance[index]
  }
  let difference = (0..<4).map { first.mean[$0] - second.mean[$0] }
  let form = SymmetricMatrix4(covariance).inverseForm(difference)
  var statistic = total * form.value
  if max(reference.count, current.count) < 25 {
    statistic /= 1 + pow(total, -0.45) + 10.1 * (pow(n, -1.7) + pow(m, -1.7))
  }
  guard statistic.isFinite, form.rank > 0 else { throw .outOfRange }
  return EppsSingleton(
    statistic: statistic,
    pValue: ChiSquare.sf(statistic, degreesOfFreedom: Double(form.rank)),
    degreesOfFreedom: form.rank)
}

/// Mean and covariance (with n below) of cos t₁x, cos t₂x, sin t₁x, sin t₂x.
private struct CharacteristicMoments {
  var mean = [Double](repeating: 0, count: 4)
  var covariance = [Double](repeating: 0, count: 16)

  init(_ values: Span<Double>, _ t: [Double]) {
    var sums = [CompensatedSum](repeating: CompensatedSum(), count: 4)
    for index in 0..<values.count {
      let row = Self.row(values[index], t)
      for k in 0..<4 { sums[k].add(row[k]) }
    }
    let n = Double(values.count)
    mean = sums.map { $0.value / n }
    let centre = SIMD4(mean[0], mean[1], mean[2], mean[3])
    var squares = [SIMD4<Double>](repeating: SIMD4(), count: 4)
    for index in 0..<values.count {
      let row = Self.row(values[index], t) - centre
      for k in 0..<4 { squares[k] += row * row[k] }
    }
    for i in 0..<4 {
      for j in 0..<4 { covariance[i * 4 + j] = squares[i][j] / n }
    }
  }

  private static func row(_ value: Double, _ t: [Double]) -> SIMD4<Double> {
    SIMD4(cos(t[0] * value), cos(t[1] * value), sin(t[0] * value), sin(t[1] * value))
  }
}

/// A symmetric 4×4 matrix, by its eigenvalues (Jacobi's rotations).
private struct SymmetricMatrix4 {
  private var entries: [Double]
  private var vectors: [Double]

  init(_ entries: [Double]) {
    self.entries = entries
    vectors = (0..<16).map { $0 % 5 == 0 ? 1 : 0 }
    for _ in 0..<60 {
      var offDiagonal = 0.0
      for p in 0..<3 {
        for q in (p + 1)..<4 { offDiagonal += abs(self.entries[p * 4 + q]) }
      }
      guard offDiagonal > 0 else { break }
      for p in 0..<3 {
        for q in (p + 1)..<4 { rotate(p, q) }
      }
    }
  }

  private mutating func rotate(_ p: Int, _ q: Int) {
    let off = entries[p * 4 + q]
    guard abs(off) > 1e-300 else {
      entries[p * 4 + q] = 0
      entries[q * 4 + p] = 0
      return
    }
    let theta = (entries[q * 4 + q] - entries[p * 4 + p]) / (2 * off)
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<4 {
      let (a, b) = (entries[k * 4 + p], entries[k * 4 + q])
      entries[k * 4 + p] = c * a - s * b
      entries[k * 4 + q] = s * a + c * b
    }
    for k in 0..<4 {
      let (a, b) = (entries[p * 4 + k], entries[q * 4 + k])
      entries[p * 4 + k] = c * a - s * b
      entries[q * 4 + k] = s * a + c * b
      let (v, w) = (vectors[k * 4 + p], vectors[k * 4 + q])
      vectors[k * 4 + p] = c * v - s * w
      vectors[k * 4 + q] = s * v + c * w
    }
  }

  /// vᵀ A⁺ v with the pseudo-inverse A⁺, and the rank; eigenvalues below 4 ε of the largest are 0.
  func inverseForm(_ v: [Double]) -> (value: Double, rank: Int) {
    let values = (0..<4).map { entries[$0 * 5] }
    let limit = (values.map { abs($0) }.max() ?? 0) * 4 * Double.ulpOfOne
    var sum = 0.0
    var rank = 0
    for k in 0..<4 where abs(values[k]) > limit {
      let projection = (0..<4).reduce(0) { $0 + vectors[$1 * 4 + k] * v[$1] }
      sum += projection * projection / values[k]
      rank += 1
    }
    return (sum, rank)
  }
}
