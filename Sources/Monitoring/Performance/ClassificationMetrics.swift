import Statistics

/// The metrics of a classifier over some rows.
struct ClassificationMetrics {
  let names: [String]
  /// The class that counts as positive; nil where there are several.
  let positive: Int?
  /// Which class each column of probabilities is of.
  let probabilityClasses: [Int]
  let costs: [PerformanceOptions.Cost]
  let seed: UInt64

  /// - Parameters:
  ///   - table: the rows.
  ///   - rows: those that count; each has a truth.
  func evaluate(_ table: PredictionTable, _ rows: [Int]) -> (Metrics, ConfusionMatrix) {
    var matrix = ConfusionMatrix(classes: names.count)
    var unpredicted = 0
    for row in rows {
      let (truth, predicted) = (table.truthClasses[row], table.predictedClasses[row])
      guard predicted >= 0 else {
        unpredicted += 1
        continue
      }
      matrix.add(truth: Int(truth), predicted: Int(predicted))
    }
    var metrics = matrixMetrics(matrix)
    metrics.merge(probabilityMetrics(table, rows)) { $1 }
    metrics.merge(costMetrics(matrix)) { $1 }
    if unpredicted > 0 {
      metrics["unpredicted_rows"] = MetricValue(Double(unpredicted))
    }
    return (metrics, matrix)
  }

  private func matrixMetrics(_ matrix: ConfusionMatrix) -> Metrics {
    let classes = matrix.classes
    let empty = UndefinedStatistic.noRows.description
    let scores = matrix.scores()
    let total = Double(matrix.total)
    func drawn(_ figure: @escaping ([Double]) -> Double?) -> Interval? {
      matrix.total > 1 ? Interval.bootstrap(matrix.counts, seed: seed, figure) : nil
    }
    let accuracy = MetricValue(
      scores.accuracy,
      scores.accuracy.flatMap { Interval.proportion(hits: $0 * total, count: total) }, else: empty)
    var metrics: Metrics = [
      "accuracy": accuracy,
      "balanced_accuracy": MetricValue(
        scores.balancedAccuracy,
        drawn { ConfusionMatrix.figures($0, classes).balancedAccuracy }, else: empty),
      // With one label a row, every micro average is the accuracy.
      "precision_micro": accuracy, "recall_micro": accuracy, "f1_micro": accuracy,
    ]
    let averages: [(String, KeyPath<ClassificationScores, ClassificationScores.Trio?>)] = [
      ("macro", \.macro), ("weighted", \.weighted),
    ]
    let figures: [(String, KeyPath<ClassificationScores.Trio, Double>)] = [
      ("precision", \.precision), ("recall", \.recall), ("f1", \.f1),
    ]
    for (average, path) in averages {
      for (figure, part) in figures {
        metrics["\(figure)_\(average)"] = MetricValue(
          scores[keyPath: path]?[keyPath: part],
          drawn { ConfusionMatrix.figures($0, classes)[keyPath: path]?[keyPath: part] },
          else: empty)
      }
    }
    guard let positive else {
      for name in ["precision", "recall", "f1_score"] {
        metrics[name] = MetricValue(
          missing: "there are \(names.count) classes and no positive one: see the averages")
      }
      return metrics
    }
    let figure = matrix.binary(positive: positive)
    let label = names[positive]
    let hits = Double(matrix[truth: positive, predicted: positive])
    let predicted = (0..<classes).reduce(0) { $0 + matrix[truth: $1, predicted: positive] }
    let occurring = (0..<classes).reduce(0) { $0 + matrix[truth: positive, predicted: $1] }
    metrics["precision"] = MetricValue(
      figure.precision, Interval.proportion(hits: hits, count: Double(predicted)),
      else: "class \(label) was never predicted")
    metrics["recall"] = MetricValue(
      figure.recall, Interval.proportion(hits: hits, count: Double(occurring)),
      else: "class \(label) never occurs")
    metrics["f1_score"] = MetricValue(
      figure.f1, drawn { ConfusionMatrix.binaryFigures($0, classes, positive).f1 },
      else: "class \(label) neither occurs nor is predicted")
    return metrics
  }

  private func costMetrics(_ matrix: ConfusionMatrix) -> Metrics {
    guard !costs.isEmpty else { return [:] }
    var perCell = [Double](repeating: 0, count: matrix.counts.count)
    var (ofFalsePositives, ofFalseNegatives): (Double?, Double?)
    for cost in costs {
      for cell in cells(of: cost.outcome) { perCell[cell] += cost.cost }
      if cost.outcome == .falsePositive { ofFalsePositives = cost.cost }
      if cost.outcome == .falseNegative { ofFalseNegatives = cost.cost }
    }
    func total(_ counts: [Double]) -> Double {
      zip(counts, perCell).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var metrics: Metrics = [
      "total_cost": MetricValue(
        total(matrix.counts.map(Double.init)),
        Interval.bootstrap(matrix.counts, seed: seed) { total($0) })
    ]
    for (name, outcome, cost) in [
      ("false_positive_cost", PerformanceOptions.Cost.Outcome.falsePositive, ofFalsePositives),
      ("false_negative_cost", .falseNegative, ofFalseNegatives),
    ] {
      guard let cost else { continue }
      let count = cells(of: outcome).reduce(0) { $0 + matrix.counts[$1] }
      metrics[name] = MetricValue(
        Double(count) * cost, Interval.bootstrap([count], seed: seed) { $0[0] * cost })
    }
    return metrics
  }

  /// The cells of the matrix an outcome is counted in.
  private func cells(of outcome: PerformanceOptions.Cost.Outcome) -> [Int] {
    let all = names.indices
    func cell(_ truth: Int, _ predicted: Int) -> Int { truth * names.count + predicted }
    if case .classes(let truth, let predicted) = outcome {
      guard let t = names.firstIndex(of: truth), let p = names.firstIndex(of: predicted) else {
        return []
      }
      return [cell(t, p)]
    }
    guard let positive else { return [] }
    let others = all.filter { $0 != positive }
    return switch outcome {
    case .truePositive: [cell(positive, positive)]
    case .falsePositive: others.map { cell($0, positive) }
    case .falseNegative: others.map { cell(positive, $0) }
    case .trueNegative: others.flatMap { t in others.map { cell(t, $0) } }
    case .classes: []
    }
  }
}
