import Hummingbird
import Testing

@testable import PlumblineServer

/// Bodies that are compressed.
struct ContentEncodingTests {
  @Test(arguments: [
    ("/v1/models/m/predictions", "application/json"), ("/v1/models/m/labels", "application/json"),
    ("/v1/models/m/predictions", "application/x-ndjson"),
    ("/v1/models/m/predictions", "application/vnd.apache.parquet"),
    ("/v1/cloudevents", "application/cloudevents+json"),
  ])
  func `They are refused with 415, which names the header`(path: String, type: String) async throws
  {
    let service = try RoutedService()
    func send(_ coding: String) async throws -> Response {
      try await service.answer(
        .post, path, headers: [.contentType: type, .contentEncoding: coding]
      ) {
        IngestRoutes(state: service.state).add(to: $0)
        CloudEventRoutes(state: service.state).add(to: $0)
      }
    }
    let refused = try await send("gzip")
    #expect(refused.status == .unsupportedMediaType)
    #expect(refused.headers[.acceptEncoding] == "identity")
    // What is not compressed may say so.
    #expect(try await send("identity").status != .unsupportedMediaType)
  }
}
