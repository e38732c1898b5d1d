import Foundation
import GRDB
import Monitoring
import Statistics
import Store
import Support
import Testing

/// Metrics, alerts, silences and messages in the history's file.
struct AlertHistoryTests {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  private func time(_ minute: Int) -> Instant {
    Instant(microseconds: 1_700_000_000_000_000 + Int64(minute) * 60_000_000)
  }

  private func sample(_ value: Double?, at minute: Int, _ model: String = "a") -> MetricSample {
    MetricSample(metric: "m", labels: ["model_name": model], at: time(minute), value: value)
  }

  private func record(_ name: String, _ state: AlertRecord.State) -> AlertRecord {
    AlertRecord(
      fingerprint: name, rule: "r", metric: "m", severity: .info, state: state, labels: [:],
      title: "", description: "", updatedAt: time(0))
  }

  @Test func `Samples are read back as they were, once for each time`() throws {
    var full = sample(1, at: 0)
    full.reference = 2
    full.interval = Interval(lower: 0.5, upper: .infinity)
    try history.add([full, sample(.nan, at: 1), sample(nil, at: 2), sample(7, at: 1, "b")])
    try history.add([sample(9, at: 0)])
    let samples = try history.samples(of: "m")
    #expect(samples == [full, sample(nil, at: 1), sample(7, at: 1, "b"), sample(nil, at: 2)])
    #expect(try history.samples(of: "m", from: time(1), until: time(2)).count == 2)
    #expect(try history.samples(of: "other").isEmpty)
  }

  @Test func `To go on with a series its last data and the hole since then are known`() throws {
    try history.add(
      [sample(1, at: 0), sample(2, at: 1)] + (2..<50).map { sample(nil, at: $0) }
        + (0..<9).map { sample(nil, at: $0, "never") } + (0..<5).map { sample(3, at: $0, "fine") })
    let newest = try history.newestSamples()
    func times(_ model: String) -> [Instant] {
      newest.filter { $0.labels["model_name"] == model }.map(\.at)
    }
    #expect(times("a") == [time(1), time(2), time(49)])
    #expect(times("never") == [time(0), time(8)])
    #expect(times("fine") == [time(4)])
    #expect(newest.map(\.at) == newest.map(\.at).sorted())
  }

  @Test func `Labels Unicode holds for the same make one series`() throws {
    try history.add([sample(1, at: 0, "caf\u{e9}")])
    try history.add([sample(2, at: 1, "cafe\u{301}")])
    #expect(try history.newestSamples().count == 1)
  }

