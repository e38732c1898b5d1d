#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a two-sample Anderson–Darling test.
public struct AndersonDarling: Sendable, Equatable {
  /// A², standardised.
  public let statistic: Double
  /// 0.001…0.25, the range the published table covers.
  public let pValue: Double
  /// Whether the p-value is the end of that range rather than what was found.
  public let isClipped: Bool
}

/// The Anderson–Darling test that two samples come from one distribution, by midranks.
///
/// O(n + m). Source: Scholz and Stephens (1987), "K-Sample Anderson–Darling Tests", Journal of the
/// American Statistical Association 82, equation 7 and table 2, whose levels are interpolated by a
/// parabola in their logarithm. Agrees with SciPy's `anderson_ksamp`.
///
/// - Parameters:
///   - reference: ascending, finite, not empty.
///   - current: likewise.
/// - Throws: where a sample is empty, all values are equal, or there are fewer than 4 in all.
public func andersonDarling(
  _ reference: Span<Double>, _ current: Span<Double>
) throws(UndefinedStatistic) -> AndersonDarling {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let (n, m) = (Double(reference.count), Double(current.count))
  let total = n + m
  guard total > 3 else { throw .tooFewObservations(required: 2, got: Int(min(n, m))) }
  var fromReference = CompensatedSum()
  var fromCurrent = CompensatedSum()
  var before = (reference: 0.0, current: 0.0)
  var groups = 0
  forEachTieGroup(reference, current) { _, inReference, inCurrent in
    let (r, c) = (Double(inReference), Double(inCurrent))
    let size = r + c
    let middle = before.reference + before.current + size / 2
    let weight = size / total / (middle * (total - middle) - total * size / 4)
    let first = total * (before.reference + r / 2) - middle * n
    let second = total * (before.current + c / 2) - middle * m
    fromReference.add(weight * first * first)
    fromCurrent.add(weight * second * second)
    before = (before.reference + r, before.current + c)
    groups += 1
  }
  guard groups > 1 else { throw .constantSamples }
  let sum = (fromReference.value / n + fromCurrent.value / m) * (total - 1) / total
  let statistic = (sum - 1) / variance(n, m).squareRoot()
  guard statistic.isFinite else { throw .outOfRange }
  let (p, isClipped) = interpolatedPValue(statistic)
  return AndersonDarling(statistic: statistic, pValue: p, isClipped: isClipped)
}

/// The variance of A² for two samples.
private func variance(_ n: Double, _ m: Double) -> Double {
  let total = n + m
  let inverse = 1 / n + 1 / m
  var harmonic = 0.0
  var g = 0.0
  for i in stride(from: Int(total) - 1, to: 1, by: -1) {
    harmonic += 1 / Double(i)
    g += harmonic / Double(Int(total) - i + 1)
  }
  let h = harmonic + 1
  let a = (4 * g - 6) + (10 - 6 * g) * inverse
  let b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
  let c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * inverse + 4 * h
  let d = (2 * h + 6) * 4 - 8 * h
  let cubic = ((a * total + b) * total + c) * total + d
  return cubic / ((total - 1) * (total - 2) * (total - 3))
}

/// Critical values for two samples, and their levels.
private let critical = [0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546]
private let levels = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001]
private let parabola = fitParabola(critical, levels.map { log($0) })

private func interpolatedPValue(_ statistic: Double) -> (p: Double, isClipped: Bool) {
  if statistic < critical[0] { return (0.25, true) }
  if statistic > critical[6] { return (0.001, true) }
  return (exp(parabola.0 + (parabola.1 + parabola.2 * statistic) * statistic), false)
}

/// Least squares for c₀ + c₁x + c₂x², by orthogonal polynomials, which keeps all digits.
private func fitParabola(_ x: [Double], _ y: [Double]) -> (Double, Double, Double) {
  let count = Double(x.count)
  let mean = x.reduce(0, +) / count
  let line = x.map { $0 - mean }
  let lineNorm = line.reduce(0) { $0 + $1 * $1 }
  let skew = line.reduce(0) { $0 + $1 * $1 * $1 } / lineNorm
  let square = line.map { $0 * $0 - skew * $0 - lineNorm / count }
  let squareNorm = square.reduce(0) { $0 + $1 * $1 }
  let constant = y.reduce(0, +) / count
  let slope = zip(line, y).reduce(0) { $0 + $1.0 * $1.1 } / lineNorm
  let bend = zip(square, y).reduce(0) { $0 + $1.0 * $1.1 } / squareNorm
  // Back from powers of x − mean.
  let c2 = bend
  let c1 = slope - bend * skew - 2 * bend * mean
  let c0 =
    constant - slope * mean + bend * (mean * mean + skew * mean - lineNorm / count)
  return (c0, c1, c2)
}
