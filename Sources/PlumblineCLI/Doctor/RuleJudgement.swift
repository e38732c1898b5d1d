import Foundation
import Monitoring
import Reporting

/// What rules may be about.
enum RuleMetrics {
  /// Where a metric's values come from.
  enum Source: Equatable {
    case traffic, drift, performance, checks
  }

  private static let fixed: [String: Source] = [
    "error_rate": .traffic, "prediction_rate": .traffic, "prediction_latency_p50": .traffic,
    "prediction_latency_p95": .traffic, "prediction_latency_p99": .traffic,
    "traffic_pattern_change": .traffic, "data_drift_score": .drift,
    "feature_distribution_shift": .drift, "drift_score": .drift,
    "new_category_detected": .drift, "data_quality_findings": .drift,
    "model_accuracy_drop": .performance, "model_performance_drop": .performance,
    "check_failed": .checks,
  ]

  private static let performance = [
    "accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "precision_macro",
    "precision_micro", "precision_weighted", "recall_macro", "recall_micro", "recall_weighted",
    "f1_macro", "f1_micro", "f1_weighted", "auc_roc", "auc_roc_ovr_macro", "auc_roc_ovo_macro",
    "auc_pr", "log_loss", "brier_score", "expected_calibration_error", "false_positive_cost",
    "false_negative_cost", "total_cost", "rmse", "mae", "r2_score", "mape", "smape",
    "quantile_loss", "prediction_interval_coverage", "prediction_interval_width", "mean_error",
    "mrr", "coverage", "diversity", "novelty",
  ]

  static var names: [String] { fixed.keys.sorted() + performance.map { "model_\($0)" } }

  /// nil for what nobody measures.
  static func source(of metric: String) -> Source? {
    if let known = fixed[metric] { return known }
    guard metric.hasPrefix("model_") else { return nil }
    let name = metric.dropFirst("model_".count)
    // Of lists, up to some place: `ndcg_at_10`.
    let place = name.split(separator: "_").last.flatMap { Int($0) }
    let isKnown = performance.contains(String(name)) || (name.contains("_at_") && place != nil)
    return isKnown ? .performance : nil
  }

  /// Metrics that are shares of something, 0…1.
  static func isShare(_ metric: String) -> Bool {
    [
      "error_rate", "data_drift_score", "feature_distribution_shift", "new_category_detected",
      "check_failed", "model_accuracy", "model_balanced_accuracy", "model_precision",
      "model_recall", "model_f1_score", "model_auc_roc", "model_auc_pr", "model_brier_score",
    ].contains(metric)
  }
}

/// How values that were kept stand to a rule.
struct RuleHistory: Equatable {
  var count = 0
  var failing = 0
  /// Of what the condition is held against.
  var range: ClosedRange<Double>?

  init(of rule: AlertRule, _ samples: [MetricSample]) {
    guard case .beyond(let subject, let bounds) = rule.condition.test else { return }
    for sample in samples where rule.matchers.match(sample.labels) {
      guard let value = Self.value(of: sample, subject), value.isFinite else { continue }
      count += 1
      range = range.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
      if bounds.fails(value) { failing += 1 }
    }
  }

  /// How many values failed, and between which they were.
  var text: String {
    let values = range.map { range in
      let ends = [range.lowerBound, range.upperBound].map(NumberText.short)
      return ends[0] == ends[1] ? ", all \(ends[0])" : ", from \(ends[0]) to \(ends[1])"
    }
    return "\(failing) of \(NumberText.count(count, "value"))\(values ?? "")"
  }

  private static func value(
    of sample: MetricSample, _ subject: AlertCondition.Subject
  ) -> Double? {
    guard let value = sample.value else { return nil }
    switch subject {
    case .value: return value
    case .difference: return sample.reference.map { value - $0 }
    case .relativeChange: return sample.reference.map { (value - $0) / abs($0) }
    }
  }
}

/// What rules look like.
enum RuleJudgement {
  /// Rules that are not those of the severity matrix as it comes.
  static func own(_ rules: [AlertRule]) -> [AlertRule] {
    rules.filter { !AlertRule.defaults.contains($0) }
  }

  static func syntax(
    _ mistakes: [ConfigurationError.Mistake], rules: [AlertRule], path: String?
  ) -> Finding {
    guard mistakes.isEmpty else {
      return .failed(
        Finding.listed(mistakes.map { "\(path ?? "the configuration"):\($0.line): \($0.text)" }),
        mend: "correct what is named: the service does not start with it")
    }
    let own = own(rules).count
    return .ok("\(NumberText.count(rules.count, "rule")), \(own) of them your own")
  }

  static func metrics(
    _ rules: [AlertRule], stored: Set<String>, models: Set<String>,
    checks: Set<CheckConfiguration.Kind>
  ) -> Finding {
    guard !rules.isEmpty else { return .skipped("there are no rules but those of the matrix") }
    var findings: [Finding] = []
    for rule in rules {
      let source = RuleMetrics.source(of: rule.metric)
      if source == nil, !stored.contains(rule.metric) {
        let near = closestName(to: rule.metric, among: RuleMetrics.names)
        findings.append(
          .failed(
            "\(rule.name) is about `\(rule.metric)`, which nobody measures",
            mend: near.map { "did you mean `\($0)`?" } ?? "see docs/alerting.md for what there is"))
      }
      let lacks: String? =
        switch source {
        case .drift where !checks.contains(.drift): "drift"
        case .performance where !checks.contains(.performance): "performance"
        default: nil
        }
      if let lacks {
        findings.append(
          .warning(
            "\(rule.name) is about `\(rule.metric)`, and no \(lacks) check is configured",
            mend: "add a check of type \(lacks) to a model"))
      }
      if let matcher = rule.matchers.first(where: { $0.label == "model_name" }), !models.isEmpty,
        !models.contains(where: { matcher.matches(["model_name": $0]) })
      {
        findings.append(
          .warning(
            "\(rule.name) is about \(matcher.text), which no configured model is",
            mend: "correct the name in `where`"))
      }
    }
    return .worst(
      of: findings,
      fine: "\(NumberText.count(rules.count, "rule")) of your own, each on a known metric")
  }

  /// A threshold that nothing can reach.
  static func impossible(_ rule: AlertRule) -> Finding? {
    guard case .beyond(.value, let bounds) = rule.condition.test,
      RuleMetrics.isShare(rule.metric)
    else { return nil }
    let isAbove = bounds.fails(1)
    let isBelow = bounds.fails(0)
    // What no value between fails either is out of reach of all.
    guard !isAbove, !isBelow, !bounds.fails(0.5) else { return nil }
    return .failed(
      "\(rule.name) never fires: `\(rule.metric)` is a share of 0 to 1, and the condition is "
        + "`\(rule.condition.text)`",
      mend: "write the share, such as 0.05 or 5%")
  }

  /// Values from which on a rule that always fails says something.
  static let leastValues = 20

  static func history(_ history: RuleHistory, of rule: AlertRule) -> Finding? {
    guard history.count >= leastValues, history.failing == history.count else { return nil }
    return .warning(
      "\(rule.name): all values that are stored fail `\(rule.condition.text)` (\(history.text))",
      mend: "if that is how things are, move the threshold; try it with `plumbline alerts replay`")
  }
}
