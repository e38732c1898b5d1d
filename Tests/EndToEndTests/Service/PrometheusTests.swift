import Foundation
import Support
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A real Prometheus, and what it makes of the service.
struct PrometheusTests {
  @Test(arguments: [
    ["check", "rules", "plumbline.rules.yml"], ["test", "rules", "plumbline.rules.test.yml"],
  ])
  func `The rules that come along are right`(_ arguments: [String]) throws {
    let rules = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../../../Deploy/prometheus").standardizedFileURL.path
    let run = try ToolRun("/usr/bin/promtool", arguments, at: rules)
    #expect(run.code == 0 && run.all.contains("SUCCESS"), "\(run.all)")
  }

  @Test func `Prometheus scrapes the service with its token`() async throws {
    let folder = try TemporaryFolder()
    let secret = try folder.write("secret", "prometheus-prometheus")
    let service = try RunningService(
      folder,
      """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        tokens: [{name: p, scopes: [admin], file: \(secret)}]
      """)
    let lines = (0..<30).map {
      "{\"prediction_id\": \"p\($0)\", \"model_version\": \"v1\", \"latency_seconds\": 0.2, "
        + "\"status\": \"\($0 < 3 ? "error" : "success")\"}"
    }
    let answer = await service.request(
      "POST", "v1/models/fraud/predictions", body: Data(lines.joined(separator: "\n").utf8),
      type: "application/x-ndjson", headers: ["Authorization": "Bearer prometheus-prometheus"])
    #expect(answer?.status == 200)
    let prometheus = try RunningPrometheus(
      folder, target: "127.0.0.1:\(service.address.port ?? 0)", tokenFile: secret)
    let errors = try await prometheus.value(
      of: "ml_predictions_total{model_name=\"fraud\",model_version=\"v1\",status=\"error\"}")
    #expect(errors == 3)
    #expect(try await prometheus.value(of: "up") == 1)
    #expect(
      try await prometheus.value(of: "sum(ml_prediction_latency_seconds_count)") == 27)
  }
}

/// Prometheus on a free port, scraping one target.
final class RunningPrometheus: Sendable {
  private let process = Process()
  let address: URL

  init(
    _ folder: TemporaryFolder, target: String, tokenFile: String, interval: String = "1s"
  ) throws {
    let config = try folder.write(
      "prometheus-\(target.suffix(5)).yml",
      """
      global: {scrape_interval: \(interval)}
      scrape_configs:
        - job_name: plumbline
          authorization: {credentials_file: \(tokenFile)}
          static_configs: [{targets: ["\(target)"]}]
      """)
    let port = try Self.freePort()
    address = URL(string: "http://127.0.0.1:\(port)") ?? URL(fileURLWithPath: "/")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/prometheus")
    process.arguments = [
      "--config.file=\(config)", "--storage.tsdb.path=\(folder.path)/tsdb-\(port)",
      "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  static func freePort() throws -> Int {
    let program =
      "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    let text = try ToolRun.python(["-c", program]).output
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// The value of a query, asked until Prometheus has scraped; nil where it never has one.
  func value(of query: String) async throws -> Double? {
    var components = try #require(
      URLComponents(
        url: address.appendingPathComponent("api/v1/query"), resolvingAgainstBaseURL: false))
    components.queryItems = [URLQueryItem(name: "query", value: query)]
    let url = try #require(components.url)
    // The first scrape comes some seconds after the start.
    for _ in 0..<300 {
      if let (data, _) = try? await URLSession.shared.data(from: url),
        let answer = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
        let result = (answer["data"] as? [String: Any])?["result"] as? [[String: Any]],
        let text = (result.first?["value"] as? [Any])?.last as? String
      {
        return Double(text)
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    return nil
  }
}
