import Alerting
import Monitoring
import Store
import Support
import Testing

/// What is made of series without data.
extension AlertManagerTests {
  @Test func `A series without data is unknown, and an alert that fires goes on`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record(
      [sample(.nan, at: 0), sample(0.07, at: 0, model: "b")], at: Scenario.time(0))
    try manager.record([sample(nil, at: 1), sample(nil, at: 1, model: "b")], at: Scenario.time(1))
    let records = manager.records()
    #expect(records.map(\.name) == ["errors/b", "errors/a"])
    #expect(records.map(\.state) == [.firing, .unknown])
    #expect(records.map(\.unknownSince) == [Scenario.time(1), Scenario.time(0)])
    let again = try self.manager(alerting([errors]), at: 2)
    try again.advance(to: Scenario.time(2))
    #expect(again.records() == records)
    try again.record([sample(0.01, at: 3)], at: Scenario.time(3))
    #expect(again.records().map(\.name) == ["errors/b"])
  }

  @Test func `A change from a reference there is none of is unknown, and it is said why`() throws {
    let drop = rule("drop", "accuracy", "change < -15%")
    let configuration = alerting([drop, rule("rise", "accuracy", "change > 0.5"), errors])
    let manager = try manager(configuration)
    func take(_ value: Double?, of reference: Double?, at minute: Int) throws {
      var sample = sample(value, at: minute, metric: "accuracy")
      sample.reference = reference
      try manager.record([sample], at: Scenario.time(minute))
    }
    func states() -> [String] {
      manager.records().map { "\($0.name) \($0.state.rawValue)" }.sorted()
    }
    try take(0.8, of: nil, at: 0)
    #expect(states() == ["drop/a unknown", "rise/a unknown"])
    let record = try #require(manager.records().first)
    #expect(record.reason?.hasPrefix("there is no reference") == true)
    #expect(record.updatedAt == Scenario.time(0) && record.unknownSince == nil)
    // A share of 0 is nothing, a difference from it is something.
    try take(0.8, of: 0, at: 1)
    #expect(states() == ["drop/a unknown", "rise/a firing"])
    try take(0.8, of: 1, at: 2)
    #expect(states() == ["drop/a firing", "rise/a resolved"])
    // What fires goes on, and says what it is without.
    try take(0.8, of: nil, at: 3)
    #expect(manager.records().first { $0.rule == "drop" }?.reason == record.reason)
    #expect(states() == ["drop/a firing", "rise/a resolved"])
    let again = try self.manager(configuration, at: 4)
    try again.advance(to: Scenario.time(4))
    #expect(again.records().map(\.state) == manager.records().map(\.state))
    try take(1, of: 1, at: 5)
    #expect(states() == ["drop/a resolved", "rise/a resolved"])
    #expect(manager.records().allSatisfy { $0.reason == nil })
  }

  @Test func `Labels of a rule take the place of none by which its series are told apart`() throws {
    let all = rule("errors", "error_rate", "> 5%") {
      $0.labels = ["model_name": "all", "team": "ml"]
    }
    let manager = try manager(alerting([all]))
    try manager.record(
      [sample(0.07, at: 0), sample(0.07, at: 0, model: "b")], at: Scenario.time(0))
    let labels = manager.records().map(\.labels)
    #expect(Set(labels.map { $0["model_name"] }) == ["a", "b"])
    #expect(labels.allSatisfy { $0["team"] == "ml" })
  }

  @Test func `An alert whose data has been gone for a week is over, and its series forgotten`()
    throws
  {
    let manager = try manager(alerting([errors]))
    try manager.record(
      [sample(0.07, at: 0), sample(0.01, at: 0, model: "b")], at: Scenario.time(0))
    try manager.advance(to: Scenario.time(7 * 1_440))
    #expect(manager.records().map(\.state) == [.firing])
    let over = try manager.advance(to: Scenario.time(7 * 1_440 + 1))
    #expect(over.map(\.kind) == [.resolved])
    #expect(over.first?.record.reason == "there has been no data for 7 days")
    try manager.advance(to: Scenario.time(9 * 1_440))
    try manager.advance(to: Scenario.time(11 * 1_440))
    #expect(
      manager.records().isEmpty
        && (manager.seriesByMetric { _ in true }["error_rate"] ?? []).isEmpty)
    // It may come again.
    let fired = try manager.record([sample(0.07, at: 20_000)], at: Scenario.time(20_000))
    #expect(fired.map(\.kind) == [.pending, .firing])
  }

  @Test func `Series that come and go leave the alerts of others in their places`() throws {
    let manager = try manager(alerting([errors, rule("high", "error_rate", "> 50%")]))
    for day in 0..<20 {
      let minute = day * 1_440
      let samples = [
        sample(day < 15 ? 0.07 : 0.01, at: minute, model: "stays"),
        sample(0.01, at: minute, model: "version \(day)"),
        sample(day % 2 == 0 ? 0.9 : 0.01, at: minute, model: "changes"),
      ]
      let transitions = try manager.record(samples, at: Scenario.time(minute))
      try manager.advance(to: Scenario.time(minute))
      #expect(transitions.contains { $0.line == "high/changes firing" } == (day % 2 == 0))
      #expect(transitions.contains { $0.line == "errors/stays resolved" } == (day == 15))
    }
    #expect((manager.seriesByMetric { _ in true }["error_rate"] ?? []).count < 12)
  }

  @Test func `A pause of the process is no absence of what it did not see`() throws {
    let configuration = alerting([rule("silent", "predictions", "absent")])
    let first = try manager(configuration)
    try first.record([sample(5, at: 0, metric: "predictions")], at: Scenario.time(0))
    let second = try manager(configuration, at: 60)
    #expect(try second.advance(to: Scenario.time(60)).isEmpty)
    #expect(try second.advance(to: Scenario.time(69)).isEmpty)
    // A restart does not make the wait longer.
    let third = try manager(configuration, at: 70)
    #expect(try third.advance(to: Scenario.time(70)).map(\.kind) == [.pending, .firing])
  }
}
