import Foundation
import Support
import Testing

/// What a service does whose databases take connections and say nothing.
struct HangingTests {
  @Test func `Databases that hang hold up neither other checks nor the stop`() async throws {
    let folder = try TemporaryFolder()
    // The kernel takes connections for a socket that listens, whoever accepts them or not.
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    try #require(listen(socket, 16) == 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    let port = UInt16(bigEndian: address.sin_port)
    let rows = try folder.write(
      "rows.parquet",
      rowsOf:
        "SELECT range AS x, now()::TIMESTAMP - INTERVAL 1 HOUR * (range % 100) AS t FROM range(500)"
    )
    func model(_ name: String, _ reference: String) -> String {
      """
        - name: \(name)
          production: \(rows)
          reference: \(reference)
          schema: {timestamp: t}
          checks: [{type: drift, schedule: "* * * * *", window: 7d, timeout: 2s}]
      """
    }
    let service = try RunningService(
      folder,
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0", stop_seconds: 5}
      models:
      \(model("a", "postgresql://nobody@127.0.0.1:\(port)/none?table=x"))
      \(model("b", "postgresql://nobody@127.0.0.1:\(port)/none?table=x"))
      \(model("fraud", rows))
      """)
    func kinds(_ model: String) async throws -> [String] {
      let answer = try #require(await service.request("GET", "v1/models/\(model)/runs"))
      return (answer.json["runs"] as? [[String: Any]] ?? []).compactMap { $0["kind"] as? String }
    }
    // At the next full minute all are due.
    for name in ["a", "b", "fraud"] {
      while try await kinds(name).isEmpty { try await Task.sleep(for: .milliseconds(100)) }
    }
    #expect(Set(try await kinds("a")) == ["failure"])
    #expect(try await kinds("fraud").first == "drift")
    service.send(SIGTERM)
    #expect(service.wait() == 0, "\(service.logText)")
  }
}
