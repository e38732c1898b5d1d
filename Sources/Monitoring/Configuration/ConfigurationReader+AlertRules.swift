import Yams

extension ConfigurationReader {
  private static var ruleKeys: [String] {
    [
      "name", "metric", "where", "condition", "for", "consecutive_failures", "keep_firing_for",
      "recovery", "severity", "response_time", "cooldown_minutes", "requires_significance",
      "labels",
      "description", "runbook_url", "dynamic",
    ]
  }

  /// The rules of a file that is a configuration, of which nothing else is read, or has rules alone.
  mutating func rulesOfFile(_ root: Node) -> [AlertRule] {
    let known = ["default_rules", "rules"]
    let fields = fields(root, of: "the file", known: known + Self.sections)
    guard let alerting = fields["alerting"] else {
      if fields["rules"] == nil, fields["default_rules"] == nil, root.mapping != nil {
        note(root, "the file has no rules: neither `rules` nor `alerting`")
      }
      return rules(fields, withDefaults: false)
    }
    for key in known {
      if let value = fields[key] { note(value, "`\(key)` stands in alerting where there is one") }
    }
    return rules(
      self.fields(alerting, of: "alerting", known: Self.alertingKeys), withDefaults: true)
  }

  /// The rules of a section, and the default ones before them.
  mutating func rules(_ fields: [String: Node], withDefaults: Bool) -> [AlertRule] {
    let hasDefaults = fields["default_rules"].map { flag($0) ?? withDefaults } ?? withDefaults
    var rules = hasDefaults ? AlertRule.defaults : []
    var places: [String: Int] = [:]
    for (place, rule) in rules.enumerated() { places[rule.name] = place }
    var names: Set<String> = []
    for entry in fields["rules"].map({ list($0, "rules") }) ?? [] {
      guard let rule = rule(entry) else { continue }
      if !names.insert(rule.name).inserted {
        note(entry, "there are two rules named `\(rule.name)`")
      } else if let place = places[rule.name] {
        rules[place] = rule
      } else {
        rules.append(rule)
      }
    }
    return rules
  }

  private mutating func rule(_ node: Node) -> AlertRule? {
    let before = mistakeCount
    let fields = fields(node, of: "a rule", known: Self.ruleKeys)
    if node.mapping != nil {
      for key in ["name", "metric", "condition"] where fields[key] == nil {
        note(node, "a rule has to have `\(key)`")
      }
    }
    let name = fields["name"].flatMap { alertName($0) }
    let metric = fields["metric"].flatMap { labelName($0) }
    let condition = fields["condition"].flatMap { node in
      parsed(node, expected: AlertCondition.expected) { AlertCondition($0) }
    }
    let description = fields["description"].flatMap { node in
      parsed(node, expected: DescriptionTemplate.expected) { DescriptionTemplate($0) }
    }
    var severity = AlertSeverity.warning
    if let value = fields["severity"] {
      severity =
        choice(value, from: AlertSeverity.allCases.map(\.rawValue), AlertSeverity.init) ?? severity
    }
    // The other keys are looked at even where there is no rule for want of these.
    var rule = AlertRule(
      name: name ?? "", metric: metric ?? "", condition: condition ?? .absent, severity: severity,
      description: description ?? .standard(for: condition ?? .absent))
    read(fields, into: &rule)
    if let node = fields["labels"] { refuseLabels(node, ofSeriesOf: rule.metric) }
    if let condition {
      rule.recovery = fields["recovery"].flatMap { recovery($0, of: condition) }
      rule.dynamic = fields["dynamic"].flatMap { dynamic($0, of: condition) }
    }
    guard mistakeCount == before else { return nil }
    doubt(rule, fields)
    return rule
  }

  /// The keys of a rule that stand for themselves.
  private mutating func read(_ fields: [String: Node], into rule: inout AlertRule) {
    rule.matchers = fields["where"].map { matchers($0) } ?? []
    rule.holdFor = fields["for"].flatMap { span($0, in: 1...Self.month) }
    // A stretch of time says by itself how long it has to last.
    rule.consecutiveFailures = fields["for"] == nil ? rule.consecutiveFailures : 1
    if let value = fields["consecutive_failures"] {
      rule.consecutiveFailures = whole(value, in: 1...10_000) ?? 1
    }
    rule.keepFiringFor = fields["keep_firing_for"].flatMap { span($0, in: 1...Self.month) }
    if let value = fields["response_time"] {
      rule.responseTime =
        parsed(value, expected: ResponseTime.expected) { ResponseTime($0) } ?? rule.responseTime
    }
    if let value = fields["cooldown_minutes"] {
      rule.cooldownMinutes = whole(value, in: 0...100_000) ?? 0
    }
    rule.requiresSignificance = fields["requires_significance"].flatMap { flag($0) } ?? false
    rule.labels = fields["labels"].map { ruleLabels($0) } ?? [:]
    rule.runbookURL = fields["runbook_url"].flatMap { address($0, "runbook_url") }
  }

