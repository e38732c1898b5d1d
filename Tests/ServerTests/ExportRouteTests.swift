import Foundation
import Hummingbird
import Support
import Testing

@testable import PlumblineServer

/// What who asks for events is told when they cannot be had now.
struct ExportRouteTests {
  private let service: RoutedService
  private var folder: TemporaryFolder { service.folder }

  init() throws {
    service = try RoutedService()
  }

  private func get(_ path: String, _ exports: Places) async throws -> Response {
    try await service.answer(.get, path) {
      EventRoutes(state: service.state, exports: exports).add(to: $0)
    }
  }

  private static let path = "/v1/models/fraud/predictions"

  @Test func `As many exports as may be made are made, and one more is told when to ask again`()
    async throws
  {
    try await service.append()
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
    try await service.append()
    let exports = Places(1)
    let scratch = folder.path + "/data/scratch"
    // What waits cannot be sealed; after that, what is sealed cannot be written.
    for code in ["data_folder_unusable", "export_not_written"] {
      try FileManager.default.removeItem(atPath: scratch)
      _ = try folder.write("data/scratch", "in the way")
      let failed = try await get(Self.path, exports)
      #expect(failed.status == .serviceUnavailable && failed.headers[.retryAfter] == "10")
      let problem = try await failed.text()
      #expect(problem.contains("\"code\":\"\(code)\""), "\(problem)")
      #expect(!problem.contains(folder.path) && !problem.contains("scratch"), "\(problem)")
      #expect(service.lines.all.last?.contains(folder.path) == true, "\(service.lines.all)")
      try FileManager.default.removeItem(atPath: scratch)
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      #expect(try await get(Self.path, exports).status == .ok)
    }
  }

  /// Files of events, by their paths below those of all.
  private var segments: [String] {
    let all = FileManager.default.enumerator(atPath: folder.path + "/data/events")
    return (all?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".parquet") }
  }

  @Test func `A file that is cut short is named, with what can be done`() async throws {
    try await service.append()
    #expect(try await get(Self.path, Places(1)).status == .ok)
    let name = try #require(segments.first)
    let url = URL(fileURLWithPath: "\(folder.path)/data/events/\(name)")
    try Data(contentsOf: url).prefix(100).write(to: url)
    let failed = try await get(Self.path, Places(1))
    #expect(failed.status == .internalServerError)
    #expect(failed.headers[.contentType] == "application/problem+json")
    let problem = try await failed.text()
    #expect(
      problem.contains("\"code\":\"damaged_file\"") && problem.contains("events/\(name)"),
      "\(problem)")
    #expect(problem.contains("put the file back") && !problem.contains(folder.path), "\(problem)")
  }

  @Test func `What there is none of is not found, however busy it is`() async throws {
    #expect(try await get(Self.path, Places(1)).status == .notFound)
  }
}
