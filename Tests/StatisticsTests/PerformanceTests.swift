import Foundation
import Statistics
import Testing

/// Metrics of model performance, beside what scikit-learn and statsmodels say of the same rows.
struct PerformanceTests {
  struct Reference: Decodable {
    let binary: [Binary]
    let multiclass: [Multiclass]
    let regression: [Regression]
    let ranking: [Ranking]
    let proportions: [Proportion]
    let means: [Mean]
  }

  struct Binary: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let truth: [Int]
    let scores: [Double]
    let auc: Double?
    let aucError: Double?
    let averagePrecision: Double?
    let logLoss: Double
    let brier: Double
    let calibration: Double
    let precision: Double?
    let recall: Double?
    let f1: Double?
    let isotonic: [[Double]]
    var testDescription: String { name }

    var split: BinaryScores {
      BinaryScores(
        positives: zip(truth, scores).filter { $0.0 == 1 }.map(\.1),
        negatives: zip(truth, scores).filter { $0.0 == 0 }.map(\.1))
    }
  }

  struct Multiclass: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let classes: Int
    let truth: [Int]
    let predicted: [Int]
    let probabilities: [[Double]]
    let accuracy: Double
    let balancedAccuracy: Double
    let macro: [Double]
    let weighted: [Double]
    let ovr: Double?
    let ovo: Double?
    let logLoss: Double
    var testDescription: String { name }
  }

  struct Regression: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let truth: [Double]
    let predictions: [Double]
    let rmse: Double
    let mae: Double
    let r2: Double?
    let mape: Double?
    let smape: Double
    let zeroTruths: Int
    let pinball: Double
    let lower: [Double]
    let upper: [Double]
    let coverage: Double
    var testDescription: String { name }
  }

  struct Ranking: Decodable, Sendable {
    let scores: [Double]
    let gains: [Double]
    let at: [String: [Double?]]
  }

  struct Proportion: Decodable, Sendable {
    let hits: Double
    let count: Double
    let wilson: [Double]
  }

  struct Mean: Decodable, Sendable {
    let values: [Double]
    let interval: [Double]
  }

  static let reference: Reference? = try? Fixture.load("performance")

  @Test func `The fixture holds cases`() throws {
    let reference: Reference = try Fixture.load("performance")
    #expect(reference.binary.count >= 10)
  }

  @Test(arguments: reference?.binary ?? [])
  func `Curves of a binary classifier`(_ example: Binary) {
    let area = try? example.split.areaUnderROC()
    #expect(agree(area?.value, example.auc, within: 1e-14))
    if example.auc != nil {
      #expect(agree(area?.standardError, example.aucError, within: 1e-9, floor: 1e-9))
    }
    #expect(agree(try? example.split.averagePrecision(), example.averagePrecision, within: 1e-13))
  }

  @Test(arguments: reference?.binary ?? [])
  func `Losses of probabilities`(_ example: Binary) throws {
    let given = zip(example.truth, example.scores).map { $0 == 1 ? $1 : 1 - $1 }
    #expect(agree(try logLoss(given), example.logLoss, within: 1e-12))
    var cells = CalibrationCells()
    for (truth, score) in zip(example.truth, example.scores) {
      cells.add(probability: score, happened: truth == 1)
    }
    #expect(agree(try cells.expectedError(), example.calibration, within: 1e-12, floor: 1e-15))
    let isotonic = try IsotonicCalibration(
      scores: example.scores, happened: example.truth.map { $0 == 1 })
    for point in example.isotonic {
      #expect(agree(isotonic(point[0]), point[1], within: 1e-12, floor: 1e-15))
    }
  }

  @Test(arguments: reference?.binary ?? [])
  func `Figures of one class against the other`(_ example: Binary) {
    var matrix = ConfusionMatrix(classes: 2)
    for (truth, score) in zip(example.truth, example.scores) {
      matrix.add(truth: truth, predicted: score >= 0.5 ? 1 : 0)
    }
    let figures = matrix.binary(positive: 1)
    #expect(agree(figures.precision, example.precision, within: 1e-14))
    #expect(agree(figures.recall, example.recall, within: 1e-14))
    #expect(agree(figures.f1, example.f1, within: 1e-14))
  }

  @Test(arguments: reference?.multiclass ?? [])
  func `Figures of several classes`(_ example: Multiclass) throws {
    var matrix = ConfusionMatrix(classes: example.classes)
    for (truth, predicted) in zip(example.truth, example.predicted) {
      matrix.add(truth: truth, predicted: predicted)
    }
    let scores = matrix.scores()
    #expect(agree(scores.accuracy, example.accuracy, within: 1e-14))
    #expect(agree(scores.balancedAccuracy, example.balancedAccuracy, within: 1e-14))
    for (trio, expected) in [(scores.macro, example.macro), (scores.weighted, example.weighted)] {
      let trio = try #require(trio)
      #expect(agree(trio.precision, expected[0], within: 1e-13))
      #expect(agree(trio.recall, expected[1], within: 1e-13))
      #expect(agree(trio.f1, expected[2], within: 1e-13))
    }
    for (averaging, expected) in [
      (ClassAveraging.oneVersusRest, example.ovr), (.oneVersusOne, example.ovo),
    ] {
      let area = try? areaUnderROC(
        truth: example.truth, scores: example.probabilities, averaging: averaging)
      #expect(agree(area?.value, expected, within: 1e-13))
    }
    let given = example.truth.enumerated().map { example.probabilities[$0.element][$0.offset] }
    #expect(agree(try logLoss(given), example.logLoss, within: 1e-12))
  }

  @Test(arguments: reference?.regression ?? [])
  func `Errors of predicted numbers`(_ example: Regression) {
    var whole = RegressionErrors()
    whole.add(truth: example.truth, predictions: example.predictions)
    #expect(agree(whole.rootMeanSquaredError, example.rmse, within: 1e-12))
    #expect(agree(whole.absolute.mean, example.mae, within: 1e-12))
    #expect(agree(try? whole.determination(), example.r2, within: 1e-10))
    #expect(
      agree(whole.relative.count > 0 ? whole.relative.mean : nil, example.mape, within: 1e-12))
    #expect(agree(whole.symmetric.mean, example.smape, within: 1e-12))
    #expect(whole.zeroTruths == example.zeroTruths)
    let loss = quantileLoss(truth: example.truth, predictions: example.predictions, level: 0.9)
    #expect(agree(loss.mean, example.pinball, within: 1e-12))
    var intervals = PredictionIntervals()
    intervals.add(truth: example.truth, lower: example.lower, upper: example.upper)
    #expect(agree(intervals.coverage, example.coverage))
  }

  @Test(arguments: reference?.regression ?? [])
  func `Errors of parts add up to those of the whole`(_ example: Regression) {
    let half = example.truth.count / 2
    var (whole, first, second) = (RegressionErrors(), RegressionErrors(), RegressionErrors())
    whole.add(truth: example.truth, predictions: example.predictions)
    first.add(
      truth: Array(example.truth[..<half]), predictions: Array(example.predictions[..<half]))
    second.add(
      truth: Array(example.truth[half...]), predictions: Array(example.predictions[half...]))
    for (a, b) in [(first, second), (second, first)] {
      var merged = a
      merged.merge(b)
      #expect(merged.count == whole.count)
      #expect(agree(merged.rootMeanSquaredError, whole.rootMeanSquaredError, within: 1e-12))
      #expect(agree(try? merged.determination(), try? whole.determination(), within: 1e-10))
    }
  }

  @Test(arguments: reference?.ranking.indices ?? 0..<0)
  func `Measures of a ranked list`(_ index: Int) throws {
    let example = try #require(Self.reference?.ranking[index])
    let list = RankedList(scores: example.scores, gains: example.gains)
    for (k, expected) in example.at {
      let k = try #require(Int(k))
      #expect(agree(list.normalisedGain(at: k), expected[0], within: 1e-12))
      #expect(agree(list.averagePrecision(at: k), expected[1], within: 1e-12))
      #expect(agree(list.precision(at: k), expected[2], within: 1e-12))
      #expect(agree(list.recall(at: k), expected[3], within: 1e-12))
      #expect(list.isHit(at: k) == (expected[4] == 1))
    }
  }

  @Test func `Intervals of proportions and means`() throws {
    for example in Self.reference?.proportions ?? [] {
      let interval = try #require(Interval.proportion(hits: example.hits, count: example.count))
      #expect(agree(interval.lower, example.wilson[0], within: 1e-10, floor: 1e-15))
      #expect(agree(interval.upper, example.wilson[1], within: 1e-10))
    }
    for example in Self.reference?.means ?? [] {
      let interval = try #require(Interval.mean(Moments(example.values.span)))
      #expect(agree(interval.lower, example.interval[0], within: 1e-10))
      #expect(agree(interval.upper, example.interval[1], within: 1e-10))
    }
  }

  @Test func `Bootstrapped counts vary as the proportion's own interval says`() throws {
    for (hits, count) in [(300, 1000), (12, 40), (9_000, 10_000)] {
      let exact = try #require(Interval.proportion(hits: Double(hits), count: Double(count)))
      let drawn = try #require(
        Interval.bootstrap([hits, count - hits], replicates: 2000, seed: 7) {
          $0[0] / ($0[0] + $0[1])
        })
      #expect(abs((drawn.upper - drawn.lower) / (exact.upper - exact.lower) - 1) < 0.12)
    }
  }

  @Test func `DeLong's interval of an area holds the truth as often as it says`() {
    var generator = SeededGenerator(seed: 3)
    // Scores u and 1 − √(1 − u) shifted so that the true area is 2/3: P(max of two > one).
    var held = 0
    for _ in 0..<400 {
      let positives = (0..<80).map { _ in max(generator.uniform(), generator.uniform()) }
      let negatives = (0..<120).map { _ in generator.uniform() }
      let area = try? BinaryScores(positives: positives, negatives: negatives).areaUnderROC()
      guard let area, let error = area.standardError else { continue }
      let interval = Interval.normal(area.value, standardError: error)
      if interval.lower <= 2.0 / 3, 2.0 / 3 <= interval.upper { held += 1 }
    }
    #expect((365...397).contains(held))
  }
}
