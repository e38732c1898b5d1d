import Events
import Foundation
import Logging
import Monitoring
import Store
import Support
import Synchronization
import Telemetry
import Testing

@testable import PlumblineServer

/// How what is kept is kept in bounds.
struct MaintenanceTests {
  private static let now = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  private struct Setup {
    let folder: TemporaryFolder
    let log: EventLog
    let history: History
    let clock: Clock
    let maintenance: Maintenance
    let lines = LogLines()

    final class Clock: Sendable {
      let now = Mutex(MaintenanceTests.now)
    }

    init(_ change: (inout EventLog.Options) -> Void = { _ in }) throws {
      folder = try TemporaryFolder()
      var options = EventLog.Options()
      change(&options)
      let clock = Clock()
      self.clock = clock
      let configuration = try ConfigurationReader.read(
        "service: {retention: {days: 30}}", path: "plumbline.yaml", environment: [:])
      log = try EventLog(
        folder: folder.path + "/data", options: options, clock: { clock.now.withLock { $0 } })
      history = try History(path: folder.path + "/history.db")
      let state = try ServiceState(
        log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
        configuration: configuration, now: { clock.now.withLock { $0 } })
      maintenance = Maintenance(state: state, history: history, logger: lines.logger)
    }

    func add(_ model: String, at time: String) async throws {
      let text =
        "{\"prediction_id\": \"\(model)-\(time)\", \"timestamp\": \"\(time)\", \"prediction\": 1}"
      // It came when it was made: what is older than events are kept for is refused.
      let now = clock.now.withLock { now in
        defer { now = Instant(time) ?? now }
        return now
      }
      defer { clock.now.withLock { $0 = now } }
      let events = try await log.append(Array(text.utf8), .lines, to: model, .predictions)
      #expect(events.appended.accepted == 1)
    }

    /// What the service tells of itself, for Prometheus.
    var metrics: String {
      String(decoding: maintenance.state.registry.render(.text), as: UTF8.self)
    }

    /// Puts a file where the folder of a model's segments would be.
    func block(_ model: String) throws {
      let events = folder.path + "/data/events"
      try FileManager.default.createDirectory(
        atPath: events, withIntermediateDirectories: true)
      try "".write(toFile: "\(events)/\(model)", atomically: true, encoding: .utf8)
    }
  }

  @Test func `Events that cannot be sealed keep neither old ones nor other models waiting`()
    async throws
  {
    let setup = try Setup()
    try await setup.add("fraud", at: "2026-09-01T00:00:00Z")
    try await setup.add("fraud", at: "2026-11-24T10:00:00Z")
    try setup.log.seal()
    for model in ["a", "b", "c"] {
      try await setup.add(model, at: "2026-11-24T11:00:00Z")
      if model != "b" { try setup.block(model) }
    }
    await setup.maintenance.maintain()
    let figures = try setup.log.figures()
    // The old one is gone; of those that waited only `b` could be sealed.
    #expect(figures.rows == 2 && figures.waiting == 2)
  }

  @Test func `Requests that waited and can never be kept are counted, and wait no longer`()
    async throws
  {
    let setup = try Setup { $0.models = 1 }
    let request = try CloudEvent(
      attributes: [
        "id": "a", "specversion": "1.0", "source": "s", "type": "x.inference.request",
        "inferenceservicename": "late",
      ], body: Data(#"{"instances": [[1], [2]]}"#.utf8))
    let joiner = setup.maintenance.state.joiner
    _ = try await joiner.take(request, names: PayloadNames(), at: Self.now)
    // By now there are as many models as may be.
    try await setup.add("fraud", at: "2026-11-24T10:00:00Z")
    setup.clock.now.withLock { $0 = Instant(microseconds: $0.microseconds + 700_000_000) }
    for _ in 0..<2 { await setup.maintenance.flush() }
    let counted = "plumbline_events_rejected_total{model_name=\"late\",kind=\"predictions\"} 2"
    #expect(setup.metrics.contains(counted), "\(setup.metrics)")
    #expect(setup.log.models == ["fraud"])
  }

  @Test func `A file of events that cannot be read is shown, and told once`() async throws {
    let setup = try Setup()
    try await setup.add("fraud", at: "2026-11-24T10:00:00Z")
    try setup.log.seal()
    await setup.maintenance.maintain()
    #expect(setup.metrics.contains("\nplumbline_index_files 1\n"))
    #expect(setup.metrics.contains("\nplumbline_segments_unreadable 0\n"))
    let day = setup.folder.path + "/data/events/fraud/predictions/date=2026-11-24"
    let file = try #require(try FileManager.default.contentsOfDirectory(atPath: day).first)
    try "junk".write(toFile: "\(day)/\(file)", atomically: true, encoding: .utf8)
    // It comes again, and cannot be told.
    try await setup.add("fraud", at: "2026-11-24T10:00:00Z")
    for _ in 0..<2 { await setup.maintenance.maintain() }
    #expect(setup.metrics.contains("\nplumbline_segments_unreadable 1\n"), "\(setup.metrics)")
    #expect(setup.metrics.contains("\nplumbline_index_merge_failed 0\n"))
    let told = setup.lines.all.filter { $0.contains("cannot be read") }
    #expect(told.count == 1 && told[0].contains(file), "\(setup.lines.all)")
  }

  @Test func `What fails of the index is told once, and anew where it fails otherwise`() {
    let (lines, watch) = (LogLines(), IndexWatch())
    var index = EventLog.IndexState()
    index.rebuilt = 3
    index.failure = "no room"
    for _ in 0..<2 { watch.look(at: index, lines.logger) }
    #expect(lines.all.count == 2, "\(lines.all)")
    #expect(lines.all.first?.contains("files=3") == true)
    #expect(lines.all.last?.contains("error=no room") == true)
    index.failure = nil
    watch.look(at: index, lines.logger)
    index.failure = "no room"
    watch.look(at: index, lines.logger)
    #expect(lines.all.count == 3)
  }

  @Test func `A clock that jumps ahead drops nothing that is young`() async throws {
    let setup = try Setup()
    try await setup.add("fraud", at: "2026-09-01T00:00:00Z")
    try await setup.add("fraud", at: "2026-11-20T10:00:00Z")
    try await setup.add("fraud", at: "2026-11-24T10:00:00Z")
    try setup.log.seal()
    setup.clock.now.withLock { $0 = Instant("2030-01-01T00:00:00Z") ?? $0 }
    await setup.maintenance.maintain()
    #expect(try setup.log.figures().rows == 2)
  }

  @Test func `Old runs go, but not the newest nor the newest good one of a check`() async throws {
    let setup = try Setup()
    func add(_ check: String?, at time: String, command: String = "serve") throws {
      try setup.history.add(
        Run(
          command: command, createdAt: time, model: check.map { _ in "fraud" }, check: check,
          dueAt: check.map { _ in time }, report: .failure(RunFailure(reason: time, cachedRun: nil))
        ))
    }
    try add("drift", at: "2026-01-01T00:00:00Z")
    try add("drift", at: "2026-02-01T00:00:00Z")
    try add("performance", at: "2026-01-01T00:00:00Z")
    try add("performance", at: "2026-11-23T00:00:00Z")
    try add(nil, at: "2026-01-01T00:00:00Z", command: "drift")
    await setup.maintenance.maintain()
    #expect(
      try setup.history.list(limit: 10).map(\.headline) == [
        "2026-01-01T00:00:00Z", "2026-11-23T00:00:00Z", "2026-02-01T00:00:00Z",
      ])
  }
}
