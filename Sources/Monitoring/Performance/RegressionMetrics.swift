import Statistics

/// The metrics of predicted numbers over some rows.
struct RegressionMetrics {
  let quantileLevels: [Double]
  let hasInterval: Bool

  /// - Parameters:
  ///   - table: the rows.
  ///   - rows: those that count; each has a truth.
  func evaluate(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    let valid = rows.filter { table.predictions[$0].isFinite && table.truth[$0].isFinite }
    let truth = valid.map { table.truth[$0] }
    let predictions = valid.map { table.predictions[$0] }
    var errors = RegressionErrors()
    errors.add(truth: truth, predictions: predictions)
    var metrics = Self.metrics(errors)
    do {
      metrics["r2_score"] = MetricValue(
        try errors.determination(), determinationInterval(truth: truth, predictions: predictions))
    } catch {
      metrics["r2_score"] = MetricValue(missing: "\(error)")
    }
    if valid.count < rows.count {
      metrics["unusable_rows"] = MetricValue(Double(rows.count - valid.count))
    }
    metrics.merge(quantiles(table, valid)) { $1 }
    metrics.merge(intervals(table, valid)) { $1 }
    return metrics
  }

  private static func metrics(_ errors: RegressionErrors) -> Metrics {
    let empty = UndefinedStatistic.noRows.description
    var metrics: Metrics = [
      "mae": MetricValue(mean: errors.absolute),
      "mean_error": MetricValue(mean: errors.errors),
      "smape": MetricValue(mean: errors.symmetric),
      "mape": MetricValue(
        mean: errors.relative,
        else: errors.count > 0 ? "every truth is 0" : empty),
      "rmse": MetricValue(
        errors.rootMeanSquaredError,
        Interval.mean(errors.squared).map {
          Interval(lower: max(0, $0.lower).squareRoot(), upper: $0.upper.squareRoot())
        }, else: empty),
    ]
    if errors.zeroTruths > 0 {
      metrics["zero_truths"] = MetricValue(Double(errors.zeroTruths))
    }
    return metrics
  }

  private func quantiles(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    guard !quantileLevels.isEmpty else { return [:] }
    var (metrics, all): (Metrics, [Double]) = ([:], [])
    for (index, level) in quantileLevels.enumerated() {
      let known = rows.filter { table.quantiles[index][$0].isFinite }
      let loss = quantileLoss(
        truth: known.map { table.truth[$0] },
        predictions: known.map { table.quantiles[index][$0] }, level: level)
      metrics["quantile_loss_\(level)"] = MetricValue(mean: loss)
      if loss.count > 0 { all.append(loss.mean) }
    }
    metrics["quantile_loss"] =
      quantileLevels.count == 1
      ? metrics["quantile_loss_\(quantileLevels[0])"]
      : MetricValue(
        all.isEmpty ? nil : all.reduce(0, +) / Double(all.count),
        else: UndefinedStatistic.noRows.description)
    return metrics
  }

  private func intervals(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    guard hasInterval else { return [:] }
    let known = rows.filter { table.lower[$0].isFinite && table.upper[$0].isFinite }
    var intervals = PredictionIntervals()
    intervals.add(
      truth: known.map { table.truth[$0] }, lower: known.map { table.lower[$0] },
      upper: known.map { table.upper[$0] })
    return [
      "prediction_interval_coverage": MetricValue(
        intervals.coverage,
        Interval.proportion(hits: Double(intervals.covered), count: Double(intervals.count)),
        else: UndefinedStatistic.noRows.description),
      "prediction_interval_width": MetricValue(mean: intervals.width),
    ]
  }
}
