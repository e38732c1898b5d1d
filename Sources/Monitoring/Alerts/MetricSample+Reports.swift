import Statistics

/// What reports say, as metrics that rules look at.
///
/// | metric | of | labels besides model_name and check |
/// |---|---|---|
/// | `data_drift_score` | drift: drifted / checked columns | |
/// | `drift_score` | drift: a column's statistic | feature, method |
/// | `feature_distribution_shift` | drift: 1 where a column has drifted, else 0 | feature |
/// | `new_category_detected` | drift: share of rows with categories the reference has not | feature |
/// | `data_quality_findings` | drift: warnings and worse about the data | |
/// | `model_METRIC` | performance: a metric and its reference | |
/// | `model_quantile_loss_by_level` | performance: the loss of one quantile of several | quantile |
/// | `model_accuracy_drop` | performance: how much worse accuracy is, as a share of its reference | |
/// | `model_performance_drop` | the same of the primary metric where that is another | metric |
extension MetricSample {
  /// - Parameters:
  ///   - labels: of all samples.
  ///   - at: the time they are of.
  public static func samples(
    of report: DriftReport, labels: [String: String], at instant: Instant
  ) -> [MetricSample] {
    func sample(
      _ metric: String, _ more: [String: String] = [:], _ value: Double?,
      _ interval: Interval? = nil
    ) -> MetricSample {
      MetricSample(
        metric: metric, labels: labels.merging(more) { $1 }, at: instant, value: value,
        interval: interval)
    }
    let chance = report.explainedByChance()
    // Of the columns that have drifted, those that chance does not explain are the least there are.
    let certain = report.columns.count { $0.drifted == true && !chance.contains($0.column) }
    let certainShare = Double(certain) / Double(max(1, report.checkedColumns))
    var samples = [
      sample(
        "data_drift_score", [:], report.driftShare,
        report.driftShare.map { Interval(lower: min(certainShare, $0), upper: $0) }),
      sample(
        "data_quality_findings", [:], Double(report.quality.count { $0.severity != .info })),
    ]
    for column in report.columns {
      let feature = ["feature": column.column]
      let shift = column.drifted.map { $0 ? 1.0 : 0 }
      samples.append(
        sample(
          "feature_distribution_shift", feature, shift,
          shift.map { Interval(lower: chance.contains(column.column) ? 0 : $0, upper: $0) }))
      if let method = column.method {
        samples.append(
          sample("drift_score", feature.merging(["method": method]) { $1 }, column.statistic))
      }
    }
    let categorical = report.columns.filter { $0.type == .categorical }
    return samples
      + newCategories(
        in: categorical.map(\.column), report.quality, labels: labels, at: instant)
  }

  /// As ``samples(of:labels:at:)-(DriftReport,_,_)``.
  public static func samples(
    of report: PerformanceReport, labels: [String: String], at instant: Instant
  ) -> [MetricSample] {
    var samples = report.metrics.sorted { $0.key < $1.key }.map { name, metric in
      var sample = MetricSample(
        metric: "model_" + name, labels: labels, at: instant, value: metric.value,
        reference: metric.reference, interval: metric.interval)
      // `quantile_loss_0.9` is no name a rule or Prometheus can have, for its point.
      if let level = name.wholeMatch(of: /quantile_loss_([0-9.e-]+)/)?.1 {
        sample.metric = "model_quantile_loss_by_level"
        sample.labels["quantile"] = String(level)
      }
      return sample
    }
    if let accuracy = report.metrics["accuracy"] {
      samples.append(
        drop("model_accuracy_drop", accuracy, report, labels, isBetterHigher: true, instant))
    }
    if report.primaryMetric != "accuracy", let primary = report.metrics[report.primaryMetric] {
      samples.append(
        drop(
          "model_performance_drop", primary, report,
          labels.merging(["metric": report.primaryMetric]) { $1 },
          isBetterHigher: report.task != .regression, instant))
    }
    return samples
  }

  /// How much worse a metric is than its reference, as a share of it.
  private static func drop(
    _ name: String, _ metric: MetricValue, _ report: PerformanceReport, _ labels: [String: String],
    isBetterHigher: Bool, _ instant: Instant
  ) -> MetricSample {
    let sign = isBetterHigher ? -1.0 : 1
    let drop = metric.relativeChange.map { $0 * sign }
    var interval: Interval?
    if let drop, let own = metric.interval, let reference = metric.reference, reference != 0 {
      // The reference is a sample too: its error adds to that of the rows that were labelled.
      let ratio = report.referenceRows.map { Double(report.labelledRows) / Double(max(1, $0)) } ?? 0
      let reach = (own.upper - own.lower) / 2 / abs(reference) * (1 + ratio).squareRoot()
      interval = Interval(lower: drop - reach, upper: drop + reach)
    }
    return MetricSample(
      metric: name, labels: labels, at: instant, value: drop, interval: interval)
  }
}

extension MetricValue {
  /// The interval, where both ends are known.
  var interval: Interval? {
    guard let lower, let upper else { return nil }
    return Interval(lower: lower, upper: upper)
  }
}

extension DriftReport {
  /// Columns whose difference chance explains: p ≥ 0.05, adjusted over the columns.
  ///
  /// Methods without a p-value are judged by χ² over the cells of the column's distribution, so that a
  /// distance that small samples show by themselves wakes nobody.
  func explainedByChance(level: Double = 0.05) -> Set<String> {
    var byDistance: [(column: String, pValue: Double)] = []
    var explained: Set<String> = []
    for column in columns {
      if let pValue = column.adjustedPValue ?? column.pValue {
        if pValue >= level { explained.insert(column.column) }
      } else if let counts = column.distribution?.pooled,
        // Without a test (a side without rows) chance explains nothing.
        let test = try? chiSquare(reference: counts.reference, current: counts.current)
      {
        byDistance.append((column.column, test.pValue))
      }
    }
    let adjusted = PValueAdjustment.benjaminiHochberg(byDistance.map(\.pValue))
    for (entry, pValue) in zip(byDistance, adjusted) where pValue >= level {
      explained.insert(entry.column)
    }
    return explained
  }
}

extension Distribution {
  /// Counts with neighbouring cells put together until five current values are expected in each: below
  /// that χ² finds too much. Source: Cochran (1954), Biometrics 10.
  fileprivate var pooled: (reference: [Int], current: [Int]) {
    let all = (reference + current).reduce(0, +)
    let share = Double(current.reduce(0, +)) / Double(max(1, all))
    var pooled: (reference: [Int], current: [Int]) = ([], [])
    var (before, now) = (0, 0)
    for (one, other) in zip(reference, current) {
      before += one
      now += other
      guard Double(before + now) * share >= 5 else { continue }
      pooled.reference.append(before)
      pooled.current.append(now)
      (before, now) = (0, 0)
    }
    // What is left over belongs to the last.
    if let last = pooled.reference.indices.last {
      pooled.reference[last] += before
      pooled.current[last] += now
    }
    return pooled
  }
}
