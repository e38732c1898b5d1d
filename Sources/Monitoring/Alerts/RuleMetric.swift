/// A metric the service makes for alert rules to look at: the one list for the check of configurations, the
/// doctor and the documentation, which a test holds against what is made.
public struct RuleMetric: Sendable, Equatable {
  /// Where a metric's values come from.
  public enum Source: Sendable, Equatable {
    case traffic, drift, quality, performance, checks
  }

  public var name: String
  public var source: Source
  /// The labels of its series, besides those a rule adds.
  public var labels: Set<String>
  /// Whether it is a share of something, 0…1.
  public var isShare: Bool
  /// Between which its values are; nil where anything may be.
  public var range: ClosedRange<Double>? {
    // What got better dropped by less than nothing, and nothing drops by more than all of it.
    name == "model_accuracy_drop" ? -Double.infinity...1 : isShare ? 0...1 : nil
  }
  /// Whether its values come with a reference, which a condition on `change` needs.
  public var hasReference: Bool

  private init(
    _ name: String, _ source: Source, _ more: Set<String> = [], isShare: Bool = false,
    hasReference: Bool = false
  ) {
    self.name = name
    self.source = source
    self.isShare = isShare
    self.hasReference = hasReference
    labels = more.union(source == .traffic ? ["model_name"] : ["model_name", "check"])
  }

  private static let fixed: [RuleMetric] = [
    .init("error_rate", .traffic, isShare: true),
    .init("prediction_rate", .traffic, hasReference: true),
    .init("prediction_latency_p50", .traffic), .init("prediction_latency_p95", .traffic),
    .init("prediction_latency_p99", .traffic), .init("traffic_pattern_change", .traffic),
    .init("traffic_drop", .traffic, isShare: true),
    .init("data_drift_score", .drift, isShare: true),
    .init("feature_distribution_shift", .drift, ["feature"], isShare: true),
    .init("drift_score", .drift, ["feature", "method"]),
    .init("new_category_detected", .quality, ["feature"], isShare: true),
    .init("data_quality_findings", .quality), .init("model_accuracy_drop", .performance),
    .init("model_performance_drop", .performance, ["metric"]),
    .init("model_quantile_loss_by_level", .performance, ["quantile"], hasReference: true),
    .init("check_failed", .checks, isShare: true),
  ]

  /// Performance metrics whose names do not depend on the check's settings.
  private static let performance = [
    "accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "precision_macro",
    "precision_micro", "precision_weighted", "recall_macro", "recall_micro", "recall_weighted",
    "f1_macro", "f1_micro", "f1_weighted", "auc_roc", "auc_roc_ovr_macro", "auc_roc_ovo_macro",
    "auc_pr", "log_loss", "brier_score", "expected_calibration_error", "false_positive_cost",
    "false_negative_cost", "total_cost", "rmse", "mae", "r2_score", "mape", "smape",
    "quantile_loss", "prediction_interval_coverage", "prediction_interval_width", "mean_error",
    "mrr", "coverage", "diversity", "novelty", "lists", "unpredicted_rows",
    "rows_without_probability", "rows_of_classes_without_probability", "unusable_rows",
    "zero_truths", "business_value_mean", "business_value_total",
  ]
  private static let shares: Set<String> = [
    "accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "auc_roc", "auc_pr",
    "brier_score",
  ]
  /// Metrics of lists, up to some place: `ndcg_at_10`.
  private static let ofPlaces = ["ndcg", "map", "precision", "recall", "hit_rate"]

  /// Names of all metrics but those that end in a place of a list.
  public static let names = fixed.map(\.name) + performance.map { "model_\($0)" }

  /// The metric of a name; nil where the service makes none.
  public static func named(_ name: String) -> RuleMetric? {
    if let known = fixed.first(where: { $0.name == name }) { return known }
    guard name.hasPrefix("model_") else { return nil }
    let metric = String(name.dropFirst("model_".count))
    guard performance.contains(metric) || isOfPlaces(metric) else { return nil }
    return RuleMetric(
      name, .performance, isShare: shares.contains(metric), hasReference: true)
  }

  private static func isOfPlaces(_ metric: String) -> Bool {
    ofPlaces.contains { name in
      guard metric.hasPrefix(name + "_at_") else { return false }
      let place = metric.dropFirst(name.count + "_at_".count)
      return Int(place).map { $0 > 0 && "\($0)" == place } ?? false
    }
  }

  /// The name that was probably meant by one nobody knows.
  public static func meant(by name: String) -> String? {
    // `prediction_error_rate` is far from `error_rate` by letters, and `accuracy` from `model_accuracy`.
    names.filter { name.hasSuffix("_" + $0) }.max { $0.count < $1.count }
      ?? closestName(to: name, among: names)
      ?? names.filter { $0.hasSuffix("_" + name) }.min { $0.count < $1.count }
  }
}
