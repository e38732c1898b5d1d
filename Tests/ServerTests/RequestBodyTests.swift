import Hummingbird
import Monitoring
import Store
import Support
import Testing

@testable import PlumblineServer

/// What is wrong with a request's body is told by its members.
struct RequestBodyTests {
  let service: RoutedService

  init() throws {
    service = try RoutedService()
  }

  private func history() throws -> History {
    try History(path: service.folder.path + "/history.db")
  }

  @Test(arguments: [
    (#"{"version": "v2", "timestamp": "x"}"#, "nobody knows: `timestamp`", "known are at, version"),
    (#"{"version": 5}"#, "version has to be a text", "or config, dependencies"),
    (#"{"version": "v2", "at": "soon"}"#, "at: `soon` is no ISO 8601 instant", "send {"),
    (#"[]"#, "the body has to be an object", "send {"), ("{", "the body is not JSON", "send {"),
  ])
  func `A deployment is told which of its members is wrong`(
    body: String, detail: String, mend: String
  ) async throws {
    try await service.append()
    let history = try history()
    let response = try await service.answer(.post, "/v1/models/fraud/deployments", body: body) {
      DiagnosisRoutes(state: service.state, history: history, version: "1").add(to: $0)
    }
    let said = try await response.text().replacing("\\\"", with: "\"")
    #expect(response.status == .badRequest)
    #expect(said.contains(detail) && said.contains(mend), "\(said)")
    #expect(try history.deployments(of: "fraud").isEmpty)
  }

  @Test func `A silence with a member nobody knows is none`() async throws {
    let history = try history()
    let body =
      #"{"matchers": ["a=b"], "duration": "2h", "created_by": "ada", "ends": "2026-11-25T00:00:00Z"}"#
    let response = try await service.answer(.post, "/v1/silences", body: body) {
      SilenceRoutes(state: service.state, history: history).add(to: $0)
    }
    #expect(response.status == .badRequest)
    #expect(try await response.text().contains("`ends`"))
    #expect(try history.silences(notEndedAt: nil).isEmpty)
  }

  @Test(.timeLimit(.minutes(1)))
  func `Standard input is no source of a service`() async throws {
    let history = try history()
    let body = #"""
      {"monitoring_type": "drift_detection",
       "data": {"reference": "-", "current": "-"}}
      """#
    let response = try await service.answer(.post, "/v1/run", body: body) {
      RunRoutes(state: service.state, history: history, version: "1").add(to: $0)
    }
    #expect(response.status == .unprocessableContent)
    let said = try await response.text()
    #expect(said.contains("a service has no standard input"), "\(said)")
    #expect(said.contains("name a file or a connection"), "\(said)")
  }

  @Test func `A request the stop gives up is no error`() async throws {
    let response = try await service.answer(.get, "/given-up") { router in
      router.get("given-up") { _, _ -> Response in throw CancellationError() }
    }
    #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] != nil)
    #expect(service.lines.all == ["debug a request was given up by the stop"])
  }
}
