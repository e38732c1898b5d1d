import Yams

/// What can be read of `alerting` and will hardly do what was meant: the service makes the metrics that rules
/// look at, so it is known which there are and with which labels.
extension ConfigurationReader {
  mutating func doubt(_ node: Node, _ text: String) {
    doubts.append(.init(line: node.mark?.line ?? 1, text: text))
  }

  static func member(_ name: String, of node: Node) -> Node? {
    node.mapping?.first { $0.key.string == name }?.value
  }

  /// Labels that a list or mapping of matchers, or a list of names, is about; what cannot be read is a mistake
  /// already.
  static func labels(in node: Node) -> [(node: Node, label: String)] {
    if let mapping = node.mapping {
      return mapping.compactMap { key, _ in key.string.map { (key, $0) } }
    }
    return (node.sequence.map(Array.init) ?? [node]).compactMap { entry in
      entry.string.map { text in (entry, LabelMatcher(text)?.label ?? text) }
    }
  }

  /// - Parameter fields: the rule's, for the lines they are in.
  mutating func doubt(_ rule: AlertRule, _ fields: [String: Node]) {
    guard let metric = RuleMetric.named(rule.metric) else {
      if let node = fields["metric"] {
        let hint =
          RuleMetric.meant(by: rule.metric).map { "did you mean `\($0)`?" }
          ?? "docs/alerting.md has all there are"
        doubt(node, "there is no metric `\(Self.shown(rule.metric))`; \(hint)")
      }
      return
    }
    if case .beyond(let subject, _) = rule.condition.test, subject != .value, !metric.hasReference,
      let node = fields["condition"]
    {
      doubt(
        node,
        "`\(metric.name)` has no reference, so that `\(Self.shown(rule.condition.sentence))` never fires; "
          + "hold the value itself against a limit, such as `> 5%`")
    }
    if let matchers = fields["where"] {
      for (node, label) in Self.labels(in: matchers) where !metric.labels.contains(label) {
        doubt(
          node,
          "`\(metric.name)` has no label `\(Self.shown(label))`\(Self.hint(label, metric.labels))")
      }
    }
    let known = Self.labels(of: rule, metric)
    for label in rule.description.labelNames where !known.contains(label) {
      guard let node = fields["description"] else { continue }
      doubt(
        node,
        "alerts of this rule have no label `\(Self.shown(label))`\(Self.hint(label, known))")
    }
  }

  mutating func doubt(_ node: Node, _ label: String, of rules: [AlertRule]) {
    let metrics = rules.map { ($0, RuleMetric.named($0.metric)) }
    // What labels a metric has that is not known cannot be told.
    guard !metrics.isEmpty, metrics.allSatisfy({ $1 != nil }), LabelMatcher.isLabel(label) else {
      return
    }
    let known = metrics.reduce(into: Set<String>()) { all, entry in
      if let metric = entry.1 { all.formUnion(Self.labels(of: entry.0, metric)) }
    }
    guard !known.contains(label) else { return }
    doubt(node, "no alert has a label `\(Self.shown(label))`\(Self.hint(label, known))")
  }

  mutating func doubt(inhibition entry: Node, of rules: [AlertRule]) {
    for key in ["source", "target", "equal"] {
      guard let value = Self.member(key, of: entry) else { continue }
      for (node, label) in Self.labels(in: value) { doubt(node, label, of: rules) }
    }
    guard entry.mapping != nil, Self.member("equal", of: entry) == nil else { return }
    doubt(
      entry,
      "without `equal` an alert of one model silences those of all others; say `equal: [model_name]`, "
        + "or `equal: []` where that is meant")
  }

  private static func labels(of rule: AlertRule, _ metric: RuleMetric) -> Set<String> {
    metric.labels.union(rule.labels.keys).union(["alertname", "severity", "topic"])
  }

  private static func hint(_ label: String, _ known: Set<String>) -> String {
    let near =
      closestName(to: label, among: known.sorted())
      ?? known.sorted().first { $0.hasPrefix(label + "_") || $0.hasSuffix("_" + label) }
    return near.map { "; did you mean `\($0)`?" }
      ?? "; it has \(known.sorted().joined(separator: ", "))"
  }
}
