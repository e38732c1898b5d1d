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
/// O(n). Logarithms are taken of products of sixteen probabilities, which cannot underflow: as exact as
/// one by one, at the cost of a multiplication.
///
/// - Parameter ofTruth: for each row the probability that was given to its true class.
/// - Throws: ``UndefinedStatistic/noRows``.
public func logLoss(ofTruth probabilities: Span<Double>) throws(UndefinedStatistic) -> Double {
  guard probabilities.count > 0 else { throw .noRows }
  var sum = CompensatedSum()
  var index = 0
  let whole = probabilities.count / 16 * 16
  let (low, high) = (SIMD8<Double>(repeating: probabilityFloor), 1 - probabilityFloor)
  let top = SIMD8<Double>(repeating: high)
  while index < whole {
    var first = SIMD8<Double>()
    var second = SIMD8<Double>()
    for lane in 0..<8 {
      first[lane] = probabilities[index &+ lane]
      second[lane] = probabilities[index &+ 8 &+ lane]
    }
    let product =
      first.clamped(lowerBound: low, upperBound: top)
      * second.clamped(lowerBound: low, upperBound: top)
    let four = product.lowHalf * product.highHalf
    let two = four.lowHalf * four.highHalf
    sum.add(log(two[0] * two[1]))
    index &+= 16
  }
  while index < probabilities.count {
    sum.add(log(min(max(probabilities[index], probabilityFloor), high)))
    index &+= 1
  }
  return -sum.value / Double(probabilities.count)
}
