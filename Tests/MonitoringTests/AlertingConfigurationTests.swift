import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// What `alerting` of a configuration file becomes.
struct AlertingConfigurationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  static let environment = [
    "SLACK": "https://hooks.slack.com/services/S3CRET", "P": "pa55word", "EMPTY": " \n",
    "PD": "0123456789abcdefABCDEF0123456789", "LINES": "S3CRET\nX-Evil: 1", "SHORT": "S3CRET",
  ]

  private func read(_ text: String) throws -> AlertingConfiguration {
    try ConfigurationReader.read(text, path: "p.yaml", environment: Self.environment).alerting
  }

  private func rule(_ text: String) throws -> AlertRule {
    let alerting = try read("alerting: {default_rules: false, rules: [{\(text)}]}")
    return try #require(alerting.rules.first)
  }

  @Test func `Without the section nothing is alerted on, with an empty one the defaults are`()
    throws
  {
    #expect(try !read("drift: {method: psi}").isEnabled)
    let alerting = try read("alerting: {}")
    #expect(alerting.isEnabled && alerting.rules == AlertRule.defaults)
    #expect(alerting.inhibitions == AlertingConfiguration.defaultInhibitions)
    #expect(alerting.intervalSeconds == 60 && alerting.grouping == .init())
  }

  @Test func `How noise is kept down is read`() throws {
    let alerting = try read(
      """
      alerting:
        interval: 5s
        external_url: https://plumbline.example
        group_by: [feature]
        group_wait: 0s
        group_interval: 1h
        inhibit: [{source: severity=critical, target: {severity: info}, equal: topic}]
        flapping: {starts: 3, within: 2h}
      """)
    #expect(alerting.intervalSeconds == 5)
    #expect(alerting.externalURL == "https://plumbline.example")
    #expect(alerting.grouping.labels == ["feature"])
    #expect(alerting.grouping.waitSeconds == 0 && alerting.grouping.intervalSeconds == 3_600)
    #expect(
      alerting.inhibitions == [
        .init(
          source: [.init(label: "severity", value: "critical")],
          target: [.init(label: "severity", value: "info")], equal: ["topic"])
      ])
    #expect(alerting.flapping.starts == 3 && alerting.flapping.withinSeconds == 7_200)
    #expect(try read("alerting: {inhibit: []}").inhibitions.isEmpty)
  }

  @Test func `Every key of a rule is read`() throws {
    let alerting = try read(
      """
      alerting:
        default_rules: false
        rules:
          - name: high_error_rate
            metric: error_rate
            where: [model_name=fraud, "check=~drift.*"]
            condition: "> 0.05"
            for: 5m
            consecutive_failures: 7
            keep_firing_for: 10m
            recovery: 4%
            severity: critical
            response_time: 90m
            cooldown_minutes: 0
            requires_significance: true
            labels: {team: fraud, topic: errors}
            description: "Error rate {value:.2%} exceeds {threshold:.0%}"
            runbook_url: https://wiki.example/errors
            dynamic: {mode: apply, minimum: 2%, maximum: 0.2}
      """)
    let rule = try #require(alerting.rules.first)
    #expect(alerting.rules.count == 1)
    #expect(rule.name == "high_error_rate" && rule.metric == "error_rate")
    #expect(rule.matchers.map(\.text) == ["model_name=\"fraud\"", "check=~\"drift.*\""])
    #expect(rule.condition == AlertCondition("> 0.05"))
    #expect(rule.holdFor == TimeSpan("5m") && rule.keepFiringFor == TimeSpan("10m"))
    #expect(rule.consecutiveFailures == 7 && rule.cooldownMinutes == 0)
    #expect(rule.recovery?.upper == 0.04 && rule.recovery?.lower == -.infinity)
    #expect(rule.recovery?.isInclusive == false)
    #expect(rule.severity == .critical && rule.requiresSignificance)
    #expect(rule.responseTime == ResponseTime(seconds: 5_400))
    #expect(rule.labels == ["team": "fraud", "topic": "errors"])
    #expect(rule.description.text == "Error rate {value:.2%} exceeds {threshold:.0%}")
    #expect(rule.runbookURL == "https://wiki.example/errors")
    #expect(rule.dynamic?.mode == .apply)
    #expect(rule.dynamic?.minimum == 0.02 && rule.dynamic?.maximum == 0.2)
  }

  @Test func `What a rule leaves out has a default`() throws {
    let plain = try rule("name: a, metric: m, condition: '>= 5%'")
    #expect(plain.consecutiveFailures == 3 && plain.cooldownMinutes == 15)
    #expect(plain.severity == .warning && plain.recovery == nil && plain.dynamic == nil)
    #expect(plain.matchers.isEmpty && !plain.requiresSignificance)
    for (severity, time) in [("critical", "immediate"), ("warning", "1h"), ("info", "24h")] {
      let rule = try rule("name: a, metric: m, condition: absent, severity: \(severity)")
      #expect(rule.responseTime.description == time)
    }
    let now = try rule("name: a, metric: m, condition: absent, response_time: immediate")
    #expect(now.responseTime == .immediate)
    #expect(try rule("name: a, metric: m, condition: '> 1', for: 1m").consecutiveFailures == 1)
    let open = try rule("name: a, metric: m, condition: '> 1', dynamic: {mode: propose}").dynamic
    #expect(open?.minimum == -.infinity && open?.maximum == .infinity)
    let below = try rule("name: a, metric: m, condition: '< 1', recovery: 2").recovery
    #expect(below?.lower == 2 && below?.upper == .infinity)
    let outside = try rule("name: a, metric: m, condition: outside 0..1, recovery: 0.2..0.8")
    #expect(outside.recovery?.lower == 0.2 && outside.recovery?.upper == 0.8)
    #expect(
      try rule("name: a, metric: m, condition: absent, where: {b: c}").matchers == [
        .init(label: "b", value: "c")
      ])
  }

  @Test(arguments: [
    ("'> 5%'", "m is 7.5% (> 5%)"), ("'> 0.05'", "m is 0.075 (> 0.05)"),
    ("change  < -15%", "m differs by 7.5% from its reference (change < -15%)"),
    ("absent", "m has no value"),
  ])
  func `A rule without words of its own says what is the matter`(
    condition: String, expected: String
  ) throws {
    let rule = try rule("name: a, metric: m, condition: \(condition)")
    let values = DescriptionTemplate.Values(
      metric: "m", rule: "r", severity: .info, condition: rule.condition.sentence, value: 0.075,
      threshold: nil, reference: nil, labels: [:])
    #expect(rule.description.filled(values) == expected)
  }

  @Test func `A rule with the name of a default one stands in its place`() throws {
    let alerting = try read(
      "alerting: {rules: [{name: error_rate_warning, metric: error_rate, condition: '> 3%'}, "
        + "{name: own, metric: m, condition: absent}]}")
    #expect(alerting.rules.map(\.name) == AlertRule.defaults.map(\.name) + ["own"])
    let replaced = try #require(alerting.rules.first { $0.name == "error_rate_warning" })
    #expect(replaced.condition.text == "> 3%")
  }

  @Test func `Every key of every type of channel is read`() throws {
    let key = try folder.write("key", "0123456789abcdef0123456789abcdef\n")
    let title = try folder.write("title.mustache", "{{title}}")
    let alerting = try read(
      """
      alerting:
        channels:
          - {name: ml, type: slack, url: {env: SLACK}, rate_limit: {messages: 20, per: 1h}}
          - {name: oncall, type: pagerduty, routing_key: {file: \(key)}, timeout: 3s}
          - {name: tls, type: email, host: h, encryption: tls, from: a@b, to: c@d}
          - {name: mail, type: email, host: h, from: a@b, to: [c@d, e@f], username: x, password: {env: P}}
          - {name: none, type: email, host: h, port: 2525, encryption: none, from: a@b, to: [c@d]}
          - {name: hook, type: webhook, url: "https://h/x", secret: {env: P}, headers: {X-T: ml, Authorization: {env: P}}}
          - {name: am, type: alertmanager, url: "http://127.0.0.1:9093", username: u, password: {env: P}}
          - {name: og, type: opsgenie, api_key: {env: P}, url: "https://api.eu.opsgenie.com"}
          - {name: teams, type: teams, url: {env: SLACK}, give_up_after: 1h, title_template: \(title), text_template: \(title), certificate_authority: \(key)}
      """)
    let slack = Self.environment["SLACK"] ?? ""
    #expect(
      alerting.channels.map(\.target) == [
        .slack(url: slack),
        .pagerduty(
          routingKey: "0123456789abcdef0123456789abcdef",
          url: "https://events.pagerduty.com/v2/enqueue"),
        .email(.init(host: "h", port: 465, encryption: .tls, from: "a@b", to: ["c@d"])),
        .email(
          .init(
            host: "h", port: 587, encryption: .startTLS, from: "a@b", to: ["c@d", "e@f"],
            username: "x", password: "pa55word")),
        .email(.init(host: "h", port: 2_525, encryption: .none, from: "a@b", to: ["c@d"])),
        .webhook(
          url: "https://h/x", secret: "pa55word",
          headers: ["X-T": "ml", "Authorization": "pa55word"]),
        .alertmanager(url: "http://127.0.0.1:9093", username: "u", password: "pa55word"),
        .opsgenie(apiKey: "pa55word", url: "https://api.eu.opsgenie.com"),
        .teams(url: slack),
      ])
    #expect(alerting.channels[0].rateLimit?.messages == 20)
    #expect(alerting.channels[0].rateLimit?.per == TimeSpan("1h"))
    #expect(alerting.channels[1].timeoutSeconds == 3)
    #expect(alerting.channels[1].giveUpSeconds == 86_400)
    #expect(alerting.channels[8].giveUpSeconds == 3_600)
    #expect(alerting.channels[8].titleTemplate == "{{title}}")
    #expect(alerting.channels[8].textTemplate == "{{title}}")
    #expect(alerting.channels[8].certificateAuthority == key)
    // Nobody said who is told of what.
    #expect(alerting.routes == AlertingConfiguration.defaultRoutes(to: alerting.channels))
  }

  /// Channels of types, and who is told of what is critical, a warning, and for information.
  static let fallbacks: [([String], [[String]])] = [
    (["pagerduty", "slack", "email"], [["pagerduty", "slack"], ["slack"], ["email"]]),
    (["pagerduty"], [["pagerduty"], ["pagerduty"], ["pagerduty"]]),
    (["opsgenie", "email"], [["opsgenie"], ["email"], ["email"]]),
    (["email"], [["email"], ["email"], ["email"]]),
    (["teams"], [["teams"], ["teams"], ["teams"]]),
    (["pagerduty", "teams"], [["pagerduty", "teams"], ["teams"], ["teams"]]),
    (["webhook"], [["webhook"], ["webhook"], ["webhook"]]),
    (
      ["alertmanager", "email"], [["alertmanager"], ["alertmanager"], ["alertmanager", "email"]]
    ),
    ([], [[], [], []]),
  ]

  @Test(arguments: fallbacks)
  func `Without routes everybody is told by the nearest there is`(
    _ types: [String], _ expected: [[String]]
  ) {
    let targets: [String: ChannelConfiguration.Target] = [
      "slack": .slack(url: "u"), "pagerduty": .pagerduty(routingKey: "k", url: "u"),
      "email": .email(.init(host: "h", port: 25, encryption: .none, from: "a@b", to: ["c@d"])),
      "webhook": .webhook(url: "u", secret: nil, headers: [:]), "teams": .teams(url: "u"),
      "alertmanager": .alertmanager(url: "u", username: nil, password: nil),
      "opsgenie": .opsgenie(apiKey: "k", url: "u"),
    ]
    let channels = types.compactMap { type in
      targets[type].map { ChannelConfiguration(name: type, target: $0) }
    }
    let routes = AlertingConfiguration.defaultRoutes(to: channels)
    for (severity, names) in zip(AlertSeverity.allCases, expected) {
      let route = routes.first { $0.matchers.match(["severity": severity.rawValue]) }
      #expect(route?.channels == names, "\(severity)")
    }
  }

  @Test func `A password goes without encryption to this machine alone`() throws {
    func email(_ host: String, _ more: String) -> String {
      "alerting:\n  channels:\n    - {name: c, type: email, host: \(host), encryption: none, from: a@b, to: a@b\(more)}"
    }
    let login = ", username: u, password: {env: P}"
    for host in ["127.0.0.1", "localhost", "127.4.5.6"] { _ = try read(email(host, login)) }
    _ = try read(email("mail.example.com", ""))
    for host in ["mail.example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com"] {
      let error = #expect(throws: ConfigurationError.self) { try read(email(host, login)) }
      #expect(error?.what.hasPrefix("p.yaml:3: with `encryption: none` everybody") == true)
    }
  }

  @Test func `Routes lead to channels, whichever stands first`() throws {
    let alerting = try read(
      """
      alerting:
        routes:
          - {match: [severity=critical], channels: [a, b], repeat_interval: 4h}
          - {channels: b}
        channels:
          - {name: a, type: webhook, url: "http://a"}
          - {name: b, type: webhook, url: "http://b"}
      """)
    #expect(alerting.routes.map(\.channels) == [["a", "b"], ["b"]])
    #expect(alerting.routes[0].repeatInterval == TimeSpan("4h"))
    #expect(alerting.routes[1].matchers.isEmpty && alerting.routes[1].repeatInterval == nil)
  }

  @Test func `Rules are read from a file of rules and from a configuration`() throws {
    func names(_ text: String) throws -> [String] {
      try ConfigurationReader.rules(text, path: "r.yaml", environment: [:]).map(\.name)
    }
    let own = "rules: [{name: own, metric: m, condition: absent}]"
    let defaults = AlertRule.defaults.map(\.name)
    #expect(try names(own) == ["own"])
    #expect(try names(own + "\ndefault_rules: true") == defaults + ["own"])
    #expect(try names("default_rules: true") == defaults)
    #expect(try names("alerting: {}") == defaults)
    #expect(try names("alerting: {default_rules: false, \(own)}") == ["own"])
    // Its secrets need not be at hand.
    #expect(
      try names(
        "service: {}\nalerting: {\(own), channels: [{type: slack, url: {env: X}}]}")
        == defaults + ["own"])
    for wrong in ["", "models: []", "[]", "rule: []", own + "\nalerting: {}", "rules: {}"] {
      #expect(throws: ConfigurationError.self, "\(wrong)") { try names(wrong) }
    }
  }
}
