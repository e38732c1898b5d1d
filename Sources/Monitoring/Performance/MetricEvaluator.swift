import Foundation
import Statistics

/// The metrics of one task, over any rows of a table.
struct MetricEvaluator {
  let plan: PredictionPlan
  private let classification: ClassificationMetrics?
  private let confidence: ConfidenceEstimate?
  private let loss: LossEstimate?
  private let regression: RegressionMetrics?
  private let ranking: RankingMetrics?
  private(set) var notes: [String] = []

  init(plan: PredictionPlan, table: PredictionTable, reference: PredictionTable?) throws {
    self.plan = plan
    let options = plan.options
    var (classification, confidence): (ClassificationMetrics?, ConfidenceEstimate?)
    var (regression, ranking): (RegressionMetrics?, RankingMetrics?)
    var loss: LossEstimate?
    switch plan.task {
    case .classification:
      let positive = try plan.positive()
      let names = plan.names.value.names
      let probabilityClasses =
        options.probability != nil
        ? positive.map { [$0] } ?? []
        : options.probabilities.compactMap { plan.names.value.known($0.label).map(Int.init) }
      classification = ClassificationMetrics(
        names: names, positive: positive, probabilityClasses: probabilityClasses,
        costs: options.costs, seed: options.seed)
      if options.estimate {
        guard !probabilityClasses.isEmpty else {
          throw MonitoringError.invalidOption(
            name: "--estimate", value: "",
            expected: "--probability or --probabilities: performance is told from them")
        }
        confidence = ConfidenceEstimate(
          reference: reference, rows: reference.map { Self.labelled($0, plan) } ?? [],
          classes: probabilityClasses, positive: positive)
      }
    case .regression:
      regression = RegressionMetrics(
        quantileLevels: options.quantiles.map(\.level), hasInterval: options.interval != nil)
      if options.estimate {
        loss = reference.flatMap {
          LossEstimate(reference: $0, rows: Self.labelled($0, plan))
        }
        guard loss != nil else {
          throw MonitoringError.invalidOption(
            name: "--estimate", value: "",
            expected: "--reference with at least 100 labelled predictions to learn errors from")
        }
      }
    case .ranking, .recommendation:
      if options.estimate {
        throw MonitoringError.invalidOption(
          name: "--estimate", value: plan.task.rawValue,
          expected: "classification or regression: a ranking cannot be told without labels")
      }
      ranking = RankingMetrics(places: options.places, items: plan.itemNames.value, table: table)
    }
    self.classification = classification
    self.confidence = confidence
    self.loss = loss
    self.regression = regression
    self.ranking = ranking
  }

  var isCalibrated: Bool { confidence?.isCalibrated ?? true }

  /// What a verdict is told by.
  var primaryMetric: String {
    switch plan.task {
    case .classification: "accuracy"
    case .regression: "rmse"
    case .ranking, .recommendation: "ndcg_at_\(plan.options.places.first ?? 10)"
    }
  }

  var higherIsBetter: Bool { plan.task != .regression }

  /// All rows that have a truth.
  static func labelled(_ table: PredictionTable, _ plan: PredictionPlan) -> [Int] {
    plan.isClass
      ? table.truthClasses.indices.filter { table.truthClasses[$0] >= 0 }
      : table.truth.indices.filter { !table.truth[$0].isNaN }
  }

  /// Those of `rows` that have a truth.
  func labelled(_ table: PredictionTable, _ rows: [Int]) -> [Int] {
    plan.isClass
      ? table.truthClasses.isEmpty ? [] : rows.filter { table.truthClasses[$0] >= 0 }
      : table.truth.isEmpty ? [] : rows.filter { !table.truth[$0].isNaN }
  }

  func evaluate(
    _ table: PredictionTable, _ rows: [Int]
  ) -> (metrics: Metrics, confusion: ConfusionMatrix?) {
    var metrics: Metrics = [:]
    var confusion: ConfusionMatrix?
    if let classification { (metrics, confusion) = classification.evaluate(table, rows) }
    if let regression { metrics = regression.evaluate(table, rows) }
    if let ranking { metrics = ranking.evaluate(table, rows) }
    if !table.values.isEmpty {
      let values = rows.map { table.values[$0] }.filter(\.isFinite)
      let moments = Moments(values)
      metrics["business_value_mean"] = MetricValue(mean: moments)
      let count = Double(values.count)
      metrics["business_value_total"] = MetricValue(
        moments.mean * count,
        Interval.mean(moments).map { Interval(lower: $0.lower * count, upper: $0.upper * count) })
    }
    return (metrics, confusion)
  }

  func confusion(_ matrix: ConfusionMatrix) -> Confusion {
    let names = plan.names.value.names
    let order = names.indices.sorted { names[$0] < names[$1] }
    return Confusion(
      classes: order.map { names[$0] }, positive: classification?.positive.map { names[$0] },
      counts: order.map { truth in order.map { matrix[truth: truth, predicted: $0] } })
  }

  func estimates(
    _ table: PredictionTable, _ rows: [Int], realised: Metrics
  ) -> [String: EstimatedMetric] {
    loss?.evaluate(table, rows, realised: realised)
      ?? confidence?.evaluate(table, rows, names: plan.names.value.names, realised: realised)
      ?? [:]
  }

  // MARK: Predictions alone

  /// What predictions say of themselves, beside the reference's.
  func proxies(
    _ table: PredictionTable, _ rows: [Int], reference: PredictionTable?
  ) -> Metrics {
    let base = reference.map { proxies($0, Array(0..<$0.count)) }
    var metrics = proxies(table, rows).compared(with: base)
    if let reference { metrics["prediction_drift"] = predictionDrift(table, reference) }
    return metrics
  }

