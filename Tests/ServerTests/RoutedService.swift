import Events
import Hummingbird
import Monitoring
import NIOCore
import NIOEmbedded
import Support
import Synchronization
import Telemetry

@testable import PlumblineServer

/// A service whose routes are asked without a socket, at a time that stands still.
struct RoutedService {
  let folder: TemporaryFolder
  let state: ServiceState
  let log: EventLog
  let lines = LogLines()

  init(
    _ configuration: Configuration = Configuration(),
    _ change: (inout EventLog.Options) -> Void = { _ in }
  ) throws {
    folder = try TemporaryFolder()
    let clock: @Sendable () -> Instant = {
      Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)
    }
    var options = EventLog.Options()
    change(&options)
    log = try EventLog(folder: folder.path + "/data", options: options, clock: clock)
    state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: clock, logger: lines.logger)
  }

  /// Keeps a prediction of the model `fraud`.
  func append() async throws {
    let text = #"{"prediction_id": "a", "timestamp": "2026-11-24T10:00:00Z", "prediction": 1}"#
    _ = try await log.append(Array(text.utf8), .lines, to: "fraud", .predictions)
  }

  /// What routes answer to a request, whose body is JSON where it has one.
  func answer(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String = "",
    of routes: (Router<BasicRequestContext>) -> Void
  ) async throws -> Response {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: ProblemMiddleware(document: try OpenAPIDocument()))
    routes(router)
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: "http", authority: "h", path: path, headerFields: headers),
      body: RequestBody(buffer: ByteBuffer(string: body)))
    let context = BasicRequestContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: lines.logger))
    return try await router.buildResponder().respond(to: request, context: context)
  }
}

extension Response {
  /// What is answered, as a text.
  func text() async throws -> String {
    let taken = Taken()
    try await body.write(taken)
    return taken.text.withLock { $0 }
  }

  private final class Taken: ResponseBodyWriter, Sendable {
    let text = Mutex("")

    func write(_ buffer: ByteBuffer) { text.withLock { $0 += String(buffer: buffer) } }

    func finish(_ trailingHeaders: HTTPFields?) {}
  }
}
