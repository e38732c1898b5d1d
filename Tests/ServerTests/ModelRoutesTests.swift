import Events
import Foundation
import Hummingbird
import NIOCore
import Support
import Synchronization
import Testing

@testable import PlumblineServer

/// What the service says of models.
struct ModelRoutesTests {
  private final class Taken: ResponseBodyWriter, Sendable {
    let data = Mutex(Data())

    func write(_ buffer: ByteBuffer) {
      data.withLock { $0.append(contentsOf: buffer.readableBytesView) }
    }

    func finish(_ trailingHeaders: HTTPFields?) {}
  }

  @Test func `Features have the names they were sent by, columns those of files`() async throws {
    let service = try RoutedService()
    let text = #"""
      {"prediction_id": "a", "status": "success", "features": {"feature_1": 1, "status": true}}
      """#
    _ = try await service.log.append(Array(text.utf8), .lines, to: "fraud", .predictions)
    let answer = try await service.answer(.get, "/v1/models") {
      ModelRoutes(state: service.state).add(to: $0)
    }
    let taken = Taken()
    try await answer.body.write(taken)
    let json = try #require(
      JSONSerialization.jsonObject(with: taken.data.withLock { $0 }) as? [String: Any])
    let model = try #require((json["models"] as? [[String: Any]])?.first)
    #expect(model["features"] as? [String: String] == ["feature_1": "number", "status": "boolean"])
    let columns = (model["columns"] as? [String: [String: String]])?["predictions"]
    #expect(columns?["feature_status"] == "boolean" && columns?["status"] == "text")
    #expect(columns?["feature_1"] == "number")
  }
}
