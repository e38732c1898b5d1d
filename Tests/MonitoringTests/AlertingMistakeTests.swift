import Foundation
import Monitoring
import Testing

/// What is wrong with `alerting` is named, each with its line, and no secret with it.
struct AlertingMistakeTests {
  struct Case: CustomTestStringConvertible {
    var text: String
    /// Line and first words.
    var mistakes: [(Int, String)]

    init(_ text: String, _ mistakes: (Int, String)...) {
      (self.text, self.mistakes) = (text, mistakes)
    }

    var testDescription: String { text }
  }

  private static func rule(_ text: String, _ words: String) -> Case {
    .init("alerting:\n  rules:\n    - {name: r, metric: m, \(text)}", (3, words))
  }

  private static func channel(_ text: String, _ words: String) -> Case {
    .init("alerting:\n  channels:\n    - {name: c, \(text)}", (3, words))
  }

  static let sections: [Case] = [
    .init("alerting: 1", (1, "alerting has to be a mapping")),
    .init("alerting:\n  ruls: []", (2, "unknown key `ruls` in alerting; did you mean `rules`?")),
    .init("alerting:\n  rules: 1", (2, "rules has to be a list")),
    .init("alerting:\n  interval: 4s", (2, "`4s` is not a span of time from 5s to 1h")),
    .init("alerting:\n  interval: 61m", (2, "`61m` is not a span of time")),
    .init("alerting:\n  interval: 99999999999999999999h", (2, "`999")),
    .init("alerting:\n  default_rules: maybe", (2, "`maybe` is not true or false")),
    .init("alerting:\n  external_url: ftp://x", (2, "external_url has to be an address")),
    .init("alerting:\n  external_url: http://u:hunter2@x", (2, "external_url has a password")),
    .init("alerting:\n  group_by: [a, 1b]", (2, "`1b` is not a name")),
    .init("alerting:\n  group_wait: -1s", (2, "`-1s` is not a span")),
    .init("alerting:\n  group_interval: 0s", (2, "`0s` is not a span")),
    .init("alerting:\n  flapping: {starts: 1, within: 1s}", (2, "`1` is not"), (2, "`1s` is not")),
    .init("alerting:\n  inhibit: [{source: [a=b]}]", (2, "inhibit has a source and a target")),
    .init(
      "alerting:\n  inhibit: [{sauce: a=b}]",
      (2, "unknown key `sauce` in inhibit")),
    .init(
      "alerting:\n  rules:\n    - {name: r, metric: m, condition: absent}\n"
        + "    - {name: r, metric: n, condition: absent}", (4, "there are two rules named `r`")),
    .init("alerting:\n  rules:\n    - 5", (3, "a rule has to be a mapping")),
    .init(
      "alerting:\n  rules:\n    - {severity: info}", (3, "a rule has to have `name`"),
      (3, "a rule has to have `metric`"), (3, "a rule has to have `condition`")),
    .init(
      "alerting:\n  rules:\n    - name: r\n      metric: m\n      condition: > 0.05",
      (5, "not YAML")),
  ]

