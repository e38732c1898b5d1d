/// Count, mean, sum of squared deviations and extremes of a sample; those of two samples add up.
///
/// Source: Chan, Golub and LeVeque (1983), "Algorithms for Computing the Sample Variance", The
/// American Statistician 37.
public struct Moments: Sendable, Equatable {
  public private(set) var count: Int
  /// 0 for an empty sample.
  public private(set) var mean: Double
  /// Sum of squared deviations from the mean; infinite where it is out of range.
  public private(set) var squaredDeviations: Double
  /// nil for an empty sample.
  public private(set) var minimum: Double?
  public private(set) var maximum: Double?

  /// The moments of no values.
  public init() {
    count = 0
    mean = 0
    squaredDeviations = 0
  }

  /// The moments of finite values, in two passes of eight running sums each. O(n).
  public init(_ values: Span<Double>) {
    self.init()
    guard values.count > 0 else { return }
    count = values.count
    let shift = values[0]
    var lows = SIMD8<Double>(repeating: shift)
    var highs = lows
    var sums = SIMD8<Double>()
    let whole = values.count / 8 * 8
    var index = 0
    while index < whole {
      var lanes = SIMD8<Double>()
      for lane in 0..<8 { lanes[lane] = values[index &+ lane] }
      sums += lanes - shift
      lows.replace(with: lanes, where: lanes .< lows)
      highs.replace(with: lanes, where: lanes .> highs)
      index &+= 8
    }
    var (low, high) = (lows.min(), highs.max())
    var sum = sums.sum()
    while index < values.count {
      sum += values[index] - shift
      low = Swift.min(low, values[index])
      high = Swift.max(high, values[index])
      index &+= 1
    }
    var centre = shift + sum / Double(count)
    if !centre.isFinite { centre = Self.meanOfHuge(values) }
    var squares = SIMD8<Double>()
    var deviations = SIMD8<Double>()
    index = 0
    while index < whole {
      var lanes = SIMD8<Double>()
      for lane in 0..<8 { lanes[lane] = values[index &+ lane] }
      let difference = lanes - centre
      squares += difference * difference
      deviations += difference
      index &+= 8
    }
    var square = squares.sum()
    var deviation = deviations.sum()
    while index < values.count {
      let difference = values[index] - centre
      square += difference * difference
      deviation += difference
      index &+= 1
    }
    // What rounding left between the computed mean and the true one is taken out of both.
    if square.isFinite {
      mean = centre + deviation / Double(count)
      squaredDeviations = Swift.max(0, square - deviation * deviation / Double(count))
    } else {
      mean = centre
      squaredDeviations = .infinity
    }
    minimum = low
    maximum = high
  }

  /// The moments of finite values.
  public init(_ values: [Double]) { self.init(values.span) }

  /// The mean of values whose sum is out of range: a running mean, in which nothing is.
  private static func meanOfHuge(_ values: Span<Double>) -> Double {
    var mean = 0.0
    for index in 0..<values.count {
      let count = Double(index + 1)
      mean += values[index] / count - mean / count
    }
    return mean
  }

  /// The moments of `count` values that are 1, −1 and else 0. O(1).
  ///
  /// - Parameters:
  ///   - ones: how many are 1.
  ///   - minusOnes: how many are −1; at most `count` together with the ones.
  ///   - count: how many values there are.
  public init(ones: Int, minusOnes: Int, of count: Int) {
    self.init()
    guard count > 0 else { return }
    self.count = count
    let (sum, squares) = (Double(ones - minusOnes), Double(ones + minusOnes))
    mean = sum / Double(count)
    squaredDeviations = Swift.max(0, squares - sum * mean)
    minimum = minusOnes > 0 ? -1 : ones < count ? 0 : 1
    maximum = ones > 0 ? 1 : minusOnes < count ? 0 : -1
  }

  /// Adds the values that `other` was made from.
  public mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let total = Double(count + other.count)
    let difference = other.mean - mean
    let share = Double(other.count) / total
    squaredDeviations +=
      other.squaredDeviations + difference * difference * Double(count) * share
    mean = difference.isFinite ? mean + difference * share : mean * (1 - share) + other.mean * share
    count += other.count
    minimum = [minimum, other.minimum].compactMap { $0 }.min()
    maximum = [maximum, other.maximum].compactMap { $0 }.max()
  }

  /// With n − 1 below; nil for fewer than two values, or where it is out of range.
  public var variance: Double? {
    count > 1 && squaredDeviations.isFinite ? squaredDeviations / Double(count - 1) : nil
  }

  /// With n below; nil for an empty sample, or where it is out of range.
  public var populationVariance: Double? {
    count > 0 && squaredDeviations.isFinite ? squaredDeviations / Double(count) : nil
  }

  /// The root of ``variance``.
  public var standardDeviation: Double? { variance?.squareRoot() }
}
