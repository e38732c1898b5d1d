import Foundation
import Monitoring
import Statistics

/// A model and its surroundings built in another way than ``World``: nothing is fitted on it, so that it
/// shows what a diagnosis is worth where the assumptions are not the simulator's own.
///
/// Features are lognormal, uniform or counts, go together through two common factors and follow the day of
/// the week; one has 40 categories. Models are thresholded trees, classes without probabilities, a class as
/// rare as one in fifty, and numbers with heavy-tailed errors.
struct Elsewhere {
  enum Task: CaseIterable { case trees, classes, rare, numbers }

  struct Row {
    /// As a standard normal number; what is shown is ``shown(_:_:)``.
    var numbers: [Double]
    var codes: [Int]
    var day = 0.0
    var score = 0.0
    var outcome = 0.0
  }

  private struct Stump {
    var first: Int
    var second: Int
    var cuts: (Double, Double)
    var values: [Double]
  }

  var random: SeededGenerator
  let task: Task
  let numbers: Int
  /// Levels of categories: few, and many.
  let levels = [3, 40]
  private let loads: [(Double, Double)]
  private let shapes: [Int]
  private let scales: [Double]
  private let weekly: [Double]
  private let stumps: [Stump]
  private let learnt: [Stump]
  private let weights: [Double]
  private let bends: [Double]
  private let effects: [[Double]]
  private let shares: [[Double]]
  private let intercept: Double
  private let noise: Double
  /// What matters to the model, most first; the last number matters to nobody.
  let important: [Int]

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed &* 104_729 &+ 71)
    task = Task.allCases[random.index(below: 4)]
    let numbers = 5 + random.index(below: 8)
    self.numbers = numbers
    loads = (0..<numbers).map { _ in (0.8 * random.uniform() - 0.4, random.uniform() - 0.5) }
    shapes = (0..<numbers).map { _ in random.index(below: 4) }
    scales = (0..<numbers).map { _ in exp(6 * random.uniform() - 1) }
    weekly = (0..<numbers).map { _ in random.uniform() < 0.4 ? 0.5 * random.uniform() : 0 }
    func stump() -> Stump {
      Stump(
        first: random.index(below: numbers - 1), second: random.index(below: numbers - 1),
        cuts: (random.normal(), random.normal()), values: (0..<4).map { _ in random.normal() })
    }
    let stumps = (0..<6).map { _ in stump() }
    self.stumps = stumps
    learnt = stumps.map { stump in
      var other = stump
      other.cuts.0 += 0.1 * random.normal()
      other.values = stump.values.map { 0.9 * $0 + 0.1 * random.normal() }
      return other
    }
    let isLinear = task == .numbers || task == .rare
    let weights = (0..<numbers).map { index in
      index == numbers - 1 ? 0 : random.normal() * (isLinear ? 0.7 : 0.25)
    }
    self.weights = weights
    // What models have not learnt: it matters where features leave what they were.
    bends = weights.map { $0 == 0 || random.uniform() < 0.5 ? 0 : 0.12 * random.normal() }
    effects = levels.map { count in (0..<count).map { _ in 0.5 * random.normal() } }
    shares = levels.map { count in
      let raw = (0..<count).map { 1 / pow(Double($0 + 1), count > 10 ? 1.1 : 0.4) }
      let whole = raw.reduce(0, +)
      return raw.map { $0 / whole }
    }
    intercept = task == .rare ? -4.4 : 0.6 * random.normal()
    noise = 0.6 + random.uniform()
    let reach = (0..<numbers).map { index -> Double in
      guard !isLinear else { return abs(weights[index]) }
      var sum = abs(weights[index])
      for stump in stumps where stump.first == index || stump.second == index {
        sum += ((stump.values.max() ?? 0) - (stump.values.min() ?? 0)) / 2
      }
      return sum
    }
    important = reach.indices.sorted { reach[$0] > reach[$1] }
    self.random = random
  }

  var isClassification: Bool { task != .numbers }

  var loss: DiagnosisLoss {
    switch task {
    case .trees: .brier
    case .classes: .zeroOne
    case .rare: .logLoss
    case .numbers: .squaredError
    }
  }

  /// In the units of a feature.
  func shown(_ value: Double, _ feature: Int) -> Double {
    let scale = scales[feature]
    switch shapes[feature] {
    case 0: return scale * exp(0.8 * value)
    case 1: return scale / (1 + exp(-1.7 * value))
    case 2: return (4 * exp(0.5 * value)).rounded()
    default: return scale * (value + 3)
    }
  }

  /// What a model makes of a shown value: trees know nothing beyond what they were shown.
  func understood(_ shown: Double, _ feature: Int) -> Double {
    let scale = scales[feature]
    let value: Double =
      switch shapes[feature] {
      case 0: log(max(1e-12, shown / scale)) / 0.8
      case 1: -log(max(1e-9, scale / max(1e-12, shown) - 1)) / 1.7
      case 2: 2 * log(max(0.5, shown) / 4)
      default: shown / scale - 3
      }
    return shown.isNaN ? 0 : min(4, max(-4, value))
  }

  mutating func features(_ day: Double) -> Row {
    let (one, two) = (random.normal(), random.normal())
    let week = sin(2 * .pi * day / 7)
    let values = (0..<numbers).map { index in
      let (a, b) = loads[index]
      return a * one + b * two + (1 - a * a - b * b).squareRoot() * random.normal()
        + weekly[index] * week
    }
    let codes = shares.map { shares -> Int in
      var left = random.uniform()
      for (code, share) in shares.enumerated() {
        left -= share
        if left < 0 { return code }
      }
      return shares.count - 1
    }
    return Row(numbers: values, codes: codes, day: day)
  }

  private func sum(_ values: [Double], _ codes: [Int], _ stumps: [Stump], _ sign: Double) -> Double
  {
    var sum = intercept
    if task == .trees || task == .classes {
      for stump in stumps {
        let place =
          (values[stump.first] > stump.cuts.0 ? 2 : 0)
          + (values[stump.second] > stump.cuts.1 ? 1 : 0)
        sum += 0.8 * sign * stump.values[place]
      }
    }
    for (feature, code) in codes.enumerated() where effects[feature].indices.contains(code) {
      sum += effects[feature][code]
    }
    return sum
  }

  /// The predictor of the truth; `sign` turns what trees and weights say.
  func truth(_ row: Row, sign: Double = 1, offset: Double = 0) -> Double {
    var sum = sum(row.numbers, row.codes, stumps, sign) + offset
    for (index, weight) in weights.enumerated() {
      let value = row.numbers[index]
      sum += sign * weight * value + bends[index] * value * value
    }
    // Categories that were never there go another way.
    if row.codes[0] >= levels[0] || row.codes[1] >= levels[1] { sum += 1.6 }
    return sum
  }

  /// What the model makes of what it is given.
  func model(_ given: [Double], _ codes: [Int], turned: Double = 1) -> Double {
    var sum = sum(given, codes, learnt, turned)
    for (index, weight) in weights.enumerated() { sum += turned * weight * given[index] }
    return sum
  }

  func score(_ predictor: Double) -> Double {
    let probability = 1 / (1 + exp(-predictor))
    switch task {
    case .trees: return min(0.98, max(0.02, (probability * 25).rounded() / 25))
    case .classes: return probability >= 0.5 ? 1 : 0
    case .rare: return probability
    case .numbers: return predictor
    }
  }

  mutating func outcome(_ predictor: Double) -> Double {
    guard isClassification else {
      // Tails as heavy as those of Student's t with few degrees of freedom.
      return predictor + noise * random.normal() / (0.25 + random.uniform()).squareRoot()
    }
    return random.uniform() < 1 / (1 + exp(-predictor)) ? 1 : 0
  }

  func loss(_ row: Row) -> Double {
    switch loss {
    case .zeroOne: (row.score >= 0.5) == (row.outcome >= 0.5) ? 0 : 1
    case .logLoss: -log(max(1e-6, row.outcome >= 0.5 ? row.score : 1 - row.score))
    default: (row.score - row.outcome) * (row.score - row.outcome)
    }
  }
}
