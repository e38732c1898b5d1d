#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Binomial probabilities to full relative accuracy, however large the counts.
///
/// Source: C. Loader (2000), "Fast and Accurate Computation of Binomial Probabilities": the
/// logarithms of large factorials, which cancel, are taken out beforehand.
enum BinomialTerm {
  /// P(X = k) for k successes in n trials of chance p.
  ///
  /// - Parameter q: 1 − p, apart because it may be known better than by subtraction.
  static func probability(_ k: Double, of n: Double, p: Double, q: Double) -> Double {
    guard p > 0 else { return k == 0 ? 1 : 0 }
    guard q > 0 else { return k == n ? 1 : 0 }
    if k == 0 { return exp(n * (p < 0.1 ? log1p(-p) : log(q))) }
    if k == n { return exp(n * (q < 0.1 ? log1p(-q) : log(p))) }
    let exponent =
      stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p)
      - deviance(n - k, n * q)
    return exp(exponent) * (n / (2 * .pi * k * (n - k))).squareRoot()
  }

  /// ln n! less Stirling's approximation of it.
  static func stirlingError(_ n: Double) -> Double {
    if n < 16 { return exactErrors[Int(n)] }
    let square = n * n
    return
      (1 / 12
      - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360_360 / square) / square) / square)
        / square)
        / square)
      / n
  }

  /// x ln(x/m) + m − x, without cancellation where x is near m.
  static func deviance(_ x: Double, _ m: Double) -> Double {
    guard abs(x - m) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
    let ratio = (x - m) / (x + m)
    var sum = (x - m) * ratio
    var term = 2 * x * ratio
    let square = ratio * ratio
    var odd = 3.0
    while true {
      term *= square
      let next = sum + term / odd
      if next == sum { return next }
      sum = next
      odd += 2
    }
  }

  /// The same for 0…15, from the factorials themselves.
  private static let exactErrors: [Double] = {
    var factorial = 1.0
    return (0..<16).map { n in
      if n > 0 { factorial *= Double(n) }
      guard n > 0 else { return 0 }
      let x = Double(n)
      return log(factorial) - ((x + 0.5) * log(x) - x + 0.5 * log(2 * .pi))
    }
  }()
}
