import Alerting
import Monitoring
import Store
import Support
import Testing

/// What becomes of alerts whose rules change.
extension AlertManagerTests {
  @Test func `A rule that went while the process was down ends its alerts with all they said`()
    throws
  {
    let first = try manager(
      alerting([rule("errors", "error_rate", "> 5%", .critical) { $0.labels["team"] = "x" }]))
    try first.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let second = try manager(alerting([rule("errors", "error_rate_2", "> 5%")]), at: 2)
    try second.advance(to: Scenario.time(3))
    let event = try #require(try history.alertEvents(limit: 1).first)
    #expect(event.kind == .resolved && event.alert.severity == .critical)
    #expect(event.alert.labels["team"] == "x" && event.alert.endsAt == Scenario.time(2))
    #expect(event.detail == "its rule is no longer there")
    let end = try #require(try waiting().last)
    #expect(end.kind == .resolved && end.alerts.first?.endsAt == Scenario.time(2))
    #expect(end.alerts.first?.reason == "its rule is no longer there")
    #expect(second.records().isEmpty)
  }

  @Test func `A rule that changes keeps its alerts, which say what it says now`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let changed = alerting([rule("errors", "error_rate", "> 10%", .critical)])
    #expect(try manager.reload(changed, at: Scenario.time(1)).isEmpty)
    let alert = try #require(manager.records().first)
    #expect(alert.severity == .critical && alert.labels["severity"] == "critical")
    #expect(alert.state == .firing && alert.startsAt == Scenario.time(0))
    let ends = try manager.record([sample(0.07, at: 2)], at: Scenario.time(2))
    #expect(ends.map(\.kind) == [.resolved])
  }

  @Test func `An alert says the condition that is in force`() throws {
    let plain = try ConfigurationReader.rules(
      "rules: [{name: errors, metric: error_rate, condition: '> 5%', consecutive_failures: 1}]",
      path: "r.yaml", environment: [:])
    let manager = try manager(alerting(plain))
    manager.follow(plain.first?.condition.replacingBounds(upper: 0.0735), for: "errors")
    try manager.record([sample(0.0812, at: 0)], at: Scenario.time(0))
    #expect(manager.records().map(\.description) == ["error_rate is 8.1% (> 7.35%)"])
    manager.follow(nil, for: "errors")
    try manager.record([sample(0.0812, at: 1)], at: Scenario.time(1))
    #expect(manager.records().map(\.description) == ["error_rate is 8.1% (> 5%)"])
  }

  @Test func `A threshold that follows history survives a reload that does not change its rule`()
    throws
  {
    let manager = try manager(alerting([errors]))
    manager.follow(AlertCondition("> 50%"), for: "errors")
    try manager.reload(alerting([errors, rule("more", "m", "> 1")]), at: Scenario.time(0))
    #expect(try manager.record([sample(0.07, at: 0)], at: Scenario.time(0)).isEmpty)
    try manager.reload(alerting([rule("errors", "error_rate", "> 6%")]), at: Scenario.time(1))
    #expect(try manager.record([sample(0.07, at: 1)], at: Scenario.time(1)).count == 2)
  }

  @Test func `An alert nobody is to be told of any more is no longer waited with`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    try manager.reload(alerting([errors]) { $0.routes = [] }, at: Scenario.time(1))
    try manager.record([sample(0.01, at: 2)], at: Scenario.time(2))
    try manager.advance(to: Scenario.time(3_000))
    #expect(try history.alerts(isOpen: true).isEmpty)
    #expect(try waiting().map(\.kind) == [.firing, .resolved])
  }
}
