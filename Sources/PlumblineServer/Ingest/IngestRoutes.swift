import Columns
import Events
import Foundation
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
      .post("predictions") { try await take($0, of: $1.parameters.get("model"), .predictions) }
      .post("labels") { try await take($0, of: $1.parameters.get("model"), .labels) }
  }

  /// What is answered to a batch.
  struct Answer: Encodable {
    var accepted: Int
    var duplicates: Int
    /// The first that were not taken.
    var rejected: [RejectedEvent]
    /// How many were not taken.
    var rejectedRows: Int
    /// Members no event has.
    var ignored: [String]

    enum CodingKeys: String, CodingKey {
      case accepted, duplicates, rejected, ignored
      case rejectedRows = "rejected_rows"
    }
  }

  /// What a body is.
  private enum BodyFormat {
    case text(EventReader.Format)
    case parquet
  }

  /// Takes a batch of events of a model, or observations of an experiment.
  func take(
    _ request: Request, of name: String?, _ kind: EventKind,
    completing complete: (inout MemoryTable) -> Void = { _ in }
  ) async throws -> Response {
    let model = name ?? ""
    guard EventLog.isModelName(model) else { throw EventError.invalidModel(name: model) }
    do {
      let answer =
        switch try Self.format(request) {
        case .text(let format): try await take(text: request, format, to: model, kind, complete)
        case .parquet: try await take(parquet: request, to: model, kind, complete)
        }
      if answer.accepted > 0 { state.noteWrite(nil) }
      return try JSONText.response(answer)
    } catch let error as EventError {
      if case .notKept = error { state.noteWrite(error) }
      state.metrics.refusedBodies.with(error.code).increment()
      throw error
    }
  }

  private func take(
    text request: Request, _ format: EventReader.Format, to model: String, _ kind: EventKind,
    _ complete: (inout MemoryTable) -> Void
  ) async throws -> Answer {
    try await BodyReader(state: state).withBody(request) { body in
      let begun = MLMetrics.monotonicNanoseconds()
      let events = try await state.log.append(
        body.readableBytesView, format, to: model, kind, completing: complete)
      let taken = MLMetrics.monotonicNanoseconds() &- begun
      state.metrics.ingestSeconds.observe(Double(taken) * 1e-9)
      state.count(events, of: model, kind)
      return Answer(
        accepted: events.appended.accepted, duplicates: events.appended.duplicates,
        rejected: Array(events.read.rejected.prefix(RejectedEvent.listed)),
        rejectedRows: events.read.rejected.count, ignored: events.read.ignored)
    }
  }

  /// A file goes to the disk as it comes, for the engine to read.
  private func take(
    parquet request: Request, to model: String, _ kind: EventKind,
    _ complete: (inout MemoryTable) -> Void
  ) async throws -> Answer {
    let path = state.log.scratchFile(ending: "parquet")
    // There may be none yet; what stays goes at the next start.
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await BodyReader(state: state).write(request, to: path)
    let begun = MLMetrics.monotonicNanoseconds()
    let whole = try await state.log.append(
      parquet: path, to: model, kind, completing: complete
    ) { state.count($0, of: model, kind) }
    let taken = MLMetrics.monotonicNanoseconds() &- begun
    state.metrics.ingestSeconds.observe(Double(taken) * 1e-9)
    return Answer(
      accepted: whole.appended.accepted, duplicates: whole.appended.duplicates,
      rejected: whole.rejected, rejectedRows: whole.rejectedRows, ignored: whole.ignored.sorted())
  }

  private static func format(_ request: Request) throws -> BodyFormat {
    let type = request.mediaType
    switch type {
    case "application/json": return .text(.array)
    case "application/x-ndjson", "application/ndjson", "application/jsonl": return .text(.lines)
    case "application/vnd.apache.parquet": return .parquet
    default:
      throw Problem(
        .unsupportedMediaType, "unsupported_media_type",
        "events come as application/json, application/x-ndjson or application/vnd.apache.parquet, "
          + "not `\(type ?? "")`",
        mend: "set Content-Type to what the body is")
    }
  }
}
