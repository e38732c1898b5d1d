import Alerting
import Monitoring
import Store
import Support
import Testing

struct PrometheusRulesTests {
  private func check(_ rules: PrometheusRules) throws -> (code: Int32, output: String) {
    let folder = try TemporaryFolder()
    return try promtool(["check", "rules", folder.write("rules.yaml", rules.yaml)])
  }

  /// Has promtool run the rules over series, and hold the alerts against what is expected.
  private func expectAlerts(of rules: String, _ series: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("rules.yaml", rules)
    let test = series.split(separator: "\n").map { "    \($0)\n" }.joined()
    let tests = try folder.write(
      "tests.yaml",
      """
      rule_files: [rules.yaml]
      evaluation_interval: 1m
      tests:
        - interval: 1m
      \(test)
      """)
    let (code, output) = try promtool(["test", "rules", tests])
    #expect(code == 0, "\(output)")
  }

  @Test func `promtool reads the default rules`() throws {
    let rules = PrometheusRules(rules: AlertRule.defaults)
    #expect(rules.leftOut.isEmpty)
    let (code, output) = try check(rules)
    #expect(code == 0, "\(output)")
    #expect(output.contains("SUCCESS: \(AlertRule.defaults.count) rules found"))
    let yaml = try rules.yaml
    #expect(yaml.contains("plumbline_model_accuracy_drop > 0.15"))
    #expect(yaml.contains("keep_firing_for: \"5m\""))
  }

  @Test func `A description that names the reference is told to have none`() throws {
    var rule = try MinuteSeries.rule("high", "errors", "> 1")
    rule.description = try #require(DescriptionTemplate("{value} instead of {reference:.1f}"))
    let yaml = try PrometheusRules(rules: [rule, MinuteSeries.rule("other", "errors", "> 1")]).yaml
    #expect(yaml.contains("# high: its description says – for {reference}: "), "\(yaml)")
    #expect(!yaml.contains("# other:"))
  }

