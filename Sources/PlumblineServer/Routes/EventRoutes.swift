import Events
import Foundation
import Hummingbird
import Logging
import Monitoring
import NIOCore

/// Events as they were kept, for other tools.
struct EventRoutes<Context: RequestContext> {
  let state: ServiceState
  private let exports: Places

  init(state: ServiceState, exports: Places = Places(4)) {
    self.state = state
    self.exports = exports
  }

  func add(to router: some RouterMethods<Context>) {
    router.group("v1/models/{model}")
      .add(middleware: ScopeMiddleware(scope: .read, state: state))
      .get("predictions") { try await export($0, $1, .predictions) }
      .get("labels") { try await export($0, $1, .labels) }
  }

  /// One Parquet file of the events of a stretch of time.
  private func export(
    _ request: Request, _ context: Context, _ kind: EventKind
  ) async throws -> Response {
    let model = context.parameters.get("model") ?? ""
    guard EventLog.isModelName(model) else { throw EventError.invalidModel(name: model) }
    let (from, until, log) = (try request.time("from"), try request.time("until"), state.log)
    // Each is a copy of what was asked for, on the log's disk.
    let place = try exports.take(
      for: "exports", code: "too_many_exports", mend: "read the log's Parquet files")
    let path: String
    do {
      path = try await Background.run {
        try log.exportFile(kind, of: model, from: from, until: until)
      }
    } catch let error as ExportError {
      guard case .noEvents = error else {
        // The path is the log's own; who asked has no use for it.
        context.logger.error("an export failed", metadata: ["error": "\(error.what)"])
        throw Problem(
          .serviceUnavailable, error.code, "the file could not be written", mend: error.mend,
          retryAfter: 10)
      }
      throw Problem(.notFound, error.code, error.what, mend: error.mend)
    } catch let error as EventError {
      if case .damaged = error {
        context.logger.error("an export failed", metadata: ["error": "\(error.what)"])
      }
      throw error
    }
    // The name goes at once: the file goes with its last reader.
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    let size = try Int(file.seekToEnd())
    try file.seek(toOffset: 0)
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/vnd.apache.parquet",
        .contentDisposition: "attachment; filename=\"\(model)-\(kind.rawValue).parquet\"",
      ],
      body: ResponseBody(contentLength: size) { writer in
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {
          try await writer.write(ByteBuffer(bytes: part))
        }
        try await writer.finish(nil)
        // The file is on the disk, without a name, until here or until nobody wants it any more.
        withExtendedLifetime(place) {}
      })
  }
}
