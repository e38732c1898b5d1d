import Events
import Foundation
import Hummingbird
import Logging
import Monitoring
import NIOCore
import NIOEmbedded
import Support
import Synchronization
import Telemetry
import Testing

@testable import PlumblineServer

/// What who asks for events is told when they cannot be had now.
struct ExportRouteTests {
  let folder: TemporaryFolder
  let state: ServiceState
  let log: EventLog
  let lines = LogLines()

  init() throws {
    folder = try TemporaryFolder()
    let clock: @Sendable () -> Instant = {
      Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)
    }
    log = try EventLog(folder: folder.path + "/data", clock: clock)
    state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: Configuration(), now: clock)
  }

  private func get(_ path: String, _ exports: Places) async throws -> Response {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: ProblemMiddleware(document: try OpenAPIDocument()))
    EventRoutes(state: state, exports: exports).add(to: router)
    let request = Request(
      head: HTTPRequest(method: .get, scheme: "http", authority: "h", path: path),
      body: RequestBody(buffer: ByteBuffer()))
    let context = BasicRequestContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: lines.logger))
    return try await router.buildResponder().respond(to: request, context: context)
  }

  /// What is answered, as a text.
  private func text(_ answer: Response) async throws -> String {
    let taken = Taken()
    try await answer.body.write(taken)
    return taken.text.withLock { $0 }
  }

  private final class Taken: ResponseBodyWriter, Sendable {
    let text = Mutex("")

    func write(_ buffer: ByteBuffer) { text.withLock { $0 += String(buffer: buffer) } }

    func finish(_ trailingHeaders: HTTPFields?) {}
  }

  private func append() async throws {
    let text = #"{"prediction_id": "a", "timestamp": "2026-11-24T10:00:00Z", "prediction": 1}"#
    _ = try await log.append(Array(text.utf8), .lines, to: "fraud", .predictions)
  }

  private static let path = "/v1/models/fraud/predictions"

  @Test func `As many exports as may be made are made, and one more is told when to ask again`()
    async throws
  {
    try await append()
    let exports = Places(2)
    var answers: [Response] = []
    for _ in 0..<2 { answers.append(try await get(Self.path, exports)) }
    #expect(answers.map(\.status) == [.ok, .ok])
    // A place is taken for as long as the answer is being read.
    let busy = try await get(Self.path, exports)
    #expect(busy.status == .serviceUnavailable && busy.headers[.retryAfter] == "10")
    #expect(busy.headers[.contentType] == "application/problem+json")
    answers.removeLast()
    #expect(try await get(Self.path, exports).status == .ok)
  }

  @Test func `An export that cannot be written is told so, without a path, and frees its place`()
    async throws
  {
    try await append()
    let exports = Places(1)
    let scratch = folder.path + "/data/scratch"
    // What waits cannot be sealed; after that, what is sealed cannot be written.
    for code in ["data_folder_unusable", "export_not_written"] {
      try FileManager.default.removeItem(atPath: scratch)
      _ = try folder.write("data/scratch", "in the way")
      let failed = try await get(Self.path, exports)
      #expect(failed.status == .serviceUnavailable && failed.headers[.retryAfter] == "10")
      let problem = try await text(failed)
      #expect(problem.contains("\"code\":\"\(code)\""), "\(problem)")
      #expect(!problem.contains(folder.path) && !problem.contains("scratch"), "\(problem)")
      #expect(lines.all.last?.contains(folder.path) == true, "\(lines.all)")
      try FileManager.default.removeItem(atPath: scratch)
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      #expect(try await get(Self.path, exports).status == .ok)
    }
  }

  /// What a body is made of.
  private final class Collected: ResponseBodyWriter, Sendable {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
      bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }

  /// Files of events, by their paths below those of all.
  private var segments: [String] {
    let all = FileManager.default.enumerator(atPath: folder.path + "/data/events")
    return (all?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".parquet") }
  }

  @Test func `A file that is cut short is named, with what can be done`() async throws {
    try await append()
    #expect(try await get(Self.path, Places(1)).status == .ok)
    let name = try #require(segments.first)
    let url = URL(fileURLWithPath: "\(folder.path)/data/events/\(name)")
    try Data(contentsOf: url).prefix(100).write(to: url)
    let failed = try await get(Self.path, Places(1))
    #expect(failed.status == .internalServerError)
    #expect(failed.headers[.contentType] == "application/problem+json")
    let body = Collected()
    try await failed.body.write(body)
    let text = body.bytes.withLock { String(buffer: $0) }
    #expect(
      text.contains("\"code\":\"damaged_file\"") && text.contains("events/\(name)"), "\(text)")
    #expect(text.contains("put the file back") && !text.contains(folder.path), "\(text)")
  }

  @Test func `What there is none of is not found, however busy it is`() async throws {
    #expect(try await get(Self.path, Places(1)).status == .notFound)
  }
}
