import Events
import Hummingbird
import Support
import Testing

@testable import PlumblineServer

/// What a payload logger is told of a response that is too large to be read.
struct CloudEventRouteTests {
  private let service: RoutedService

  init() throws {
    service = try RoutedService { $0.models = 1 }
  }

  /// Sends a response that is said to be larger than any may be.
  private func send(of model: String) async throws -> Response {
    var headers: HTTPFields = [.contentType: "application/json", .contentLength: "999999999999"]
    for (name, value) in [
      ("id", "1"), ("specversion", "1.0"), ("source", "s"), ("inferenceservicename", model),
      ("type", "org.kubeflow.serving.inference.response"),
    ] {
      headers[try #require(HTTPFields.Element.Name("ce-" + name))] = value
    }
    return try await service.answer(.post, "/v1/cloudevents", headers: headers) {
      CloudEventRoutes(state: service.state).add(to: $0)
    }
  }

  @Test func `It is too large, whatever else there is to say of it`() async throws {
    try await service.append()
    let lines = service.lines
    let left = "warning that a response is too large could not be kept"
    for (model, reason) in [
      ("fraud", nil), ("other", "there are 1 models"), ("no/model", "cannot be the name"),
    ] {
      #expect(try await send(of: model).status == .contentTooLarge)
      let said = lines.all.last { $0.contains(left) }
      #expect(reason.map { said?.contains($0) == true } ?? (said == nil), "\(lines.all)")
    }
    #expect(service.state.canWrite() && !lines.all.contains { $0.contains("cannot be written") })
    // As where the disk is full.
    let drop = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DROP TABLE payload')"
    let dropped = try ToolRun.python(["-c", drop, service.folder.path + "/data/events.db"])
    #expect(dropped.code == 0, "\(dropped.all)")
    #expect(try await send(of: "fraud").status == .contentTooLarge)
    #expect(lines.all.contains { $0.contains("error events cannot be written") }, "\(lines.all)")
  }
}