  private mutating func ruleLabels(_ node: Node) -> [String: String] {
    guard let mapping = node.mapping else {
      note(node, "labels has to be a mapping of names to texts")
      return [:]
    }
    var labels: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = labelName(key), let text = printable(value) else { continue }
      if ["alertname", "severity"].contains(name) {
        note(key, "the label `\(name)` is the rule's own and cannot be given")
      }
      labels[name] = text
    }
    return labels
  }

  /// Labels by which the series of a metric are told apart are not for a rule to give: alerts of two models would
  /// pass for one.
  private mutating func refuseLabels(_ node: Node, ofSeriesOf metric: String) {
    guard let metric = RuleMetric.named(metric), let mapping = node.mapping else { return }
    for (key, _) in mapping {
      guard let name = key.string, metric.labels.contains(name) else { continue }
      note(
        key,
        "the label `\(name)` tells the series of `\(metric.name)` apart and cannot be given; "
          + "call the rule's own something else")
    }
  }

  private mutating func recovery(
    _ node: Node, of condition: AlertCondition
  ) -> AlertCondition.Bounds? {
    guard case .beyond(_, let limits) = condition.test else {
      note(node, "`absent` is over as soon as there is a value: it has no recovery")
      return nil
    }
    guard limits.isOneSided else {
      return parsed(
        node, expected: "a range such as 0.2..0.8, within that of `\(condition.text)`"
      ) { text in
        guard let range = Quantity.range(text), range.lower.value >= limits.lower,
          range.upper.value <= limits.upper
        else { return nil }
        return .init(lower: range.lower.value, upper: range.upper.value, isInclusive: false)
      }
    }
    return parsed(
      node,
      expected: "a quantity such as 0.04, 4% or 400ms, on the healthy side of `\(condition.text)`"
    ) { text in
      guard let quantity = Quantity(text) else { return nil }
      if limits.upper.isFinite {
        guard quantity.value < limits.upper else { return nil }
        return .init(lower: -.infinity, upper: quantity.value, isInclusive: false)
      }
      guard quantity.value > limits.lower else { return nil }
      return .init(lower: quantity.value, upper: .infinity, isInclusive: false)
    }
  }

  private mutating func dynamic(
    _ node: Node, of condition: AlertCondition
  ) -> AlertRule.Dynamic? {
    let before = mistakeCount
    let fields = fields(node, of: "dynamic", known: ["mode", "minimum", "maximum"])
    let mode = fields["mode"].flatMap { node in
      choice(node, from: AlertRule.Dynamic.Mode.allCases.map(\.rawValue)) {
        AlertRule.Dynamic.Mode(rawValue: $0)
      }
    }
    let expected = "a quantity such as 0.02, 2% or 200ms"
    let minimum = fields["minimum"].flatMap {
      parsed($0, expected: expected) { Quantity($0)?.value }
    }
    let maximum = fields["maximum"].flatMap {
      parsed($0, expected: expected) { Quantity($0)?.value }
    }
    guard case .beyond(let subject, let limits) = condition.test, limits.isOneSided else {
      note(node, "a threshold that follows history is for conditions with one limit alone")
      return nil
    }
    guard subject == .value else {
      note(
        node,
        "a threshold that follows history is for conditions on the value itself, such as `> 5%`, and not on "
          + "its change")
      return nil
    }
    guard mistakeCount == before else { return nil }
    guard let mode else {
      note(node, "dynamic has to have `mode`")
      return nil
    }
    guard mode == .propose || (minimum != nil && maximum != nil) else {
      note(node, "to apply a threshold `minimum` and `maximum` say how far it may go")
      return nil
    }
    let (least, most) = (minimum ?? -.infinity, maximum ?? .infinity)
    guard least < most else {
      note(node, "`minimum` has to be less than `maximum`")
      return nil
    }
    let own = limits.upper.isFinite ? limits.upper : limits.lower
    if !(least...most).contains(own) {
      doubt(
        node,
        "the threshold of `\(Self.shown(condition.sentence))` is not between `minimum` and `maximum`; "
          + "widen them, or move the threshold")
    }
    return .init(mode: mode, minimum: least, maximum: most)
  }
}

extension AlertCondition.Bounds {
  /// Whether only one of the bounds can be crossed.
  fileprivate var isOneSided: Bool { !lower.isFinite || !upper.isFinite }
}
