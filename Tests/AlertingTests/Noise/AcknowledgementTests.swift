import Alerting
import Foundation
import Monitoring
import Store
import Support
import Testing

/// Who takes alerts on, and silences them.
struct AcknowledgementTests: WithHistory {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private func waiting() throws -> [AlertMessage] {
    try history.waitingNotifications(of: "chat").map {
      try JSONDecoder().decode(AlertMessage.self, from: $0.message)
    }
  }

  private let errors = rule("errors", "error_rate", "> 5%")

  @Test func `Who took on an alert has not taken on the next time it fires`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let fingerprint = try #require(manager.records().first).fingerprint
    let taken = try history.acknowledge(fingerprint, by: "ann", at: Scenario.time(1))
    guard case .taken(let alert) = taken else {
      Issue.record("\(taken)")
      return
    }
    #expect(alert.acknowledgedBy == "ann" && alert.acknowledgedAt == Scenario.time(1))
    try manager.advance(to: Scenario.time(1))
    #expect(manager.records().first?.acknowledgedBy == "ann")
    // It ends and begins in one batch: nobody sees it end.
    try manager.record([sample(0.01, at: 20), sample(0.07, at: 21)], at: Scenario.time(21))
    #expect(manager.records().first?.acknowledgedBy == nil)
    #expect(try history.alert(fingerprint)?.acknowledgedBy == nil)
    #expect(try waiting().map(\.kind) == [.firing, .acknowledged, .firing])
    let events = try history.alertEvents(of: fingerprint, limit: 20).reversed().map(\.kind)
    #expect(
      events == [.pending, .firing, .acknowledged, .resolved, .pending, .firing])
  }

  @Test func `Only what fires can be acknowledged`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let fingerprint = try #require(manager.records().first).fingerprint
    try manager.record([sample(0.01, at: 1)], at: Scenario.time(1))
    #expect(try history.acknowledge(fingerprint, by: "ann", at: Scenario.time(2)) == .notFiring)
    #expect(try history.acknowledge("none", by: "ann", at: Scenario.time(2)) == .notFiring)
  }

  @Test func `An alert somebody took on while its group waited is told to nobody else`() throws {
    let manager = try manager(alerting([errors]) { $0.grouping.waitSeconds = 60 })
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let fingerprint = try #require(manager.records().first).fingerprint
    _ = try history.acknowledge(fingerprint, by: "ann", at: Scenario.time(0))
    try manager.advance(to: Scenario.time(5))
    #expect(try waiting().isEmpty)
  }

  @Test func `An alert stays with whoever took it on first, until another takes it over`() throws {
    let manager = try manager(alerting([errors]))
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    let fingerprint = try #require(manager.records().first).fingerprint
    func take(_ person: String, at minute: Int, over: Bool = false) throws
      -> History.Acknowledgement
    {
      try history.acknowledge(
        fingerprint, by: person, takesOver: over, at: Scenario.time(minute))
    }
    _ = try take("ann", at: 1)
    guard case .takenBefore(let kept) = try take("bob", at: 2) else {
      Issue.record("bob took it from ann unasked")
      return
    }
    #expect(kept.acknowledgedBy == "ann" && kept.acknowledgedAt == Scenario.time(1))
    // To say so twice is to say so once.
    guard case .taken(let again) = try take("ann", at: 3) else {
      Issue.record("ann may not have what is hers")
      return
    }
    #expect(again.acknowledgedAt == Scenario.time(1))
    guard case .taken(let over) = try take("bob", at: 4, over: true) else {
      Issue.record("it cannot be taken over")
      return
    }
    #expect(over.acknowledgedBy == "bob" && over.acknowledgedAt == Scenario.time(4))
    let people = try history.alertEvents(of: fingerprint, limit: 20).filter {
      $0.kind == .acknowledged
    }.map(\.detail)
    #expect(people == ["bob", "ann"])
    try manager.advance(to: Scenario.time(5))
    #expect(manager.records().first?.acknowledgedBy == "bob")
    #expect(try waiting().map(\.kind) == [.firing, .acknowledged])
  }

  @Test(arguments: [
    ("ada", true), ("Ada Lovelace", true), ("김", true), ("", false), ("  ", false),
    ("a\nb", false), ("a\u{1B}[2J", false), ("a\0", false), ("a\u{85}", false),
    (String(repeating: "a", count: 200), true), (String(repeating: "a", count: 201), false),
    // One character, of so many marks.
    ("e" + String(repeating: "\u{301}", count: 300), false),
  ])
  func `A name is short and has no control characters`(_ name: String, _ isName: Bool) throws {
    #expect(Person.isName(name) == isName)
    struct Unclear: Error {}
    let request = SilenceRequest(
      matchers: ["model_name=a"], startsAt: nil, endsAt: nil, duration: "1h", createdBy: name,
      comment: nil)
    let silence = try? request.silence(at: Scenario.time(0)) { _ in Unclear() }
    #expect((silence != nil) == isName)
  }

  @Test(arguments: [("load test\nsee #12", true), ("\u{7}", false), ("a\u{1B}[2J", false)])
  func `A comment has lines and no other control characters`(
    _ comment: String, _ isComment: Bool
  ) throws {
    struct Unclear: Error {}
    let request = SilenceRequest(
      matchers: ["model_name=a"], startsAt: nil, endsAt: nil, duration: "1h", createdBy: "ada",
      comment: comment)
    #expect(
      ((try? request.silence(at: Scenario.time(0)) { _ in Unclear() }) != nil) == isComment)
  }

  @Test func `A silence whose expression could be tried in endless ways is looked through at once`()
    throws
  {
    let manager = try manager(alerting([errors]))
    let labels = (0..<100).map {
      ["model_name": String(repeating: "a", count: 100) + "\($0)"]
    }
    for pattern in ["(a+)+b", "(a|aa)*c", "(a{1,20}){1,20}x"] {
      try history.add(
        Silence(
          matchers: [LabelMatcher(label: "model_name", operation: .matches, value: pattern)],
          startsAt: Scenario.time(0), endsAt: Scenario.time(9), createdBy: "a",
          createdAt: Scenario.time(0), comment: ""))
    }
    try manager.record(
      labels.map {
        MetricSample(metric: "error_rate", labels: $0, at: Scenario.time(0), value: 0.07)
      }, at: Scenario.time(0))
    #expect(manager.records().count == 100)
    #expect(manager.records().allSatisfy { $0.silencedBy.isEmpty })
  }
}