  static let rules: [Case] = [
    rule("conditon: absent, condition: absent", "unknown key `conditon` in a rule; did you mean"),
    rule("condition: '> lots'", "`> lots` is not a condition such as"),
    rule("condition: ''", "`` is not a condition"),
    rule(
      "condition: '> \(String(repeating: "9", count: 400))'",
      "`> \(String(repeating: "9", count: 98))…` is not a condition"),
    rule(#"condition: "> \e[2J""#, #"`> \u{1B}[2J` is not a condition"#),
    .init(
      "drift: {}\nalerting:\n  interval: 5s\n  interval: 6s",
      (3, "in the mapping that begins here stands twice: `interval`")),
    .init("alerting: *nothing", (1, "not YAML")),
    rule("condition: '> nan'", "`> nan` is not a condition"),
    rule("condition: absent, where: [a]", "`a` is not a matcher"),
    rule("condition: absent, where: ['a=~(']", "`a=~(` is not a matcher"),
    rule("condition: absent, where: {1a: b}", "`1a` is not a name"),
    rule("condition: absent, for: 0s", "`0s` is not a span of time from 1s to 30d"),
    rule("condition: absent, for: 31d", "`31d` is not a span"),
    rule("condition: absent, consecutive_failures: 0", "`0` is not a whole number from 1"),
    rule("condition: absent, cooldown_minutes: 100001", "`100001` is not a whole number"),
    rule("condition: absent, response_time: 0s", "`0s` is not `immediate`, or a span of time"),
    rule("condition: absent, response_time: 31d", "`31d` is not `immediate`, or a span of time"),
    rule("condition: absent, severity: fatal", "`fatal` is not critical, warning, info"),
    rule("condition: absent, recovery: 1", "`absent` is over as soon as"),
    rule("condition: '> 5%', recovery: 6%", "`6%` is not a quantity"),
    rule("condition: '> 5%', recovery: 5%", "`5%` is not a quantity"),
    rule("condition: '< 5%', recovery: 4%", "`4%` is not a quantity"),
    rule("condition: '> 5', recovery: inf", "`inf` is not a quantity"),
    rule("condition: outside 0..1, recovery: 0.5", "`0.5` is not a range"),
    rule("condition: outside 0..1, recovery: 0.5..2", "`0.5..2` is not a range"),
    rule("condition: absent, labels: {severity: x}", "the label `severity` is the rule's own"),
    rule("condition: absent, labels: {a-b: x}", "`a-b` is not a name"),
    .init(
      "alerting:\n  rules:\n    - name: r\n      metric: error_rate\n      condition: '> 5%'\n"
        + "      labels:\n        team: x\n        model_name: all",
      (8, "the label `model_name` tells the series of `error_rate` apart and cannot be given; call")
    ),
    .init(
      "alerting: {rules: [{name: r, metric: drift_score, condition: '> 1', labels: {method: x, check: y}}]}",
      (1, "the label `method` tells the series"), (1, "the label `check` tells the series")),
    rule(#"condition: absent, labels: {a: "x\0"}"#, "a text without control characters"),
    rule("condition: absent, labels: []", "labels has to be a mapping"),
    rule("condition: absent, description: '{valu}'", "`{valu}` is not text with {value}"),
    rule("condition: absent, description: '{value'", "`{value` is not text with"),
    rule("condition: absent, runbook_url: 'javascript:x'", "runbook_url has to be an address"),
    rule("condition: '> 1', dynamic: {minimum: 1}", "dynamic has to have `mode`"),
    rule("condition: '> 1', dynamic: {mode: apply}", "to apply a threshold"),
    rule("condition: '> 1', dynamic: {mode: propose, minimum: 2, maximum: 2}", "`minimum` has to"),
    rule("condition: absent, dynamic: {mode: propose}", "a threshold that follows history"),
    rule("condition: outside 0..1, dynamic: {mode: propose}", "a threshold that follows history"),
    rule(
      "condition: 'change < -15%', dynamic: {mode: apply, minimum: -30%, maximum: -10%}",
      "a threshold that follows history is for conditions on the value itself"),
    rule(
      "condition: 'change > 0.1', dynamic: {mode: propose}",
      "a threshold that follows history is for conditions on the value itself"),
    .init(
      #"alerting: {rules: [{name: "a\0b", metric: m, condition: absent}]}"#,
      (1, #"`a\0b` is not a name of 1 to 128"#)),
    .init("alerting: {rules: [{name: a, metric: m-n, condition: absent}]}", (1, "`m-n` is not")),
  ]

  static let channels: [Case] = [
    channel("type: slak", "`slak` is not slack, pagerduty"),
    channel("url: x", "a channel has to have `type`"),
    channel("type: slack", "the channel has to have `url`"),
    channel("type: slack, url: 'https://hunter2'", "url is a secret, which does not stand in"),
    channel("type: slack, url: {env: NONE}", "the environment has no variable `NONE`"),
    channel("type: slack, url: {env: EMPTY}", "the variable `EMPTY` is empty"),
    channel("type: slack, url: {env: LINES}", "the variable `LINES` holds control characters"),
    channel("type: slack, url: {env: P}", "url has to be an address"),
    channel("type: slack, url: {file: /no/such/file}", "the file `/no/such/file` cannot be read"),
    channel("type: slack, url: {file: /tmp}", "the file `/tmp` cannot be read"),
    channel("type: slack, url: {file: /dev/zero}", "the file `/dev/zero` is larger"),
    channel("type: slack, url: {hunter2: }", "url is a secret and has to be {env"),
    channel("type: slack, url: {env: 'hunter2!'}", "env names a variable"),
    channel(
      "type: slack, url: {env: SLACK}, secret: {env: P}",
      "`secret` is a key of webhook, not of slack"),
    channel("type: slack, url: {env: SLACK}, port: 1", "`port` is a key of email, not"),
    channel(
      "type: slack, url: {env: SLACK}, tmeout: 1s",
      "unknown key `tmeout` in a channel of type slack; did you mean `timeout`?"),
    channel("type: pagerduty, routing_key: hunter2", "routing_key is a secret"),
    channel("type: pagerduty, routing_key: {env: SHORT}", "a routing_key has 32"),
    channel("type: opsgenie, api_key: hunter2", "api_key is a secret"),
    channel("type: webhook, url: 'https://me:hunter2@h'", "url has a password"),
    channel("type: webhook, url: 'http://'", "url has to be an address"),
    channel(
      "type: webhook, url: 'http://h', headers: {Authorization: Bearer hunter2}",
      "the header `Authorization` is a secret"),
    channel("type: webhook, url: 'http://h', headers: {Host: x}", "the header `Host` is set by"),
    channel("type: webhook, url: 'http://h', headers: {'a b': x}", "a header's name"),
    channel(#"type: webhook, url: 'http://h', headers: {a: "x\r\ny"}"#, "a text without control"),
    channel("type: alertmanager, url: 'http://h', username: u", "username and password belong"),
    channel("type: email, host: h, from: nobody, to: a@b", "`nobody` is not a mail address"),
    channel("type: email, host: h, from: a@b, to: []", "`to` names nobody"),
    channel("type: email, host: h, from: 'a@b>', to: a@b", "`a@b>` is not a mail address"),
    channel("type: email, host: 'h h', from: a@b, to: a@b", "`h h` is not the name or address"),
    channel("type: email, host: h, port: 0, from: a@b, to: a@b", "`0` is not a whole number"),
    channel("type: email, host: h, encryption: ssl, from: a@b, to: a@b", "`ssl` is not tls"),
    channel("type: webhook, url: 'http://h', timeout: 301s", "`301s` is not a span"),
    channel("type: webhook, url: 'http://h', give_up_after: 5s", "give_up_after is shorter"),
    channel("type: webhook, url: 'http://h', rate_limit: {messages: 2}", "rate_limit has messages"),
    channel("type: webhook, url: 'http://h', text_template: /none", "the file `/none` cannot"),
    channel("type: webhook, url: 'http://h', certificate_authority: /none", "the file `/none`"),
    .init(
      "alerting:\n  channels:\n    - {name: a, type: webhook, url: 'http://h'}\n"
        + "    - {name: a, type: webhook, url: 'http://h'}", (4, "there are two channels named `a`")
    ),
    .init(
      "alerting:\n  channels: [{name: ml, type: webhook, url: 'http://h'}]\n  routes:\n"
        + "    - {channels: [nl]}\n    - {match: [a=b]}\n    - {channels: ml, repeat_interval: 1s}",
      (4, "there is no channel `nl`; did you mean `ml`?"), (5, "a route names its channels"),
      (6, "`1s` is not a span of time from 1m")),
    .init(
      "alerting:\n  routes: []\n  channels:\n    - {name: a, type: webhook, url: 'http://h'}",
      (4, "no route leads to channel `a`")),
  ]

  @Test(arguments: sections + rules + channels)
  func `It is named with its line`(_ example: Case) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(
        example.text, path: "p.yaml", environment: AlertingConfigurationTests.environment)
    }
    #expect(error.mistakes.count == example.mistakes.count, "\(error.what)")
    for (line, words) in example.mistakes {
      let isTold = error.mistakes.contains { $0.line == line && $0.text.hasPrefix(words) }
      #expect(isTold, "\(words) in \(error.what)")
    }
    for secret in ["S3CRET", "pa55word", "hunter2"] { #expect(!error.what.contains(secret)) }
  }

  @Test func `A condition without quotes is told how to be written`() throws {
    let text = "alerting:\n  rules:\n    - name: r\n      condition: > 0.05\n      metric: m\n"
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(text, path: "p.yaml", environment: [:])
    }
    #expect(error.what.hasPrefix("p.yaml:4: not YAML: "))
    #expect(error.what.hasSuffix("a condition is put in quotes, `>` means something else in YAML"))
  }
}
