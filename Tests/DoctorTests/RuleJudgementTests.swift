import Foundation
import Reporting
import Store
import Testing

@testable import Monitoring
@testable import PlumblineCLI

struct RuleJudgementTests {
  private func rule(
    _ metric: String, _ condition: String, _ severity: AlertSeverity = .warning,
    change: (inout AlertRule) -> Void = { _ in }
  ) throws -> AlertRule {
    let condition = try #require(AlertCondition(condition))
    var rule = AlertRule(
      name: "rule", metric: metric, condition: condition, severity: severity,
      description: .standard(for: condition))
    change(&rule)
    return rule
  }

  @Test(arguments: [
    ("error_rate", "ok", ""), ("model_f1_score", "ok", ""), ("model_ndcg_at_10", "ok", ""),
    ("eror_rate", "failed", "error_rate"), ("model_nonsense", "failed", "docs/alerting.md"),
    ("kept_by_somebody", "ok", ""),
  ])
  func `Rules are about what is measured`(
    _ metric: String, _ outcome: String, _ mend: String
  ) throws {
    let finding = RuleJudgement.metrics(
      [try rule(metric, "> 1")], stored: ["kept_by_somebody"], models: ["fraud"],
      checks: [.drift, .performance])
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
    #expect(mend.isEmpty || finding.mend?.contains(mend) == true, "\(finding)")
  }

  @Test func `A rule on what no check makes, or on no model, is told of`() throws {
    let drift = RuleJudgement.metrics(
      [try rule("data_drift_score", "> 0.5")], stored: [], models: [], checks: [.performance])
    #expect(drift.outcome == .warning && drift.seen.contains("no drift check"))
    let other = try rule("error_rate", "> 0.5") {
      $0.matchers = [LabelMatcher(label: "model_name", value: "fruad")]
    }
    let model = RuleJudgement.metrics([other], stored: [], models: ["fraud"], checks: [])
    #expect(model.outcome == .warning && model.seen.contains("fruad"))
    #expect(RuleJudgement.metrics([], stored: [], models: [], checks: []).outcome == .skipped)
  }

  @Test(arguments: [
    ("error_rate", "> 5", true), ("error_rate", "> 1", true), ("error_rate", ">= 1", false),
    ("error_rate", "> 5%", false), ("error_rate", "< -0.1", true), ("error_rate", "< 0.1", false),
    ("error_rate", "outside -1..2", true), ("prediction_latency_p99", "> 5", false),
    ("error_rate", "absent", false), ("error_rate", "change > 5", false),
    ("model_accuracy_drop", "> 15", true), ("model_accuracy_drop", "> 15%", false),
    ("model_accuracy_drop", "< -0.1", false), ("traffic_drop", "> 95", true),
    ("model_performance_drop", "> 5", false), ("model_accuracy", "< 90", true),
    ("error_rate", ">= 0", true), ("model_accuracy", "< 0.9", false),
  ])
  func `A share cannot be beyond one`(_ metric: String, _ text: String, _ isOdd: Bool) throws {
    #expect((RuleJudgement.impossible(try rule(metric, text)) != nil) == isOdd)
  }

  @Test func `A rule that no value makes a difference to fires always or never`() throws {
    let always = try #require(RuleJudgement.impossible(rule("model_accuracy", "< 90")))
    #expect(always.seen.contains("always fires"), "\(always.seen)")
    let never = try #require(RuleJudgement.impossible(rule("model_accuracy_drop", "> 15")))
    #expect(never.seen.contains("never fires"), "\(never.seen)")
  }

  @Test func `A rule that all of history fails is told of`() throws {
    let rule = try rule("error_rate", "> 5%") {
      $0.matchers = [LabelMatcher(label: "model_name", value: "a")]
    }
    func samples(_ value: Double, _ count: Int, model: String = "a") -> [MetricSample] {
      (0..<count).map {
        MetricSample(
          metric: "error_rate", labels: ["model_name": model],
          at: Instant(microseconds: Int64($0)), value: value)
      }
    }
    let always = RuleHistory(of: rule, samples(0.1, 30) + samples(0, 5, model: "b"))
    let finding = try #require(RuleJudgement.history(always, of: rule))
    #expect(finding.outcome == .warning && finding.seen.contains("30 of 30 values, all 0.1"))
    let both = RuleHistory(of: rule, samples(0.1, 3) + samples(0.01, 2))
    #expect(both.text == "3 of 5 values, from 0.01 to 0.1")
    for some in [samples(0.1, 30) + samples(0, 1), samples(0.1, 5), []] {
      #expect(RuleJudgement.history(RuleHistory(of: rule, some), of: rule) == nil)
    }
  }

