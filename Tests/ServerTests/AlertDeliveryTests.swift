import Alerting
import Events
import Foundation
import GRDB
import Monitoring
import ServiceLifecycle
import Store
import Support
import Synchronization
import Telemetry
import Testing

@testable import PlumblineServer

/// Messages on their way while the service reloads, stops and tells Alertmanagers again.
struct AlertDeliveryTests {
  let folder: TemporaryFolder
  let history: History
  let lines = LogLines()
  let clock = Clock()
  private let stubs = Stubs()

  final class Clock: Sendable {
    let now = Mutex(Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0))
  }

  /// Channels by name, as they are made next.
  private final class Stubs: Sendable {
    private let channels = Mutex<[String: HeldChannel]>([:])

    func set(_ name: String, _ channel: HeldChannel) { channels.withLock { $0[name] = channel } }
    func make(_ name: String) -> HeldChannel { channels.withLock { $0[name] } ?? HeldChannel() }
  }

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/history.db")
  }

  private var now: Instant { clock.now.withLock { $0 } }

  /// A rule, and everything to all channels at once.
  private func alerting(_ channels: [ChannelConfiguration]) throws -> AlertingConfiguration {
    var rule = AlertRule(
      name: "errors", metric: "errors", condition: try #require(AlertCondition("> 0.5")),
      severity: .critical, description: try #require(DescriptionTemplate("{value}")))
    rule.consecutiveFailures = 1
    var configuration = AlertingConfiguration()
    configuration.rules = [rule]
    configuration.channels = channels
    configuration.routes = [.init(matchers: [], channels: channels.map(\.name))]
    configuration.grouping.waitSeconds = 0
    configuration.grouping.intervalSeconds = 0
    return configuration
  }

  private static func chat(_ name: String = "chat") -> ChannelConfiguration {
    ChannelConfiguration(name: name, target: .slack(url: "http://chat"))
  }

  private func service(_ alerting: AlertingConfiguration) throws -> AlertService {
    let clock = clock
    var configuration = Monitoring.Configuration()
    configuration.alerting = alerting
    let log = try EventLog(folder: folder.path + "/data", clock: { clock.now.withLock { $0 } })
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: { clock.now.withLock { $0 } }, logger: lines.logger)
    let stubs = stubs
    return try AlertService(
      state: state, history: history, logger: lines.logger,
      makeChannel: { settings, _ in stubs.make(settings.name) })
  }

  private func queue(_ ids: String...) throws {
    var changes = History.AlertChanges()
    changes.notifications = try ids.map { id in
      let message = AlertMessage(
        id: id, kind: .firing, groupKey: id, groupLabels: [:], alerts: [], createdAt: now)
      return QueuedNotification(
        channel: "chat", orderKey: id, message: try JSONEncoder().encode(message), createdAt: now)
    }
    try history.commit(changes)
  }

  private func look(_ service: AlertService, at value: Double) {
    clock.now.withLock { $0 = Instant(microseconds: $0.microseconds + 1_000_000) }
    service.record([
      MetricSample(metric: "errors", labels: ["model_name": "m"], at: now, value: value)
    ])
  }

  /// Has a service look until something is so, or will not be.
  private func ticks(
    _ service: AlertService? = nil, atMost count: Int = 2_000, until isSo: () throws -> Bool
  ) async throws -> Bool {
    for _ in 0..<count {
      service?.tick(at: now)
      if try isSo() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Has inserts fail as a full disk does, in a file that is open.
  private func setFailing(_ table: String, _ fails: Bool) throws {
    try DatabaseQueue(path: folder.path + "/history.db").write { database in
      try database.execute(
        sql: fails
          ? """
          CREATE TRIGGER full BEFORE INSERT ON \(table)
          BEGIN SELECT RAISE(ABORT, 'no room'); END
          """ : "DROP TRIGGER full")
    }
  }

  @Test func `After a reload the channel that is configured now gets what waits, and no other`()
    async throws
  {
    let (before, after) = (HeldChannel { _ in true }, HeldChannel())
    defer { before.release() }
    stubs.set("chat", before)
    let configuration = try alerting([Self.chat()])
    let service = try service(configuration)
    try queue("1", "2")
    #expect(try await ticks(service) { before.begun.count == 1 })
    stubs.set("chat", after)
    try service.reload(configuration)
    // Not beside the attempt that is being made.
    #expect(try await !ticks(service, atMost: 10) { !after.begun.isEmpty })
    before.release()
    #expect(try await ticks(service) { after.taken.count == 1 })
    #expect(before.begun.map(\.id) == ["1"] && after.taken.map(\.id) == ["2"])
    #expect(
      try await ticks { try history.deliveryAttempts(limit: 9).count == 2 })
  }

  @Test func `A reload is whole where the history cannot take it, and what fires is told`()
    async throws
  {
    let chat = HeldChannel()
    stubs.set("new", chat)
    let service = try service(try alerting([Self.chat("old")]))
    try setFailing("alert_group", true)
    try service.reload(try alerting([Self.chat("new")]))
    try setFailing("alert_group", false)
    look(service, at: 1)
    #expect(try await ticks(service) { chat.taken.map(\.kind) == [.firing] })
    #expect(
      lines.all.contains { $0.hasPrefix("error alerts could not be kept with the configuration") },
      "\(lines.all)")
  }

  @Test func `What was sent and could not be kept as sent is not sent again after a reload`()
    async throws
  {
    let (before, after) = (HeldChannel(), HeldChannel())
    stubs.set("chat", before)
    let configuration = try alerting([Self.chat()])
    let service = try service(configuration)
    try queue("1")
    try setFailing("delivery_attempt", true)
    #expect(
      try await ticks(service) {
        lines.all.contains { $0.contains("messages could not be taken from the outbox") }
      })
    stubs.set("chat", after)
    try service.reload(configuration)
    try setFailing("delivery_attempt", false)
    try queue("2")
    #expect(try await ticks(service) { after.taken.count == 1 })
    #expect(before.taken.map(\.id) == ["1"] && after.taken.map(\.id) == ["2"])
  }

  @Test func `An Alertmanager hears that an alert is over after all that says that it fires`()
    async throws
  {
    @Sendable func name(_ message: AlertMessage) -> String {
      message.groupKey == "refresh" ? "again" : message.kind.rawValue
    }
    let channel = HeldChannel { name($0) == "again" }
    defer { channel.release() }
    stubs.set("pager", channel)
    let service = try service(
      try alerting([
        ChannelConfiguration(
          name: "pager", target: .alertmanager(url: "http://a", username: nil, password: nil))
      ]))
    look(service, at: 1)
    #expect(try await ticks(service) { channel.begun.map(name).contains("again") })
    look(service, at: 0)
    #expect(service.records.allSatisfy { $0.state != .firing })
    // A message beside it would have its time.
    _ = try await ticks(service, atMost: 20) { channel.taken.map(name).contains("resolved") }
    channel.release()
    #expect(try await ticks(service) { channel.taken.map(name).contains("resolved") })
    #expect(channel.taken.map(name).last == "resolved")
    #expect(channel.taken.map(name).sorted() == ["again", "firing", "resolved"])
  }

  @Test func `A stop waits for what is on its way to be kept, and sends nothing more`() async throws
  {
    let chat = HeldChannel { _ in true }
    defer { chat.release() }
    stubs.set("chat", chat)
    let service = try service(try alerting([Self.chat()]))
    try queue("1", "2")
    let group = ServiceGroup(services: [service], logger: lines.logger)
    let history = history
    let waiting = Task {
      try await group.run()
      return try history.waitingNotifications(of: "chat").count
    }
    #expect(try await ticks { chat.begun.count == 1 })
    await group.triggerGracefulShutdown()
    while !service.delivery.isStopping { try await Task.sleep(for: .milliseconds(1)) }
    chat.release()
    #expect(try await waiting.value == 1)
    #expect(chat.begun.map(\.id) == ["1"])
    #expect(try history.deliveryAttempts(limit: 9).map(\.outcome) == [.delivered])
  }

  @Test func `A stop that is cut short waits for nothing`() async throws {
    let chat = HeldChannel { _ in true }
    defer { chat.release() }
    stubs.set("chat", chat)
    let service = try service(try alerting([Self.chat()]))
    try queue("1")
    let run = Task { try await service.run() }
    #expect(try await ticks { chat.begun.count == 1 })
    run.cancel()
    try await run.value
    #expect(chat.taken.isEmpty)
  }
}
