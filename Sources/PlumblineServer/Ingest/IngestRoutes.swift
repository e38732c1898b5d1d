import Events
import Hummingbird
import Monitoring
import NIOCore
import Telemetry

/// Takes predictions and labels in.
struct IngestRoutes<Context: RequestContext> {
  let state: ServiceState

  func add(to router: some RouterMethods<Context>) {
    router.group("v1/models/{model}")
      .add(middleware: ScopeMiddleware(scope: .ingest, state: state))
      .post("predictions") { try await take($0, $1, .predictions) }
      .post("labels") { try await take($0, $1, .labels) }
  }

  /// What is answered to a batch.
  struct Answer: Encodable {
    var accepted: Int
    var duplicates: Int
    var rejected: [RejectedEvent]
    /// Members no event has.
    var ignored: [String]
  }

  private func take(
    _ request: Request, _ context: Context, _ kind: EventKind
  ) async throws -> Response {
    let model = context.parameters.get("model") ?? ""
    guard EventLog.isModelName(model) else { throw EventError.invalidModel(name: model) }
    let format = try Self.format(request)
    do {
      return try await withBody(request) { body in
        let begun = MLMetrics.monotonicNanoseconds()
        let events = try await state.log.append(body.readableBytesView, format, to: model, kind)
        let taken = MLMetrics.monotonicNanoseconds() &- begun
        state.metrics.ingestSeconds.observe(Double(taken) * 1e-9)
        state.metrics.count(events, of: model, kind)
        return try JSONText.response(
          Answer(
            accepted: events.appended.accepted, duplicates: events.appended.duplicates,
            rejected: events.read.rejected, ignored: events.read.ignored))
      }
    } catch let error as EventError {
      state.metrics.refusedBodies.with(error.code).increment()
      throw error
    }
  }

  private static func format(_ request: Request) throws -> EventReader.Format {
    let header = request.headers[.contentType] ?? ""
    let type = header.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
    switch type {
    case "application/json": return .array
    case "application/x-ndjson", "application/ndjson", "application/jsonl": return .lines
    default:
      throw Problem(
        .unsupportedMediaType, "unsupported_media_type",
        "events come as application/json or application/x-ndjson, not `\(type ?? "")`",
        mend: "set Content-Type to what the body is")
    }
  }

  /// Reads the body, while there is room for it.
  private func withBody(
    _ request: Request, _ use: (ByteBuffer) async throws -> Response
  ) async throws -> Response {
    let limit = state.configuration.bodyLimit
    let said = request.headers[.contentLength].flatMap { Int($0) }
    if let said, said > limit { throw Self.tooLarge(limit) }
    // Room is taken as bytes come, so that who sends slowly holds no more than was sent.
    var (body, reserved) = (ByteBuffer(), 0)
    defer { state.giveBack(reserved) }
    for try await part in request.body {
      let size = part.readableBytes
      guard body.readableBytes + size <= limit else { throw Self.tooLarge(limit) }
      guard state.reserve(size) else {
        state.metrics.refusedBodies.with("overloaded").increment()
        throw Problem(
          .tooManyRequests, "overloaded", "more bodies are coming in than there is room for",
          mend: "send the same batch again after a while", retryAfter: 1)
      }
      reserved += size
      body.writeImmutableBuffer(part)
    }
    return try await use(body)
  }

  private static func tooLarge(_ limit: Int) -> Problem {
    Problem(
      .contentTooLarge, "body_too_large", "the body is larger than \(limit) bytes",
      mend: "send it in smaller batches, or raise service.limits.body_bytes")
  }
}
