import Foundation
import Statistics

/// What the probabilities of classes are worth.
extension ClassificationMetrics {
  /// Cells of score that curves are drawn anew from.
  private static let resampledCells = 512

  func probabilityMetrics(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    guard !probabilityClasses.isEmpty else { return [:] }
    let valid = rows.filter { row in
      table.probabilities.allSatisfy { $0[row] >= 0 && $0[row] <= 1 }
    }
    var metrics: Metrics
    if let positive, probabilityClasses.count == 1 || names.count == 2 {
      metrics = binaryMetrics(table, valid, positive)
    } else {
      metrics = severalMetrics(table, valid)
    }
    if valid.count < rows.count {
      metrics["rows_without_probability"] = MetricValue(Double(rows.count - valid.count))
    }
    return metrics
  }

  private func binaryMetrics(
    _ table: PredictionTable, _ rows: [Int], _ positive: Int
  ) -> Metrics {
    guard let column = probabilityClasses.firstIndex(of: positive) else { return [:] }
    let scores = table.probabilities[column]
    var (positives, negatives, ofTruth, squares): ([Double], [Double], [Double], [Double]) =
      ([], [], [], [])
    var calibration = CalibrationCells()
    for row in rows {
      let (score, happened) = (scores[row], Int(table.truthClasses[row]) == positive)
      if happened { positives.append(score) } else { negatives.append(score) }
      ofTruth.append(happened ? score : 1 - score)
      let error = happened ? 1 - score : score
      squares.append(error * error)
      calibration.add(probability: score, happened: happened)
    }
    let sorted = BinaryScores(positives: positives, negatives: negatives)
    var metrics = losses(ofTruth, squares: squares)
    metrics["expected_calibration_error"] = calibrationMetric(calibration)
    metrics["auc_roc"] = Self.metric { try sorted.areaUnderROC() }
    do {
      metrics["auc_pr"] = MetricValue(
        try sorted.averagePrecision(), averagePrecisionInterval(sorted))
    } catch {
      metrics["auc_pr"] = MetricValue(missing: "class \(names[positive]) never occurs")
    }
    return metrics
  }

  private func severalMetrics(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    let columns = table.probabilities
    let placeOfClass = Dictionary(
      probabilityClasses.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let known = rows.filter { placeOfClass[Int(table.truthClasses[$0])] != nil }
    var (ofTruth, squares): ([Double], [Double]) = ([], [])
    var calibration = CalibrationCells()
    var truth: [Int] = []
    for row in known {
      guard let place = placeOfClass[Int(table.truthClasses[row])] else { continue }
      truth.append(place)
      ofTruth.append(columns[place][row])
      var (square, best) = (0.0, 0)
      for index in columns.indices {
        let error = columns[index][row] - (index == place ? 1 : 0)
        square += error * error
        if columns[index][row] > columns[best][row] { best = index }
      }
      squares.append(square)
      calibration.add(probability: columns[best][row], happened: best == place)
    }
    var metrics = losses(ofTruth, squares: squares)
    metrics["expected_calibration_error"] = calibrationMetric(calibration)
    let scores = columns.map { column in known.map { column[$0] } }
    for (name, averaging) in [
      ("auc_roc_ovr_macro", ClassAveraging.oneVersusRest), ("auc_roc_ovo_macro", .oneVersusOne),
    ] {
      metrics[name] = Self.metric {
        try areaUnderROC(truth: truth, scores: scores, averaging: averaging)
      }
    }
    for name in ["auc_roc", "auc_pr"] {
      metrics[name] = MetricValue(
        missing: "there are \(names.count) classes: see auc_roc_ovr_macro and auc_roc_ovo_macro")
    }
    if known.count < rows.count {
      metrics["rows_of_classes_without_probability"] = MetricValue(Double(rows.count - known.count))
    }
    return metrics
  }

  private func losses(_ ofTruth: [Double], squares: [Double]) -> Metrics {
    var metrics: Metrics = ["brier_score": MetricValue(mean: Moments(squares))]
    do {
      let loss = try logLoss(ofTruth: ofTruth.span)
      let floor = probabilityFloor
      let each = ofTruth.map { -log(min(max($0, floor), 1 - floor)) }
      metrics["log_loss"] = MetricValue(loss, Interval.mean(Moments(each)))
    } catch {
      metrics["log_loss"] = MetricValue(missing: "\(error)")
    }
    return metrics
  }

  private func calibrationMetric(_ cells: CalibrationCells) -> MetricValue {
    do {
      let value = try cells.expectedError()
      let counts = cells.cells.flatMap { [$0.hits, $0.count - $0.hits] }
      let means = cells.cells.map { $0.count > 0 ? $0.probability / Double($0.count) : 0 }
      let interval = Interval.bootstrap(counts, seed: seed) { drawn in
        var (error, total) = (0.0, 0.0)
        for (index, mean) in means.enumerated() {
          let (hits, others) = (drawn[2 * index], drawn[2 * index + 1])
          error += abs(hits - mean * (hits + others))
          total += hits + others
        }
        return total > 0 ? error / total : nil
      }
      return MetricValue(value, counts.reduce(0, +) > 1 ? interval : nil)
    } catch {
      return MetricValue(missing: "\(error)")
    }
  }

  /// Rows are drawn anew from cells of equal frequency of the score; the interval is put round the
  /// exact figure.
  private func averagePrecisionInterval(_ scores: BinaryScores) -> Interval? {
    var all = scores.positives + scores.negatives
    guard all.count > 1 else { return nil }
    sortAscending(&all)
    let cells = Cells.equalFrequency(sortedReference: all.span, count: Self.resampledCells)
    let counts = [
      cells.counts(sorted: scores.positives.span), cells.counts(sorted: scores.negatives.span),
    ]
    func figure(_ drawn: [Double]) -> Double? {
      var (hits, others, sum) = (0.0, 0.0, 0.0)
      for cell in stride(from: cells.count - 1, through: 0, by: -1) {
        let gained = drawn[cell]
        hits += gained
        others += drawn[cells.count + cell]
        if gained > 0 { sum += gained * hits / (hits + others) }
      }
      return hits > 0 ? sum / hits : nil
    }
    let flat = counts[0] + counts[1]
    // Where there is no figure there is no interval: why is told with the figure.
    guard let exact = try? scores.averagePrecision(), let coarse = figure(flat.map(Double.init)),
      let interval = Interval.bootstrap(flat, replicates: 200, seed: seed, figure)
    else { return nil }
    return Interval(
      lower: interval.lower + exact - coarse, upper: interval.upper + exact - coarse
    ).clamped(0...1)
  }

  private static func metric(_ area: () throws -> AreaUnderROC) -> MetricValue {
    do {
      let area = try area()
      return MetricValue(
        area.value,
        area.standardError.map { Interval.normal(area.value, standardError: $0).clamped(0...1) })
    } catch {
      return MetricValue(missing: "\(error)")
    }
  }
}
