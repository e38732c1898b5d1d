import Events
import Foundation
import Hummingbird
import Monitoring
import NIOCore
import NIOEmbedded
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What a payload logger is told of a response that is too large to be read.
struct CloudEventRouteTests {
  let folder: TemporaryFolder
  let state: ServiceState
  let log: EventLog
  let lines = LogLines()

  init() throws {
    folder = try TemporaryFolder()
    let clock: @Sendable () -> Instant = {
      Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)
    }
    var options = EventLog.Options()
    options.models = 1
    log = try EventLog(folder: folder.path + "/data", options: options, clock: clock)
    state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: Configuration(), now: clock, logger: lines.logger)
  }

  /// Sends a response that is said to be larger than any may be.
  private func send(of model: String) async throws -> Response {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: ProblemMiddleware(document: try OpenAPIDocument()))
    CloudEventRoutes(state: state).add(to: router)
    var headers: HTTPFields = [.contentType: "application/json", .contentLength: "999999999999"]
    for (name, value) in [
      ("id", "1"), ("specversion", "1.0"), ("source", "s"), ("inferenceservicename", model),
      ("type", "org.kubeflow.serving.inference.response"),
    ] {
      headers[try #require(HTTPFields.Element.Name("ce-" + name))] = value
    }
    let request = Request(
      head: HTTPRequest(
        method: .post, scheme: "http", authority: "h", path: "/v1/cloudevents",
        headerFields: headers), body: RequestBody(buffer: ByteBuffer()))
    let context = BasicRequestContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: lines.logger))
    return try await router.buildResponder().respond(to: request, context: context)
  }

  @Test func `It is too large, whatever else there is to say of it`() async throws {
    let text = #"{"prediction_id": "a", "timestamp": "2026-11-24T10:00:00Z", "prediction": 1}"#
    _ = try await log.append(Array(text.utf8), .lines, to: "fraud", .predictions)
    let left = "warning that a response is too large could not be kept"
    for (model, reason) in [
      ("fraud", nil), ("other", "there are 1 models"), ("no/model", "cannot be the name"),
    ] {
      #expect(try await send(of: model).status == .contentTooLarge)
      let said = lines.all.last { $0.contains(left) }
      #expect(reason.map { said?.contains($0) == true } ?? (said == nil), "\(lines.all)")
    }
    #expect(state.canWrite() && !lines.all.contains { $0.contains("cannot be written") })
    // As where the disk is full.
    let drop = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DROP TABLE payload')"
    let dropped = try ToolRun.python(["-c", drop, folder.path + "/data/events.db"])
    #expect(dropped.code == 0, "\(dropped.all)")
    #expect(try await send(of: "fraud").status == .contentTooLarge)
    #expect(lines.all.contains { $0.contains("error events cannot be written") }, "\(lines.all)")
  }
}
