#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Logistic regression with a ridge penalty, fitted by Newton's method.
///
/// Source: le Cessie and van Houwelingen (1992), "Ridge Estimators in Logistic Regression", Applied
/// Statistics 41.
public struct RidgeLogistic: Sendable, Equatable {
  /// The intercept, which is not penalised, and a coefficient for each feature.
  public let coefficients: [Double]

  public init(coefficients: [Double]) {
    self.coefficients = coefficients
  }

  /// - Parameters:
  ///   - rows: features, finite, as many in each row.
  ///   - happened: one for each row.
  ///   - ridge: what squares of coefficients cost.
  /// - Throws: ``UndefinedStatistic/noRows``, ``UndefinedStatistic/oneClassOnly``.
  public init(
    rows: [[Double]], happened: [Bool], ridge: Double = 1
  ) throws(UndefinedStatistic) {
    guard let first = rows.first else { throw .noRows }
    guard Set(happened).count == 2 else { throw .oneClassOnly }
    let size = first.count + 1
    var beta = [Double](repeating: 0, count: size)
    for _ in 0..<50 {
      var gradient = [Double](repeating: 0, count: size)
      var hessian = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
      for (row, outcome) in zip(rows, happened) {
        let x = [1] + row
        let p = Self.probability(beta, x)
        let weight = max(1e-9, p * (1 - p))
        for i in 0..<size {
          gradient[i] += x[i] * ((outcome ? 1 : 0) - p)
          for j in 0...i { hessian[i][j] += weight * x[i] * x[j] }
        }
      }
      for i in 0..<size {
        if i > 0 {
          gradient[i] -= ridge * beta[i]
          hessian[i][i] += ridge
        }
        hessian[i][i] += 1e-9
      }
      let step = Self.solve(hessian, gradient)
      let length = step.map { abs($0) }.max() ?? 0
      let scale = length > 5 ? 5 / length : 1
      for i in 0..<size { beta[i] += scale * step[i] }
      if length < 1e-9 { break }
    }
    coefficients = beta
  }

  /// P(it happens) for a row, 0…1.
  public func probability(_ row: [Double]) -> Double {
    Self.probability(coefficients, [1] + row)
  }

  private static func probability(_ beta: [Double], _ x: [Double]) -> Double {
    1 / (1 + exp(-zip(beta, x).reduce(0) { $0 + $1.0 * $1.1 }))
  }

  /// Cholesky's factors of the lower half, then both triangles.
  private static func solve(_ lower: [[Double]], _ right: [Double]) -> [Double] {
    let size = right.count
    var factor = lower
    for i in 0..<size {
      for j in 0...i {
        var sum = lower[i][j]
        for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
        factor[i][j] = i == j ? max(1e-12, sum).squareRoot() : sum / factor[j][j]
      }
    }
    var solution = right
    for i in 0..<size {
      for k in 0..<i { solution[i] -= factor[i][k] * solution[k] }
      solution[i] /= factor[i][i]
    }
    for i in stride(from: size - 1, through: 0, by: -1) {
      for k in (i + 1)..<max(i + 1, size) { solution[i] -= factor[k][i] * solution[k] }
      solution[i] /= factor[i][i]
    }
    return solution
  }
}
