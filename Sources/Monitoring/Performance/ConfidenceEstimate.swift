import Foundation
import Statistics

/// A classifier's performance told from its own probabilities, without labels.
///
/// Where a model says 0.8 and is calibrated, it is right in eight rows of ten; so each row counts in the
/// confusion matrix by its probability rather than by what happened (confidence-based performance
/// estimation, as NannyML has it). What it cannot see is a change of the relation between inputs and
/// truth (concept drift), nor probabilities that stop being calibrated.
struct ConfidenceEstimate {
  static let method = "cbpe"

  /// Calibration by class, fitted on the reference; nil where probabilities are taken as they are.
  private let calibrations: [IsotonicCalibration]?
  /// Classes of the columns of probabilities.
  let classes: [Int]
  /// Binary: whether the one column is the positive class's.
  let positive: Int?

  /// Fits the calibration on a reference with labels, where that brings probabilities nearer to what
  /// happens in rows it was not fitted on.
  init(reference: PredictionTable?, rows: [Int], classes: [Int], positive: Int?) {
    self.classes = classes
    self.positive = positive
    guard let reference, rows.count >= 100 else {
      calibrations = nil
      return
    }
    var fitted: [IsotonicCalibration] = []
    var (plain, mended) = (0.0, 0.0)
    for (index, label) in classes.enumerated() {
      let scores = rows.map { reference.probabilities[index][$0] }
      let happened = rows.map { Int(reference.truthClasses[$0]) == label }
      // A class that never happened, or always, has no calibration: then none is used at all.
      guard let whole = try? IsotonicCalibration(scores: scores, happened: happened) else {
        continue
      }
      fitted.append(whole)
      for part in 0..<2 {
        let inside = rows.indices.filter { $0 % 2 == part }
        // Half of the rows may have the class never, or always: then they say nothing of calibration.
        guard
          let half = try? IsotonicCalibration(
            scores: inside.map { scores[$0] }, happened: inside.map { happened[$0] })
        else { continue }
        var (before, after) = (CalibrationCells(), CalibrationCells())
        for row in rows.indices where row % 2 != part {
          before.add(probability: scores[row], happened: happened[row])
          after.add(probability: half(scores[row]), happened: happened[row])
        }
        // Both have the same rows: where one has no error (no rows), neither has the other.
        plain += (try? before.expectedError()) ?? 0
        mended += (try? after.expectedError()) ?? 0
      }
    }
    calibrations = fitted.count == classes.count && mended < plain ? fitted : nil
  }

  var isCalibrated: Bool { calibrations != nil }

  /// The estimates over some rows.
  func evaluate(
    _ table: PredictionTable, _ rows: [Int], names: [String], realised: Metrics?
  ) -> [String: EstimatedMetric] {
    let known = rows.filter { row in
      table.predictedClasses[row] >= 0 && table.probabilities.allSatisfy { !$0[row].isNaN }
    }
    guard !known.isEmpty else {
      return [
        "accuracy": EstimatedMetric(
          method: Self.method, reason: "no row has probabilities")
      ]
    }
    let chances = known.map { calibrated(table, $0) }
    var matrix = [Double](repeating: 0, count: names.count * names.count)
    for (row, chance) in zip(known, chances) {
      let predicted = Int(table.predictedClasses[row])
      for (label, share) in chance { matrix[label * names.count + predicted] += share }
    }
    var estimates = matrixEstimates(matrix, names.count)
    if let positive {
      let scores = known.map { table.probabilities[classes.firstIndex(of: positive) ?? 0][$0] }
      let shares = chances.map { chance in chance.first { $0.label == positive }?.share ?? 0 }
      estimates["auc_roc"] = Self.area(scores, shares)
      estimates.merge(Self.losses(scores, shares)) { $1 }
    }
    for (name, metric) in realised ?? [:] { estimates[name]?.realised = metric.value }
    return estimates
  }

  /// The chance of each class in a row, adding up to 1.
  private func calibrated(
    _ table: PredictionTable, _ row: Int
  ) -> [(label: Int, share: Double)] {
    var shares = classes.indices.map { index -> Double in
      let score = min(max(table.probabilities[index][row], 0), 1)
      return calibrations?[index](score) ?? score
    }
    if let positive, classes.count == 1 {
      // The other class has the rest.
      let other = positive == 0 ? 1 : 0
      return [(positive, shares[0]), (other, 1 - shares[0])]
    }
    let total = shares.reduce(0, +)
    if total > 0 { shares = shares.map { $0 / total } }
    return zip(classes, shares).map { ($0, $1) }
  }