  private func proxies(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    var metrics: Metrics = [:]
    if plan.isClass {
      let predicted = rows.map { table.predictedClasses[$0] }.filter { $0 >= 0 }
      for (code, name) in plan.names.value.names.enumerated() {
        let hits = predicted.count { Int($0) == code }
        metrics["predicted_share_\(name)"] = MetricValue(
          predicted.isEmpty ? nil : Double(hits) / Double(predicted.count),
          Interval.proportion(hits: Double(hits), count: Double(predicted.count)),
          else: UndefinedStatistic.noRows.description)
      }
      guard !table.probabilities.isEmpty else { return metrics }
      let confidences = rows.compactMap { row -> Double? in
        let given = table.probabilities.map { $0[row] }
        guard given.allSatisfy(\.isFinite), let highest = given.max() else { return nil }
        return given.count == 1 ? max(highest, 1 - highest) : highest
      }
      metrics["confidence"] = MetricValue(mean: Moments(confidences))
      return metrics
    }
    metrics["prediction_mean"] = MetricValue(
      mean: Moments(rows.map { table.predictions[$0] }.filter(\.isFinite)))
    return metrics
  }

  /// The distance of predictions from the reference's: Jensen and Shannon's of classes, Wasserstein's
  /// in standard deviations of numbers and probabilities.
  private func predictionDrift(
    _ table: PredictionTable, _ reference: PredictionTable
  ) -> MetricValue {
    do {
      if plan.isClass, table.probabilities.count != 1 {
        let count = plan.names.value.names.count
        func counts(_ table: PredictionTable) -> [Int] {
          table.predictedClasses.reduce(into: [Int](repeating: 0, count: count)) { counts, code in
            if code >= 0 { counts[Int(code)] += 1 }
          }
        }
        return MetricValue(
          try jensenShannon(reference: counts(reference), current: counts(table)).distance)
      }
      var (before, now) = (
        (plan.isClass ? reference.probabilities[0] : reference.predictions).filter(\.isFinite),
        (plan.isClass ? table.probabilities[0] : table.predictions).filter(\.isFinite)
      )
      sortAscending(&before)
      sortAscending(&now)
      let raw = try wasserstein(before.span, now.span)
      let scale = Moments(before).populationVariance?.squareRoot() ?? 0
      return MetricValue(scale > 0 ? raw / scale : raw)
    } catch {
      return MetricValue(missing: "\(error)")
    }
  }

  // MARK: Shadow

  /// Another model's predictions of the same rows, and a test of which is right more often.
  func shadow(
    _ table: PredictionTable, _ rows: [Int], serving: Metrics
  ) -> ShadowComparison? {
    guard let column = plan.options.shadow else { return nil }
    var other = table
    other.predictedClasses = table.shadowClasses
    other.predictions = table.shadowPredictions
    // Its probabilities are not known.
    other.probabilities = []
    var comparison = ShadowComparison(column: column, metrics: [:])
    if let classification {
      let alone = ClassificationMetrics(
        names: classification.names, positive: classification.positive, probabilityClasses: [],
        costs: classification.costs, seed: classification.seed)
      comparison.metrics = alone.evaluate(other, rows).0.compared(with: serving)
      let all = (0..<table.count).filter {
        table.predictedClasses[$0] >= 0 && table.shadowClasses[$0] >= 0
      }
      let same = all.count { table.predictedClasses[$0] == table.shadowClasses[$0] }
      comparison.agreement = all.isEmpty ? nil : Double(same) / Double(all.count)
    } else {
      comparison.metrics = evaluate(other, rows).metrics.compared(with: serving)
    }
    let (better, worse) = disagreements(table, rows)
    if better + worse > 0 {
      comparison.pValue = signTestPValue(better, worse)
    } else {
      comparison.reason = "no labelled row tells the two apart"
    }
    return comparison
  }

  /// Rows on which only the shadow is right, or nearer, and on which only the serving model is.
  private func disagreements(_ table: PredictionTable, _ rows: [Int]) -> (Int, Int) {
    var (better, worse) = (0, 0)
    for row in rows {
      if plan.isClass {
        let truth = table.truthClasses[row]
        let (one, two) = (table.predictedClasses[row] == truth, table.shadowClasses[row] == truth)
        if two && !one { better += 1 }
        if one && !two { worse += 1 }
      } else {
        let one = abs(table.predictions[row] - table.truth[row])
        let two = abs(table.shadowPredictions[row] - table.truth[row])
        if two < one { better += 1 }
        if one < two { worse += 1 }
      }
    }
    return (better, worse)
  }
}

extension RankingMetrics {
  /// Popularity is counted over all the table's lists.
  init(places: [Int], items: ClassNames, table: PredictionTable) {
    self.places = places
    guard !table.items.isEmpty else {
      (catalogue, popularity) = (nil, nil)
      return
    }
    catalogue = items.names.count
    var lists = [Int](repeating: 0, count: items.names.count)
    var met: Set<UInt64> = []
    for (group, item) in zip(table.groups, table.items) where group >= 0 && item >= 0 {
      let pair = UInt64(UInt32(bitPattern: group)) << 32 | UInt64(UInt32(bitPattern: item))
      if met.insert(pair).inserted { lists[Int(item)] += 1 }
    }
    popularity = (lists, Set(table.groups.filter { $0 >= 0 }).count)
  }
}
