import Events
import Logging
import Monitoring
import Support
import Synchronization
import Telemetry
import Testing

@testable import PlumblineServer

/// What the log says of events that cannot be written.
struct WriteFailureTests {
  /// Keeps what was logged.
  private final class Said: Sendable {
    let lines = Mutex<[String]>([])
  }

  private struct Handler: LogHandler {
    let said: Said
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let reason = event.metadata?["error"].map { "\($0)" } ?? ""
      said.lines.withLock { $0.append("\(event.level) \(event.message) \(reason)") }
    }
  }

  @Test func `It says so once for each time that changes`() throws {
    let folder = try TemporaryFolder()
    let said = Said()
    let log = try EventLog(folder: folder.path + "/data") { Instant(microseconds: 0) }
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: Configuration(), now: { Instant(microseconds: 0) },
      logger: Logger(label: "test") { _ in Handler(said: said) })
    let full = EventError.notKept(reason: "the disk is full")
    for failure in [nil, full, full, nil, nil, full] { state.noteWrite(failure) }
    let lost = "error events cannot be written, and are refused until they can be \(full.what)"
    #expect(said.lines.withLock { $0 } == [lost, "notice events can be written again ", lost])
  }
}