  private func matrixEstimates(_ matrix: [Double], _ count: Int) -> [String: EstimatedMetric] {
    // The spread of the figure when as many rows happen again.
    let whole = matrix.map { Int($0.rounded()) }
    func estimate(_ figure: @escaping ([Double]) -> Double?, _ reason: String) -> EstimatedMetric {
      guard let value = figure(matrix) else {
        return EstimatedMetric(method: Self.method, reason: reason)
      }
      // Three standard errors, as wide as the interval that leaves 0.27 % out.
      let interval = Interval.bootstrap(whole, confidence: 0.6827, figure)
      let error = interval.map { ($0.upper - $0.lower) / 2 }
      return EstimatedMetric(
        value: value, lower: error.map { max(0, value - 3 * $0) },
        upper: error.map { min(1, value + 3 * $0) }, method: Self.method)
    }
    var estimates: [String: EstimatedMetric] = [
      "accuracy": estimate({ ConfusionMatrix.figures($0, count).accuracy }, "no rows"),
      "balanced_accuracy": estimate(
        { ConfusionMatrix.figures($0, count).balancedAccuracy }, "no rows"),
      "f1_macro": estimate({ ConfusionMatrix.figures($0, count).macro?.f1 }, "no rows"),
    ]
    if let positive {
      estimates["precision"] = estimate(
        { ConfusionMatrix.binaryFigures($0, count, positive).precision },
        "the positive class was never predicted")
      estimates["recall"] = estimate(
        { ConfusionMatrix.binaryFigures($0, count, positive).recall },
        "the positive class is not expected in any row")
      estimates["f1_score"] = estimate(
        { ConfusionMatrix.binaryFigures($0, count, positive).f1 },
        "the positive class is neither predicted nor expected")
    }
    return estimates
  }

  /// The area under the ROC curve when each row counts as positive by its share.
  private static func area(_ scores: [Double], _ shares: [Double]) -> EstimatedMetric {
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var (wins, negativesBelow, index) = (0.0, 0.0, 0)
    while index < order.count {
      let score = scores[order[index]]
      var (positives, negatives) = (0.0, 0.0)
      while index < order.count, scores[order[index]] == score {
        positives += shares[order[index]]
        negatives += 1 - shares[order[index]]
        index += 1
      }
      wins += positives * (negativesBelow + negatives / 2)
      negativesBelow += negatives
    }
    let positives = shares.reduce(0, +)
    guard positives > 0, negativesBelow > 0 else {
      return EstimatedMetric(method: method, reason: "only one class is expected")
    }
    let area = wins / (positives * negativesBelow)
    // Hanley and McNeil's (1982) standard error.
    let (one, two) = (area / (2 - area), 2 * area * area / (1 + area))
    let variance =
      (area * (1 - area) + (positives - 1) * (one - area * area)
        + (negativesBelow - 1) * (two - area * area)) / (positives * negativesBelow)
    let error = max(0, variance).squareRoot()
    return EstimatedMetric(
      value: area, lower: max(0, area - 3 * error), upper: min(1, area + 3 * error),
      method: method)
  }

  private static func losses(
    _ scores: [Double], _ shares: [Double]
  ) -> [String: EstimatedMetric] {
    func estimate(_ loss: (_ score: Double, _ happened: Bool) -> Double) -> EstimatedMetric {
      let count = Double(scores.count)
      var (sum, squares) = (0.0, 0.0)
      for (score, share) in zip(scores, shares) {
        let (yes, no) = (loss(score, true), loss(score, false))
        sum += share * yes + (1 - share) * no
        squares += share * yes * yes + (1 - share) * no * no
      }
      let mean = sum / count
      let error = (max(0, squares / count - mean * mean) / count).squareRoot()
      return EstimatedMetric(
        value: mean, lower: max(0, mean - 3 * error), upper: mean + 3 * error, method: method)
    }
    return [
      "brier_score": estimate { score, happened in
        let error = happened ? 1 - score : score
        return error * error
      },
      "log_loss": estimate { score, happened in
        let given = happened ? score : 1 - score
        return -log(min(max(given, probabilityFloor), 1 - probabilityFloor))
      },
    ]
  }
}
