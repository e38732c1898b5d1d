import Foundation
import Support
import Testing

/// What a service does whose databases take connections and say nothing.
struct HangingTests {
  /// A port that takes connections and never says a word: the kernel takes them for a socket that
  /// listens, whoever accepts them or not.
  private final class SilentPort {
    private let socket: Int32
    let number: UInt16

    init() throws {
      socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      try #require(listen(socket, 16) == 0)
      var address = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = withUnsafeMutablePointer(to: &address) { [socket] in
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
      }
      number = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }
  }

  @Test func `A request that hangs ends with the process, by the time a stop may take`()
    async throws
  {
    let folder = try TemporaryFolder()
    let silent = try SilentPort()
    let service = try RunningService(
      folder,
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0", stop_seconds: 2}
      connections: {silent: {driver: postgresql, uri: "postgresql://nobody@127.0.0.1:\(silent.number)/none"}}
      """)
    let asked = Data(
      #"""
      {"monitoring_type": "drift_detection", "data": {"reference": "silent", "current": "silent",
        "reference_sql": "SELECT 1", "current_sql": "SELECT 1"}}
      """#.utf8)
    async let answer = service.request(
      "POST", "v1/run", body: asked, type: "application/json")
    // It hangs while others are answered.
    while try #require(await service.request("GET", "metrics")).text
      .contains("http_server_active_requests{http_request_method=\"POST\"} 1") == false
    {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(await service.predict([1])?.status == 200)
    service.send(SIGTERM)
    #expect(service.wait() == 2, "\(service.logText)")
    #expect(service.logText.contains("the stop took longer than stop_seconds"))
    #expect(await answer == nil)
    withExtendedLifetime(silent) {}
  }

  @Test func `Databases that hang hold up neither other checks nor the stop`() async throws {
    let folder = try TemporaryFolder()
    let silent = try SilentPort()
    let silence =
      "{source: \"postgresql://nobody@127.0.0.1:\(silent.number)/none\", sql: SELECT 1 AS x}"
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
      \(model("a", silence))
      \(model("b", silence))
      \(model("fraud", rows))
      """)
    func runs(_ model: String) async throws -> [(kind: String, headline: String)] {
      let answer = try #require(await service.request("GET", "v1/models/\(model)/runs"))
      return (answer.json["runs"] as? [[String: Any]] ?? []).compactMap { run in
        (run["kind"] as? String ?? "", run["headline"] as? String ?? "")
      }
    }
    // At the next full minute all are due.
    for name in ["a", "b", "fraud"] {
      while try await runs(name).isEmpty { try await Task.sleep(for: .milliseconds(100)) }
    }
    // However many minutes that took: a check whose thread has not come back is not due again.
    for name in ["a", "b"] {
      let kept = try await runs(name)
      #expect(kept.count == 1 && kept[0].kind == "failure", "\(kept)")
      #expect(kept[0].headline.contains("longer than its timeout"), "\(kept)")
    }
    #expect(try await runs("fraud").first?.kind == "drift")
    service.send(SIGTERM)
    #expect(service.wait() == 0, "\(service.logText)")
    withExtendedLifetime(silent) {}
  }
}