  @Test func `The matrix as it comes is appropriate for daily checks`() {
    let intervals = CheckIntervals(drift: 86_400, performance: 86_400, traffic: 60)
    let finding = CooldownJudgement.judge(AlertRule.defaults, routes: [], intervals: intervals)
    #expect(finding.outcome == .ok, "\(finding)")
    let weekly = CheckIntervals(drift: 604_800, performance: nil, traffic: 60)
    let late = CooldownJudgement.judge(AlertRule.defaults, routes: [], intervals: weekly)
    #expect(late.outcome == .warning && late.seen.contains("data_drift_critical"), "\(late)")
  }

  @Test func `Cooldowns that are too short or too long are told of`() throws {
    let none = try rule("error_rate", "> 5%") { $0.cooldownMinutes = 0 }
    #expect(CooldownJudgement.judge(none, interval: 60).count == 1)
    let calm = try rule("error_rate", "> 5%") {
      $0.cooldownMinutes = 0
      $0.keepFiringFor = TimeSpan("5m")
    }
    #expect(CooldownJudgement.judge(calm, interval: 60).isEmpty)
    let deaf = try rule("error_rate", "> 5%", .critical) { $0.cooldownMinutes = 3_000 }
    #expect(CooldownJudgement.judge(deaf, interval: 60).first?.seen.contains("50 hours") == true)
    let route = AlertingConfiguration.Route(
      matchers: [], channels: ["oncall"], repeatInterval: TimeSpan("1m"))
    let finding = CooldownJudgement.judge([], routes: [route], intervals: .init(traffic: 60))
    #expect(finding.outcome == .warning && finding.seen.contains("oncall"))
  }

