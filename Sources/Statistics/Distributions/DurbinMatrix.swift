#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// P(Dₙ ≤ x) as an entry of the n-th power of Durbin's matrix; best where n·x is small.
///
/// Source: Marsaglia, Tsang and Wang (2003), "Evaluating Kolmogorov's Distribution", Journal of
/// Statistical Software 8(18). O(m³ log n) with m = 2⌈nx⌉ − 1.
enum DurbinMatrix {
  static func cdf(_ x: Double, n: Int) -> Double {
    let t = Double(n) * x
    let k = Int(t.rounded(.up))
    let h = Double(k) - t
    let size = 2 * k - 1
    var matrix = ScaledMatrix(entries: durbin(size: size, h: h), size: size)
    var power = ScaledMatrix.identity(size)
    var rest = n
    while rest > 0 {
      if rest & 1 == 1 { power = power.times(matrix) }
      rest >>= 1
      if rest > 0 { matrix = matrix.times(matrix) }
    }
    var result = power.entries[(k - 1) * size + k - 1]
    var exponent = power.exponent
    for i in 1...n {
      result *= Double(i) / Double(n)
      if result < 0x1p-128 {
        result *= 0x1p128
        exponent -= 128
      }
    }
    return min(1, max(0, scalbn(result, Int32(clamping: exponent))))
  }

  /// 1/(i − j + 1)! below the upper diagonal, with the first column and last row corrected for the
  /// fraction h by which nx falls short of a whole number.
  private static func durbin(size: Int, h: Double) -> [Double] {
    var inverse = [1.0]
    for i in 1...(size + 1) { inverse.append(inverse[i - 1] / Double(i)) }
    var matrix = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size where row - column + 1 >= 0 {
        matrix[row * size + column] = inverse[row - column + 1]
      }
    }
    for i in 0..<size {
      let correction = pow(h, Double(i + 1)) * inverse[i + 1]
      matrix[i * size] -= correction
      matrix[(size - 1) * size + size - 1 - i] -= correction
    }
    // The corner is corrected from both sides, and (2h − 1)^m comes back where it is not negative.
    matrix[(size - 1) * size] +=
      max(0, 2 * h - 1) > 0 ? pow(2 * h - 1, Double(size)) * inverse[size] : 0
    return matrix
  }
}

/// A square matrix with a power of two taken out, so that large powers stay in range.
private struct ScaledMatrix {
  var entries: [Double]
  let size: Int
  var exponent = 0

  static func identity(_ size: Int) -> ScaledMatrix {
    var entries = [Double](repeating: 0, count: size * size)
    for index in 0..<size { entries[index * size + index] = 1 }
    return ScaledMatrix(entries: entries, size: size)
  }

  func times(_ other: ScaledMatrix) -> ScaledMatrix {
    var product = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for middle in 0..<size {
        let factor = entries[row * size + middle]
        guard factor != 0 else { continue }
        for column in 0..<size {
          product[row * size + column] += factor * other.entries[middle * size + column]
        }
      }
    }
    var result = ScaledMatrix(
      entries: product, size: size, exponent: exponent + other.exponent)
    if product[size / 2 * size + size / 2] > 0x1p128 {
      for index in result.entries.indices { result.entries[index] *= 0x1p-128 }
      result.exponent += 128
    }
    return result
  }
}
