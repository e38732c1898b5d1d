#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The smallest probability log loss is taken of, and its distance from 1: 2⁻⁵², as in scikit-learn.
public let probabilityFloor = 0x1p-52

/// The logarithmic loss of probabilities given to what happened: mean of −ln p, p kept within
/// [2⁻⁵², 1 − 2⁻⁵²].
///
/// O(n). Logarithms are taken of products of 128 probabilities, whose exponents are kept apart so that
/// nothing underflows: as exact as one by one, at the cost of a multiplication.
///
/// - Parameter probabilities: for each row the probability, 0…1, that was given to its true class.
/// - Throws: ``UndefinedStatistic/noRows``.
public func logLoss(ofTruth probabilities: Span<Double>) throws(UndefinedStatistic) -> Double {
  guard probabilities.count > 0 else { throw .noRows }
  var sum = CompensatedSum()
  var exponents = 0
  let whole = probabilities.count / 128 * 128
  let low = SIMD8<Double>(repeating: probabilityFloor)
  for first in stride(from: 0, to: whole, by: 128) {
    // Sixteen factors of at least 2⁻⁵² are in range.
    var products = SIMD8<Double>(repeating: 1)
    for step in 0..<16 {
      var factors = SIMD8<Double>()
      for lane in 0..<8 { factors[lane] = probabilities[first &+ 8 &* step &+ lane] }
      factors.replace(with: low, where: factors .< low)
      products *= factors
    }
    var significands = 1.0
    for lane in 0..<8 {
      exponents &+= Int(products[lane].exponent)
      significands *= products[lane].significand
    }
    sum.add(log(significands))
  }
  for row in whole..<probabilities.count { sum.add(clampedLogarithm(probabilities[row])) }
  sum.add(Double(exponents) * log(2))
  let loss = -sum.value / Double(probabilities.count)
  // Keeping below 1 shows only where nearly every probability is 1.
  return loss < 1e-6 ? meanOneByOne(probabilities) : loss
}

private func meanOneByOne(_ probabilities: Span<Double>) -> Double {
  var sum = CompensatedSum()
  for row in 0..<probabilities.count { sum.add(clampedLogarithm(probabilities[row])) }
  return -sum.value / Double(probabilities.count)
}

/// ln p, p kept from 0 and 1.
private func clampedLogarithm(_ probability: Double) -> Double {
  log(min(max(probability, probabilityFloor), 1 - probabilityFloor))
}
