import Events
import Monitoring
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What the log says of events that cannot be written.
struct WriteFailureTests {
  @Test func `It says so once for each time that changes`() throws {
    let folder = try TemporaryFolder()
    let lines = LogLines()
    let log = try EventLog(folder: folder.path + "/data") { Instant(microseconds: 0) }
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: Configuration(), now: { Instant(microseconds: 0) }, logger: lines.logger)
    let full = EventError.notKept(reason: "the disk is full")
    for failure in [nil, full, full, nil, nil, full] { state.noteWrite(failure) }
    let lost =
      "error events cannot be written, and are refused until they can be data_folder=plumbline-data "
      + "error=\(full.what)"
    #expect(lines.all == [lost, "notice events can be written again", lost])
  }
}
