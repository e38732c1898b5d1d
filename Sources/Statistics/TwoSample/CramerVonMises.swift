import CBoostMath

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The result of a two-sample Cramér–von Mises test.
public struct CramerVonMises: Sendable, Equatable {
  /// T.
  public let statistic: Double
  public let pValue: Double
  public let isExact: Bool
}

/// The two-sample Cramér–von Mises test.
///
/// T = U/(nm(n+m)) − (4nm − 1)/(6(n+m)), U from midranks. The p-value is exact where both samples
/// have at most 20 values, else that of the limit distribution at the standardised T.
///
/// O(n + m). Sources: Anderson (1962), Annals of Mathematical Statistics 33; Xiao, Gordon and
/// Yakovlev (2006), Journal of Statistical Software 17(8); Csörgő and Faraway (1996). Agrees with
/// SciPy's `cramervonmises_2samp(method='auto')`, whose series for the limit ends at terms of 1e-7.
///
/// - Parameters:
///   - reference: ascending, finite, at least 2 values.
///   - current: likewise.
public func cramerVonMises(
  _ reference: Span<Double>, _ current: Span<Double>
) throws(UndefinedStatistic) -> CramerVonMises {
  guard reference.count > 0 else { throw .emptySample(.reference) }
  guard current.count > 0 else { throw .emptySample(.current) }
  let smaller = min(reference.count, current.count)
  guard smaller > 1 else { throw .tooFewObservations(required: 2, got: smaller) }
  let (n, m) = (Double(reference.count), Double(current.count))
  var fromReference = CompensatedSum()
  var fromCurrent = CompensatedSum()
  var before = (reference: 0.0, current: 0.0)
  forEachTieGroup(reference, current) { _, inReference, inCurrent in
    let (r, c) = (Double(inReference), Double(inCurrent))
    let midrank = before.reference + before.current + (r + c + 1) / 2
    fromReference.add(squares(midrank, from: before.reference, count: r))
    fromCurrent.add(squares(midrank, from: before.current, count: c))
    before = (before.reference + r, before.current + c)
  }
  let u = n * fromReference.value + m * fromCurrent.value
  let product = n * m
  let statistic = u / (product * (n + m)) - (4 * product - 1) / (6 * (n + m))
  if max(reference.count, current.count) <= 20 {
    return CramerVonMises(
      statistic: statistic, pValue: exactPValue(u, reference.count, current.count),
      isExact: true)
  }
  return CramerVonMises(
    statistic: statistic, pValue: limitPValue(statistic, n, m), isExact: false)
}

/// Σ (midrank − i)² over i = from + 1 … from + count.
private func squares(_ midrank: Double, from: Double, count: Double) -> Double {
  let distance = midrank - from - (count + 1) / 2
  return count * distance * distance + (count * count * count - count) / 12
}

private func limitPValue(_ statistic: Double, _ n: Double, _ m: Double) -> Double {
  let product = n * m
  let total = n + m
  let mean = (1 + 1 / total) / 6
  let variance =
    (total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product)
    / (45 * total * total * 4 * product)
  let standardised = 1 / 6 + (statistic - mean) / (45 * variance).squareRoot()
  guard standardised >= 0.003 else { return 1 }
  var cdf = 0.0
  var k = 0.0
  while true {
    let factor =
      exp(plumbline_log_gamma(k + 0.5) - plumbline_log_gamma(k + 1))
      / (pow(.pi, 1.5) * standardised.squareRoot())
    let y = 4 * k + 1
    let q = y * y / (16 * standardised)
    let term = factor * y.squareRoot() * exp(-q) * plumbline_bessel_k(0.25, q)
    cdf += term
    k += 1
    guard abs(term) >= 1e-7 else { break }
  }
  return min(1, max(0, 1 - cdf))
}

/// The share of lattice paths whose sum of squared distances from the diagonal is at least the
/// observed one: a table of that sum's frequency at each point, built from its two neighbours.
private func exactPValue(_ u: Double, _ n: Int, _ m: Int) -> Double {
  let multiple = n / greatestCommonDivisor(n, m) * m
  let (a, b) = (multiple / n, multiple / m)
  let product = Double(n * m)
  let scaled =
    (Double(multiple * multiple * (n + m)) * (6 * u - product * (4 * product - 1))
    / (6 * product * product)).rounded(.down)
  var column = [[Int: Double]](repeating: [:], count: n + 1)
  for y in 0...m {
    for x in 0...n {
      var frequencies: [Int: Double]
      if x == 0 && y == 0 {
        frequencies = [0: 1]
      } else {
        frequencies = y > 0 ? column[x] : [:]
        if x > 0 { frequencies.merge(column[x - 1], uniquingKeysWith: +) }
        let square = (a * x - b * y) * (a * x - b * y)
        if square > 0 {
          frequencies = Dictionary(
            uniqueKeysWithValues: frequencies.map { ($0.key + square, $0.value) })
        }
      }
      column[x] = frequencies
    }
  }
  let last = column[n]
  let total = last.values.reduce(0, +)
  return last.reduce(0) { Double($1.key) >= scaled ? $0 + $1.value : $0 } / total
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}