  @Test func `What is old is dropped, but nothing that is still to be told`() throws {
    func queued(_ minute: Int) -> QueuedNotification {
      QueuedNotification(
        channel: "chat", orderKey: "k", message: Data("{}".utf8), createdAt: time(minute))
    }
    var changes = History.AlertChanges()
    var open = KeptAlert(record: record("open", .inactive), kept: nil)
    open.record.startsAt = time(0)
    open.told = .firing
    var done = open
    done.record.fingerprint = "done"
    done.told = .resolved
    let firing = KeptAlert(record: record("firing", .firing), kept: Data("{}".utf8))
    changes.alerts = [open, done, firing]
    changes.samples = [sample(1, at: 0), sample(1, at: 9, "b")]
    changes.events = [AlertEvent(at: time(0), kind: .firing, alert: firing.record)]
    changes.groups = ["old{}": time(0), "new{}": time(9)]
    changes.notifications = [queued(0), queued(0), queued(0), queued(9)]
    try history.commit(changes)
    // The second is tried and waits for its next attempt, the third is delivered, and the first waits untried.
    let waiting = try history.waitingNotifications(of: "chat")
    var (tried, delivered) = (waiting[1], waiting[2])
    tried.nextAttemptAt = time(10)
    delivered.state = .delivered
    try history.record(attempt(.delayed, of: tried, at: 8), of: [tried], told: [])
    try history.record(attempt(.delivered, of: delivered, at: 8), of: [delivered], told: [])
    try history.dropAlertHistory(before: time(5))
    #expect(Set(try history.alerts().map(\.record.fingerprint)) == ["open", "firing"])
    #expect(try history.newestSamples().map { $0.labels["model_name"] } == ["b"])
    #expect(try history.alertEvents(limit: 9).isEmpty)
    #expect(try history.groups().keys.sorted() == ["new{}"])
    #expect(
      try history.waitingNotifications(of: "chat").map(\.createdAt) == [time(0), time(0), time(9)])
    #expect(try history.deliveryAttempts(limit: 9).map(\.notificationID) == [tried.id])
  }

  private func attempt(
    _ outcome: DeliveryAttempt.Outcome, of entry: QueuedNotification, at minute: Int
  ) -> DeliveryAttempt {
    DeliveryAttempt(
      notificationID: entry.id, channel: entry.channel, at: time(minute), outcome: outcome,
      detail: "", seconds: 0)
  }

  @Test func `What is given up during an attempt does not wait again, and may have arrived`() throws
  {
    var changes = History.AlertChanges()
    changes.notifications = (0..<2).map {
      QueuedNotification(channel: "chat", orderKey: "\($0)", message: Data(), createdAt: time(0))
    }
    try history.commit(changes)
    let waiting = try history.waitingNotifications(of: "chat")
    for var entry in waiting {
      entry.state = .givenUp
      try history.record(attempt(.givenUp, of: entry, at: 1), of: [entry], told: [])
    }
    var (delayed, delivered) = (waiting[0], waiting[1])
    delayed.nextAttemptAt = time(9)
    delivered.state = .delivered
    try history.record(attempt(.delayed, of: delayed, at: 2), of: [delayed], told: [])
    try history.record(attempt(.delivered, of: delivered, at: 2), of: [delivered], told: [])
    let counts = try history.notificationCounts()["chat"]
    #expect(counts?.waiting == 0 && counts?.givenUp == 1)
    // Each as it went.
    #expect(
      try history.deliveryAttempts(limit: 9).map(\.outcome)
        == [.delivered, .delayed, .givenUp, .givenUp])
  }

  @Test func `A silence is there from its beginning to its end, and can be ended before`() throws {
    let silence = Silence(
      matchers: [LabelMatcher(label: "a", operation: .matches, value: "x|\"y\"")],
      startsAt: time(1), endsAt: time(9), createdBy: "Ann <a@b>", createdAt: time(0),
      comment: "Ünïcode\n")
    let id = try history.add(silence)
    var kept = silence
    kept.id = id
    #expect(try history.silences(notEndedAt: time(8)) == [kept])
    #expect([0, 1, 8, 9].map { kept.isActive(at: time($0)) } == [false, true, true, false])
    #expect(try history.endSilence(id, at: time(3)))
    #expect(try !history.endSilence(id, at: time(4)))
    #expect(try history.silences(notEndedAt: time(3)).isEmpty)
    #expect(try history.silences().count == 1)
  }

  @Test func `Changes are kept together or not at all`() throws {
    let database = try DatabaseQueue(path: folder.path + "/h.db")
    try database.write {
      try $0.execute(
        sql: """
          CREATE TRIGGER full BEFORE INSERT ON notification
          BEGIN SELECT RAISE(ABORT, 'no room'); END
          """)
    }
    var changes = History.AlertChanges()
    changes.alerts = [KeptAlert(record: record("x", .firing), kept: nil)]
    changes.samples = [sample(1, at: 0)]
    changes.notifications = [
      QueuedNotification(channel: "c", orderKey: "k", message: Data(), createdAt: time(0))
    ]
    #expect(throws: HistoryError.self) { try history.commit(changes) }
    #expect(try history.alerts().isEmpty && history.samples().isEmpty)
  }
}
