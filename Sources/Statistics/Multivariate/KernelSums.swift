#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sums of the kernel over all pairs, for every grouping in one sweep.
///
/// With s the 0/1 vector of a grouping and K the kernel matrix, sᵀKs is the sum within the first
/// group, sᵀK1 that with both; a row of K is made, used for every grouping and forgotten.
func pairSums(
  _ rows: [Double], columns: Int, gamma: Double, _ groups: Groups
) -> [KernelSums] {
  let (count, width) = (groups.rows, groups.width)
  var within = [SIMD8<Double>](repeating: SIMD8(), count: width)
  var withBoth = [SIMD8<Double>](repeating: SIMD8(), count: width)
  var all = CompensatedSum()
  var kernel = [Double](repeating: 0, count: count)
  var product = [SIMD8<Double>](repeating: SIMD8(), count: width)
  rows.withUnsafeBufferPointer { rows in
    groups.membership.withUnsafeBufferPointer { membership in
      for i in 0..<count {
        var rowSum = 0.0
        for j in 0..<count {
          var square = 0.0
          for column in 0..<columns {
            let difference = rows[i &* columns &+ column] - rows[j &* columns &+ column]
            square += difference * difference
          }
          kernel[j] = exp(-gamma * square)
          rowSum += kernel[j]
        }
        all.add(rowSum)
        for vector in 0..<width { product[vector] = SIMD8() }
        for j in 0..<count {
          let value = kernel[j]
          for vector in 0..<width {
            product[vector] += value * membership[j &* width &+ vector]
          }
        }
        for vector in 0..<width {
          let mine = membership[i &* width &+ vector]
          within[vector] += mine * product[vector]
          withBoth[vector] += mine * rowSum
        }
      }
    }
  }
  return zip(groups.unpack(within), groups.unpack(withBoth)).map { within, withBoth in
    KernelSums(
      withinFirst: within, withinSecond: all.value - 2 * withBoth + within,
      between: withBoth - within)
  }
}

/// The same with the kernel approximated by random Fourier features: K(x, y) ≈ z(x)·z(y), so that
/// sums over pairs become squares of sums over rows.
func featureSums(
  _ rows: [Double], columns: Int, gamma: Double, _ groups: Groups,
  _ generator: inout SeededGenerator
) -> [KernelSums] {
  let features = 256
  let pairs = features / 2
  var frequencies = [Double](repeating: 0, count: pairs * columns)
  for index in frequencies.indices {
    frequencies[index] = generator.normal() * (2 * gamma).squareRoot()
  }
  let (count, width) = (groups.rows, groups.width)
  let scale = (1 / Double(pairs)).squareRoot()
  // For each feature, its sum over the first group of every grouping, and over all rows.
  var firstSums = [SIMD8<Double>](repeating: SIMD8(), count: features * width)
  var allSums = [Double](repeating: 0, count: features)
  groups.membership.withUnsafeBufferPointer { membership in
    var feature = [Double](repeating: 0, count: features)
    for row in 0..<count {
      for pair in 0..<pairs {
        var phase = 0.0
        for column in 0..<columns {
          phase += frequencies[pair * columns + column] * rows[row * columns + column]
        }
        feature[2 * pair] = cos(phase) * scale
        feature[2 * pair + 1] = sin(phase) * scale
      }
      for index in 0..<features {
        let value = feature[index]
        allSums[index] += value
        for vector in 0..<width {
          firstSums[index &* width &+ vector] += value * membership[row &* width &+ vector]
        }
      }
    }
  }
  var within = [SIMD8<Double>](repeating: SIMD8(), count: width)
  var other = within
  var between = within
  for index in 0..<features {
    for vector in 0..<width {
      let first = firstSums[index * width + vector]
      let second = allSums[index] - first
      within[vector] += first * first
      other[vector] += second * second
      between[vector] += first * second
    }
  }
  return (0..<groups.count).map { grouping in
    let (vector, lane) = (grouping / 8, grouping % 8)
    return KernelSums(
      withinFirst: within[vector][lane], withinSecond: other[vector][lane],
      between: between[vector][lane])
  }
}

extension SeededGenerator {
  /// A standard normal number (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
