import Monitoring

/// One rule in Prometheus' terms.
struct PrometheusRule: Sendable {
  /// Why a rule cannot be written.
  struct Reason: Error {
    var text: String
  }

  var name: String
  var expression: String
  var holdSeconds = 0
  var keepSeconds = 0
  var labels: [(name: String, value: String)] = []
  var annotations: [(name: String, value: String)] = []
  /// What differs from the rule itself.
  var notes: [String] = []

  /// Prometheus counts in nanoseconds: it reads no longer spans.
  private static let longestSeconds = 9_000_000_000

  static func make(
    _ rule: AlertRule, evaluationSeconds: Int
  ) -> Result<PrometheusRule, Reason> {
    do {
      return .success(try PrometheusRule(rule, evaluationSeconds: evaluationSeconds))
    } catch {
      return .failure(error)
    }
  }

  private init(_ given: AlertRule, evaluationSeconds: Int) throws(Reason) {
    var rule = given
    // In Prometheus a rule's labels would stand above its series', and alerts of two series be one.
    let taken = RuleMetric.named(rule.metric)?.labels ?? []
    for label in rule.labels.keys.sorted() where taken.contains(label) {
      rule.labels[label] = nil
      notes.append("its label \(label) is left out: its series have one of that name")
    }
    guard !rule.name.isEmpty else { throw Reason(text: "it has no name") }
    guard PromQL.isMetric(rule.metric) else {
      throw Reason(text: "Prometheus has no metrics named so; no gauge shows it")
    }
    for matcher in rule.matchers { try Self.check(matcher) }
    name = rule.name
    let own = rule.labels.filter {
      LabelMatcher.isLabel($0.key) && !$0.key.hasPrefix("__")
        && !["alertname", "severity", "topic"].contains($0.key)
    }
    for label in rule.labels.keys.sorted() where own[label] == nil && label != "topic" {
      notes.append("its label \(label) is left out: Prometheus has no labels named so")
    }
    var fixed = own
    fixed["severity"] = rule.severity.rawValue
    fixed["topic"] = rule.topic
    labels = fixed.sorted { $0.key < $1.key }.map { ($0.key, GoTemplate.literal($0.value)) }
    let query = PromQL(metric: rule.metric, matchers: rule.matchers)
    switch rule.condition.test {
    case .absent:
      expression = query.absence(
        forSeconds: rule.holdFor?.seconds ?? Int(CompiledRule.absentAfterSeconds))
      notes.append(
        "fires from the start for a series that was never there, an evaluation later for one that "
          + "went, and names it for as long as Prometheus knows it; any value, also NaN, ends it")
    case .beyond(let subject, let bounds):
      guard
        let condition = query.failure(
          subject, bounds, significant: rule.requiresSignificance)
      else { throw Reason(text: "its condition holds for no value") }
      expression = condition
      // What fires goes on while it fails without certainty, or has not recovered.
      let bands = [
        rule.requiresSignificance ? query.failure(subject, bounds) : nil,
        rule.recovery.flatMap { query.failure(subject, $0) },
      ].compactMap(\.self)
      if !bands.isEmpty {
        let band = bands.joined(separator: " or ")
        let ignored = Set(fixed.keys).union(["alertname", "alertstate"]).sorted()
        let alerts = "ALERTS{alertname=\(PromQL.quoted(rule.name)),alertstate=\"firing\"}"
        expression =
          "(\(condition)) or ((\(band)) and ignoring (\(ignored.joined(separator: ", "))) \(alerts))"
        if evaluationSeconds > 300 {
          notes.append(
            "is over as soon as it does not surely fail: Prometheus forgets ALERTS after five minutes"
          )
        }
      }
      let (wait, overflows) = max(0, rule.consecutiveFailures - 1)
        .multipliedReportingOverflow(by: evaluationSeconds)
      holdSeconds = min(
        max(overflows ? .max : wait, rule.holdFor?.seconds ?? 0), Self.longestSeconds)
    }
    keepSeconds = min(rule.keepFiringFor?.seconds ?? 0, Self.longestSeconds)
    let template = GoTemplate(rule: rule)
    annotations = [
      ("summary", template.summary), ("description", template.description),
      ("response_time", rule.responseTime.description),
    ]
    if let url = rule.runbookURL { annotations.append(("runbook_url", GoTemplate.literal(url))) }
  }

  private static func check(_ matcher: LabelMatcher) throws(Reason) {
    guard LabelMatcher.isLabel(matcher.label), !matcher.label.hasPrefix("__") else {
      throw Reason(text: "Prometheus has no labels named \(matcher.label)")
    }
    guard matcher.isUsable else {
      throw Reason(text: "the expression \(matcher.value) cannot be read")
    }
    // RE2 counts what nested repetitions multiply to.
    let isPattern = matcher.operation == .matches || matcher.operation == .matchesNot
    if isPattern, matcher.value.count(where: { $0 == "{" }) > 1 {
      let counts = matcher.value.split { !($0.isASCII && $0.isNumber) }.compactMap { Double($0) }
      guard counts.reduce(1, { $0 * max(1, $1) }) <= 1_000 else {
        throw Reason(text: "the expression \(matcher.value) repeats more than Prometheus allows")
      }
    }
  }
}
