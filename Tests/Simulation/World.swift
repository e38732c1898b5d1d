import Foundation
import Monitoring
import Statistics

/// A model and what surrounds it: features, outcomes, scores. Everything comes from the seed.
struct World {
  struct Row {
    var numbers: [Double]
    var codes: [Int]
    var score = 0.0
    var outcome = 0.0
    var day = 0.0
    var isBroken = false
  }

  var generator: SeededGenerator
  let isRegression: Bool
  let numbers: Int
  let categories: [Int]
  private let weights: [Double]
  private let effects: [[Double]]
  private let shares: [[Double]]
  private let interaction: Double
  private let intercept: Double
  private let latent: [Double]
  private let shapes: [Int]
  private let learnt: [Double]
  /// What the model has not learnt, as it matters only where features leave what they were.
  private let bends: [Double]
  let noise: Double
  /// Of each feature: how much the model makes of it, largest first.
  let important: [Int]

  init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &* 7_919 &+ 17)
    isRegression = generator.uniform() < 0.3
    let numbers = 4 + generator.index(below: 5)
    self.numbers = numbers
    categories = (0..<(1 + generator.index(below: 3))).map { _ in 3 + generator.index(below: 5) }
    // The last number is one the model makes nothing of.
    let weights =
      (0..<numbers).map { index in
        index == numbers - 1
          ? 0
          : generator.normal() * (index == 0 ? 0.5 : 0.8)
            + (index == 0 ? 1.2 : 0)
      }
    self.weights = weights
    effects = categories.map { count in (0..<count).map { _ in generator.normal() * 0.6 } }
    shares = categories.map { count in
      let raw = (0..<count).map { _ in 0.3 + generator.uniform() }
      let whole = raw.reduce(0, +)
      return raw.map { $0 / whole }
    }
    interaction = generator.normal() * 0.3
    intercept = generator.normal() * 0.8 - 0.4
    latent = (0..<numbers).map { _ in generator.uniform() < 0.4 ? 0.6 : 0 }
    shapes = (0..<numbers).map { _ in generator.index(below: 3) }
    learnt = weights.map { $0 * (1 + 0.1 * generator.normal()) }
    bends = weights.map { _ in generator.uniform() < 0.5 ? 0.15 * generator.normal() : 0 }
    noise = 0.5 + generator.uniform()
    important = weights.indices.sorted { abs(weights[$0]) > abs(weights[$1]) }
    self.generator = generator
  }

  /// A standard normal number in the units of a feature.
  func shown(_ value: Double, _ feature: Int) -> Double {
    switch shapes[feature] {
    case 1: 20 * exp(0.5 * value)
    case 2: 100 + 15 * value
    default: value
    }
  }

  mutating func features() -> Row {
    let common = generator.normal()
    let values = latent.map { load in
      load * common + (1 - load * load).squareRoot() * generator.normal()
    }
    let codes = shares.map { shares -> Int in
      var left = generator.uniform()
      for (code, share) in shares.enumerated() {
        left -= share
        if left < 0 { return code }
      }
      return shares.count - 1
    }
    return Row(numbers: values, codes: codes)
  }

  /// The linear predictor of the truth; codes beyond the known ones have an effect of their own.
  func truth(_ row: Row, flipped: Int? = nil, offset: Double = 0) -> Double {
    var sum = intercept + interaction * row.numbers[0] * row.numbers[1] + offset
    for (index, weight) in weights.enumerated() {
      let value = row.numbers[index]
      if weight != 0 { sum += bends[index] * (value * value - 1) }
      sum += (index == flipped ? -0.6 : 1) * weight * row.numbers[index]
    }
    for (feature, code) in row.codes.enumerated() {
      sum += code < effects[feature].count ? effects[feature][code] : 1.8
    }
    return sum
  }

  /// The model's; what it is given may be broken.
  func model(_ row: Row, weights changed: [Double]? = nil) -> Double {
    var sum = intercept
    for (index, weight) in (changed ?? learnt).enumerated() where row.numbers[index].isFinite {
      sum += weight * row.numbers[index]
    }
    for (feature, code) in row.codes.enumerated()
    where code >= 0 && code < effects[feature].count { sum += effects[feature][code] }
    return sum
  }

  var modelWeights: [Double] { learnt }

  func score(_ predictor: Double) -> Double {
    isRegression ? predictor : 1 / (1 + exp(-predictor))
  }

  /// - Parameter blur: how many times as far it is from what is to be expected.
  mutating func outcome(_ predictor: Double, blur: Double = 1) -> Double {
    isRegression
      ? predictor + blur * noise * generator.normal()
      : generator.uniform() < 1 / (1 + exp(-predictor / blur)) ? 1 : 0
  }

  func loss(_ row: Row) -> Double {
    isRegression
      ? abs(row.score - row.outcome) : (row.score - row.outcome) * (row.score - row.outcome)
  }
}

extension SeededGenerator {
  /// By the Box–Muller transform.
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}