  @Test(arguments: [
    (LinkAnswer(200), "ok"), (LinkAnswer(204), "ok"), (LinkAnswer(404), "failed"),
    (LinkAnswer(500), "failed"), (LinkAnswer(302), "failed"), (LinkAnswer(401), "unknown"),
    (LinkAnswer.login("sso.example.com"), "unknown"), (LinkAnswer.silent("gone"), "failed"),
  ])
  func `A runbook has to answer`(_ answer: LinkAnswer, _ outcome: String) throws {
    let linked = try rule("error_rate", "> 5%") { $0.runbookURL = "https://wiki/x" }
    let finding = RunbookJudgement.judge([linked], ["https://wiki/x": answer])
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  @Test(
    arguments: [
      ("/b", "https://wiki/b"), ("b?x=1", "https://wiki/a/b?x=1"), ("https://c/d", "https://c/d"),
      ("//c/d", "https://c/d"), ("javascript:x", nil), ("ftp://c/d", nil),
    ] as [(String, String?)])
  func `Redirects lead to addresses`(_ location: String, _ target: String?) {
    #expect(LinkAnswer.target(of: location, from: "https://wiki/a/x") == target)
  }

  @Test(arguments: [
    ("https://wiki/login?next=x", true), ("https://sso.example.com/", true),
    ("https://wiki/runbooks/drift", false), ("https://wiki/oauth2/start", true),
    ("https://wiki/Account/Login.aspx", true), ("https://wiki/wp-login.php?to=x", true),
    // Words within names say nothing.
    ("https://wiki/runbooks/processor-lag", false), ("https://wiki/assortment", false),
    ("https://wiki/samlet-jobs/authorized", false),
  ])
  func `Pages to log in at are told apart`(_ url: String, _ isLogin: Bool) {
    #expect(LinkAnswer.isLogin(url, insteadOf: "https://wiki/x") == isLogin)
  }

  @Test(arguments: [
    ("http://wiki/login", "https://wiki/login", false),
    ("https://wiki/sso", "https://wiki/sso/", false),
    ("http://sso.example.com/drift", "https://sso.example.com/drift/", false),
    ("https://wiki/login", "https://wiki/login?next=x", true),
    ("https://wiki/login", "https://idp.example.com/login", true),
  ])
  func `Another scheme or slash makes no page to log in at`(
    _ url: String, _ place: String, _ isLogin: Bool
  ) {
    #expect(LinkAnswer.isLogin(place, insteadOf: url) == isLogin)
  }

  @Test func `A rule without a runbook is told of, but for what is for information`() throws {
    let unlinked = RunbookJudgement.judge([try rule("error_rate", "> 5%")], [:])
    #expect(unlinked.outcome == .warning && unlinked.mend?.contains("runbook_url") == true)
    #expect(RunbookJudgement.judge([try rule("error_rate", "> 5%", .info)], [:]).outcome == .ok)
    #expect(RunbookJudgement.judge([], [:]).outcome == .skipped)
  }

  private func event(
    _ kind: AlertEvent.Kind, _ minutes: Int64, _ fingerprint: String = "a",
    metric: String = "error_rate"
  ) -> AlertEvent {
    let at = Instant(microseconds: minutes * 60_000_000)
    return AlertEvent(
      id: minutes, at: at, kind: kind,
      alert: AlertRecord(
        fingerprint: fingerprint, rule: "rule", metric: metric, severity: .warning,
        state: .firing, labels: ["model_name": "fraud"], title: "", description: "", updatedAt: at))
  }

  @Test func `Alarms that end by themselves within minutes are counted`() {
    let events = [
      event(.firing, 0), event(.resolved, 5), event(.firing, 20), event(.acknowledged, 22),
      event(.resolved, 25), event(.firing, 30), event(.resolved, 90), event(.firing, 100),
      event(.resolved, 110), event(.firing, 200, "b"), event(.resolved, 201, "c"),
    ]
    let alarms = FalseAlarms(events.reversed())
    #expect(alarms.rules["rule"] == FalseAlarms.Count(fired: 5, brief: 2))
  }

  @Test func `Rules that cry wolf are told of with what calms them`() throws {
    let many = (0..<30).flatMap { [event(.firing, $0 * 60), event(.resolved, $0 * 60 + 3)] }
    let rule = try rule("error_rate", "> 5%") { $0.consecutiveFailures = 1 }
    let finding = FalseAlarmJudgement.judge(FalseAlarms(many), rules: [rule], days: 7)
    #expect(finding.outcome == .failed, "\(finding)")
    #expect(finding.seen.contains("30 times (30 a week), 100%"), "\(finding)")
    #expect(finding.mend?.contains("requires_significance") == true)
    let few = FalseAlarmJudgement.judge(
      FalseAlarms(Array(many.prefix(4))), rules: [rule], days: 7)
    #expect(few.outcome == .ok)
    #expect(FalseAlarmJudgement.judge(FalseAlarms([]), rules: [], days: 7).outcome == .ok)
  }

  @Test func `Drift that cost nothing is held against what labels said`() throws {
    let day: Int64 = 1_440
    let events = (0..<8).map { event(.firing, $0 * 10 * day, metric: "data_drift_score") }
    func drop(_ days: Int64, _ value: Double, model: String = "fraud") -> MetricSample {
      MetricSample(
        metric: "model_accuracy_drop", labels: ["model_name": model],
        at: Instant(microseconds: days * day * 60_000_000), value: value)
    }
    // Of the first alert performance fell, of the next five it held, of the last two nothing is known.
    let samples =
      [drop(1, 0.1)] + (1..<6).map { drop($0 * 10 + 2, 0.001) } + [drop(71, 0.5, model: "other")]
    let alarms = DriftAlarms(events, performance: samples)
    #expect(alarms.rules["rule"]?.harmful == 1 && alarms.rules["rule"]?.harmless == 5)
    #expect(alarms.rules["rule"]?.unknown == 2)
    let finding = FalseAlarmJudgement.judge(
      FalseAlarms(events), besideLabels: alarms, rules: [], days: 80)
    #expect(finding.outcome == .warning && finding.seen.contains("held in 5"), "\(finding)")
    #expect(finding.mend?.contains("0.15") == true)
    let worthIt = DriftAlarms(events, performance: (0..<8).map { drop($0 * 10 + 1, 0.2) })
    let fine = FalseAlarmJudgement.judge(
      FalseAlarms(events), besideLabels: worthIt, rules: [], days: 80)
    #expect(fine.outcome == .ok && fine.seen.contains("fell in 8"), "\(fine)")
    // Alerts of other metrics are no drift.
    #expect(DriftAlarms([event(.firing, 0)], performance: samples).total.fired == 0)
  }

  @Test func `Channels whose last messages failed are told of`() {
    func attempt(_ outcome: DeliveryAttempt.Outcome) -> DeliveryAttempt {
      DeliveryAttempt(
        notificationID: 1, channel: "hook", at: Instant(microseconds: 0), outcome: outcome,
        detail: "410 gone", seconds: 1)
    }
    #expect(ChannelJudgement.deliveries([]).outcome == .skipped)
    #expect(ChannelJudgement.deliveries([attempt(.delivered), attempt(.refused)]).outcome == .ok)
    let failed = ChannelJudgement.deliveries([attempt(.refused), attempt(.delayed)])
    #expect(failed.outcome == .failed && failed.seen.contains("last 2"), "\(failed)")
  }

  @Test func `A severity without a route is told of`() {
    var alerting = AlertingConfiguration()
    alerting.isEnabled = true
    alerting.channels = [.init(name: "hook", target: .slack(url: "http://127.0.0.1/"))]
    alerting.routes = [
      .init(matchers: [.init(label: "severity", value: "critical")], channels: ["hook"])
    ]
    func finding() -> Finding {
      ChannelJudgement.configured(alerting, mistakes: [], path: nil, unusable: [])
    }
    #expect(finding().outcome == .warning && finding().seen.contains("warning alerts"))
    alerting.routes.append(.init(matchers: [], channels: ["hook"]))
    #expect(finding().outcome == .ok)
    alerting.channels = []
    #expect(finding().outcome == .warning)
  }
}
