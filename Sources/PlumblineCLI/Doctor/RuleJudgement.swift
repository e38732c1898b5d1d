import Foundation
import Monitoring
import Reporting

/// How values that were kept stand to a rule.
struct RuleHistory: Equatable {
  var count = 0
  var failing = 0
  /// Of what the condition is held against.
  var range: ClosedRange<Double>?

  init(of rule: AlertRule, _ samples: [MetricSample]) {
    guard case .beyond(let subject, let bounds) = rule.condition.test else { return }
    let matchers = PreparedMatchers(rule.matchers)
    for sample in samples where matchers.match(sample.labels) {
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
      let source = RuleMetric.named(rule.metric)?.source
      if source == nil, !stored.contains(rule.metric) {
        let near = RuleMetric.meant(by: rule.metric)
        findings.append(
          .failed(
            "\(rule.name) is about `\(rule.metric)`, which nobody measures",
            mend: near.map { "did you mean `\($0)`?" } ?? "see docs/alerting.md for what there is"))
      }
      let lacks: String? =
        switch source {
        case .drift where !checks.contains(.drift): "drift"
        // A drift check looks at the data on its way.
        case .quality where checks.isDisjoint(with: [.drift, .quality]): "quality"
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

  /// A threshold that nothing can reach, or that everything is beyond.
  static func impossible(_ rule: AlertRule) -> Finding? {
    guard case .beyond(.value, let bounds) = rule.condition.test,
      let range = RuleMetric.named(rule.metric)?.range
    else { return nil }
    let lowest = max(range.lowerBound, -.greatestFiniteMagnitude)
    // Where neither end nor what is between fails, or all do, no value makes a difference.
    let failing = [lowest, 0, 0.5, range.upperBound].map { bounds.fails($0) }
    guard Set(failing).count == 1 else { return nil }
    let span = lowest < 0 ? "a share of at most 1" : "a share of 0 to 1"
    return .failed(
      "\(rule.name) \(failing[0] ? "always" : "never") fires: `\(rule.metric)` is \(span), and the "
        + "condition is `\(rule.condition.text)`",
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