  @Test func `Hostile text breaks out of nothing`() throws {
    let texts = [
      "a\"b", "a'b\\", "a\nexpr: up", "- x: y", "{{ $value }}", "{{{", "}}", "# c",
      "\u{1}\u{0}\u{7f}",
      "\u{2028}\u{85}\u{feff}", "😀 ü", "{{ define \"x\" }}", "${HOME}", "\"} or up{a=\"", "*a",
      "&a", "!!x",
      "{", "a{{/*", "`", "%",
    ]
    var rules: [AlertRule] = []
    for (index, text) in texts.enumerated() {
      var rule = try MinuteSeries.rule("\(index) \(text)", "errors", "> 1")
      rule.labels = ["team": text, "topic": text]
      rule.matchers = [
        .init(label: "a", value: text), .init(label: "b", operation: .notEqual, value: text),
      ]
      rule.runbookURL = text
      rule.recovery = try MinuteSeries.bounds("> 0.5")
      let escaped = text.replacing("{", with: "{{").replacing("}", with: "}}")
      rule.description = try #require(
        DescriptionTemplate(
          "\(escaped){value:.2%}{value:.3f}{value}{threshold}{labels.a}{reference}"))
      rules.append(rule)
    }
    let exported = PrometheusRules(rules: rules)
    let (code, output) = try check(exported)
    #expect(code == 0, "\(output)")
    #expect(output.contains("SUCCESS: \(texts.count) rules found"))
  }

  @Test func `Texts of alerts come out as they are`() throws {
    var rule = try MinuteSeries.rule("a {rule}", "errors", "> 5%")
    rule.labels = ["team": "{{ $value }} {x"]
    rule.runbookURL = "http://x/{{ . }}"
    rule.description = try #require(
      DescriptionTemplate(
        "{{{{{value:.1%}}} {value:.3f} > {threshold:.0%}: {labels.model_name} of {labels.team}"))
    var two = try MinuteSeries.rule("b", "errors", "outside 0.1..0.2")
    two.description = try #require(DescriptionTemplate("{value} is beyond {threshold:.1f}"))
    try expectAlerts(
      of: PrometheusRules(rules: [rule, two]).yaml,
      """
      input_series:
        - series: 'plumbline_errors{model_name="fr{aud"}'
          values: '0.25 0.0625'
      alert_rule_test:
        - eval_time: 0m
          alertname: 'a {rule}'
          exp_alerts:
            - exp_labels:
                model_name: 'fr{aud'
                severity: warning
                team: '{{ $value }} {x'
                topic: errors
              exp_annotations:
                response_time: 1h
                summary: 'a {rule}: fr{aud'
                description: '{{25%} 0.250 > 5%: fr{aud of {{ $value }} {x'
                runbook_url: 'http://x/{{ . }}'
        - eval_time: 0m
          alertname: b
          exp_alerts:
            - exp_labels: {model_name: 'fr{aud', severity: warning, topic: errors}
              exp_annotations:
                response_time: 1h
                summary: 'b: fr{aud'
                description: '0.25 is beyond 0.2'
        - eval_time: 1m
          alertname: b
          exp_alerts:
            - exp_labels: {model_name: 'fr{aud', severity: warning, topic: errors}
              exp_annotations:
                response_time: 1h
                summary: 'b: fr{aud'
                description: '0.0625 is beyond 0.1'
      """)
  }

  @Test func `An absence is noticed of a series that went and of one that was never there`() throws
  {
    var expected = try MinuteSeries.rule("expected", "rate", "absent")
    expected.matchers = [.init(label: "model_name", value: "never")]
    var gone = try MinuteSeries.rule("gone", "rate", "absent")
    gone.holdFor = TimeSpan("3m")
    for rule in [expected, gone] { #expect(rule.description.text == "{rule}: {value}") }
    let yaml = try PrometheusRules(rules: [expected, gone]).yaml
    #expect(yaml.contains("# gone: fires from the start"))
    try expectAlerts(
      of: yaml,
      """
      input_series:
        - series: 'plumbline_rate{model_name="fraud"}'
          values: '1 1 1 _ _ _ _ _ 1'
      alert_rule_test:
        - eval_time: 0m
          alertname: expected
          exp_alerts:
            - exp_labels: {model_name: never, severity: warning, topic: rate}
              exp_annotations: {summary: 'expected: never', description: 'expected: –', response_time: 1h}
        - {eval_time: 2m, alertname: gone, exp_alerts: []}
        - {eval_time: 5m, alertname: gone, exp_alerts: []}
        - eval_time: 6m
          alertname: gone
          exp_alerts:
            - exp_labels: {model_name: fraud, severity: warning, topic: rate}
              exp_annotations: {summary: 'gone: fraud', description: 'gone: –', response_time: 1h}
        - {eval_time: 8m, alertname: gone, exp_alerts: []}
      """)
  }

  @Test func `A label that would take the place of a series' own is left out and said`() throws {
    var rule = try MinuteSeries.rule("errors", "error_rate", "> 5%")
    rule.labels = ["model_name": "all", "team": "ml"]
    let yaml = try PrometheusRules(rules: [rule]).yaml
    #expect(yaml.contains("# errors: its label model_name is left out"))
    try expectAlerts(
      of: yaml,
      """
      input_series:
        - {series: 'plumbline_error_rate{model_name="a"}', values: '0.125'}
        - {series: 'plumbline_error_rate{model_name="b"}', values: '0.125'}
      alert_rule_test:
        - eval_time: 0m
          alertname: errors
          exp_alerts:
            - exp_labels: {model_name: a, severity: warning, team: ml, topic: error_rate}
              exp_annotations: {summary: 'errors: a', description: 'errors: 0.125', response_time: 1h}
            - exp_labels: {model_name: b, severity: warning, team: ml, topic: error_rate}
              exp_annotations: {summary: 'errors: b', description: 'errors: 0.125', response_time: 1h}
      """)
  }

  @Test func `The threshold in force is exported in place of the rule's own, and it is said`()
    throws
  {
    let folder = try TemporaryFolder()
    let log = ThresholdLog(try History(path: folder.path + "/h.db"))
    let rules = try ConfigurationReader.rules(
      """
      rules:
        - {name: followed, metric: errors, condition: "> 5%", recovery: 4%, consecutive_failures: 1,
           description: "{value:.0%} ({condition})", dynamic: {mode: apply, minimum: 1%, maximum: 20%}}
        - {name: plain, metric: errors, condition: "> 9%", consecutive_failures: 1}
      """, path: "rules.yaml", environment: [:])
    try log.apply(0.08, to: rules[0], at: MinuteSeries.minute(0), explanation: "noise")
    let exported = PrometheusRules(rules: rules, conditions: try log.conditions(for: rules))
    #expect(exported.leftOut.isEmpty)
    let yaml = try exported.yaml
    #expect(yaml.contains("# followed: > 8% is in force in place of its own > 5%\n"), "\(yaml)")
    #expect(!yaml.contains("# plain:"))
    try expectAlerts(
      of: yaml,
      """
      input_series:
        - {series: 'plumbline_errors{model_name="a"}', values: '0.06 0.0875 0.05 0.03'}
      alert_rule_test:
        - {eval_time: 0m, alertname: followed, exp_alerts: []}
        - eval_time: 1m
          alertname: followed
          exp_alerts:
            - exp_labels: {model_name: a, severity: warning, topic: errors}
              exp_annotations: {summary: 'followed: a', description: '8.75% (> 8%)', response_time: 1h}
        - eval_time: 2m
          alertname: followed
          exp_alerts:
            - exp_labels: {model_name: a, severity: warning, topic: errors}
              exp_annotations: {summary: 'followed: a', description: '5% (> 8%)', response_time: 1h}
        - {eval_time: 3m, alertname: followed, exp_alerts: []}
        - {eval_time: 1m, alertname: plain, exp_alerts: []}
      """)
  }

  @Test func `What Prometheus cannot have is left out and said`() throws {
    var odd = try MinuteSeries.rule("odd label", "errors", "> 1")
    odd.matchers = [.init(label: "model-name", value: "x")]
    var pattern = try MinuteSeries.rule("odd pattern", "errors", "> 1")
    pattern.matchers = [.init(label: "a", operation: .matches, value: "(?=x)")]
    var often = try MinuteSeries.rule("often", "errors", "> 1")
    often.matchers = [.init(label: "a", operation: .matches, value: "(a{100}){100}")]
    var long = try MinuteSeries.rule("long", "errors", "> 1", failures: .max)
    long.holdFor = TimeSpan("3000w")
    let rules = PrometheusRules(
      rules: [
        odd, pattern, often, long, try MinuteSeries.rule("odd metric", "errors\n x", "> 1"),
        try MinuteSeries.rule("", "errors", "> 1"),
      ], evaluationInterval: TimeSpan("10m"))
    #expect(
      rules.leftOut.map(\.rule) == ["odd label", "odd pattern", "often", "odd metric", ""])
    let (code, output) = try check(rules)
    #expect(code == 0, "\(output)")
    #expect(try rules.yaml.contains("# left out: odd pattern: the expression (?=x) cannot be read"))
  }
}
