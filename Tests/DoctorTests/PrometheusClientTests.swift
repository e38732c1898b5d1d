import Foundation
import Outbound
import Testing

/// What Prometheus, and what is none, may answer.
struct PrometheusClientTests {
  private func client(
    _ server: CannedServer, _ name: String, limit: Int = 1 << 20
  ) -> PrometheusClient {
    var http = HTTPClient(timeoutMilliseconds: 10_000)
    http.responseLimit = limit
    return PrometheusClient(
      address: "\(server.address)/\(name)/", http: http,
      headers: [("Authorization", "Bearer secret-of-prometheus")])
  }

  private static let vector = #"""
    {"status":"success","data":{"resultType":"vector","result":[
      {"metric":{"__name__":"up","job":"é"},"value":[1764000000.5,"1"]},
      {"metric":{},"value":[1764000000,"NaN"]},{"metric":{},"value":[1764000000,"+Inf"]}]}}
    """#
  private static let matrix = #"""
    {"status":"success","data":{"resultType":"matrix","result":[
      {"metric":{"job":"a"},"values":[[1,"2"],[2,"3e2"]]}]}}
    """#
  private static let targets = #"""
    {"status":"success","data":{"activeTargets":[{"labels":{"job":"a"},"discoveredLabels":{},
      "scrapeUrl":"http://h:1/metrics","health":"down","lastError":"refused","scrapeInterval":"1m30s"},
      {"labels":{},"scrapeUrl":"http://h:2/metrics","health":"strange"}],"droppedTargets":[]}}
    """#

  @Test func `Vectors, matrices, scalars and targets are read`() throws {
    let server = try CannedServer([
      "v": (200, Self.vector), "m": (200, Self.matrix), "t": (200, Self.targets),
      "s": (200, #"{"status":"success","data":{"resultType":"scalar","result":[5,"7"]}}"#),
    ])
    let vector = try client(server, "v").query("up{job=\"é\"}")
    #expect(vector.count == 3 && vector[0].labels["job"] == "é")
    #expect(vector[0].points == [.init(at: 1_764_000_000.5, value: 1)])
    #expect(vector[1].points[0].value.isNaN && vector[2].points[0].value == .infinity)
    let matrix = try client(server, "m").queryRange("up", from: 1, until: 2, step: 1)
    #expect(
      matrix == [
        .init(labels: ["job": "a"], points: [.init(at: 1, value: 2), .init(at: 2, value: 300)])
      ])
    #expect(try client(server, "s").query("time()")[0].points == [.init(at: 5, value: 7)])
    let targets = try client(server, "t").targets()
    #expect(targets.map(\.health) == [.down, .unknown])
    #expect(targets[0].lastError == "refused" && targets[0].intervalSeconds == 90)
    #expect(targets[1].intervalSeconds == nil)
  }

  @Test func `What is none of the API is a typed error`() throws {
    let deep = String(repeating: "[", count: 200_000)
    let server = try CannedServer([
      "html": (200, "<html>"), "empty": (200, ""), "deep": (200, deep),
      "deeper": (200, #"{"status":"success","data":"# + deep),
      "types": (
        200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":1}]}}"#
      ),
      "words": (
        200,
        #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#
      ),
      "bad": (400, #"{"status":"error","errorType":"bad_data","error":"parse\nerror"}"#),
      "login": (401, "who are you"), "away": (302, ""),
    ])
    for name in ["html", "empty", "deep", "deeper", "types", "words"] {
      #expect(throws: PrometheusError.unintelligible(host: server.peer), "\(name)") {
        try client(server, name).query("up")
      }
    }
    #expect(
      throws: PrometheusError.refused(host: server.peer, status: 400, reason: "parse error")
    ) { try client(server, "bad").query("up{") }
    let login = #expect(throws: PrometheusError.self) { try client(server, "login").targets() }
    #expect(login?.mend.contains("credentials") == true)
    #expect(throws: PrometheusError.refused(host: server.peer, status: 302, reason: "")) {
      try client(server, "away").targets()
    }
    #expect(throws: PrometheusError.tooLarge(host: server.peer, bytes: 1_000)) {
      try client(server, "deep", limit: 1_000).targets()
    }
    let error = #expect(throws: PrometheusError.self) {
      try PrometheusClient(
        address: "http://127.0.0.1:1", http: HTTPClient(timeoutMilliseconds: 2_000)
      ).targets()
    }
    #expect(error?.code == "prometheus_unreachable")
    #expect("\(String(describing: error))\(String(describing: login))".contains("secret") == false)
  }
}

/// Answers what it was told to, by the first part of the path, on a free port.
final class CannedServer: Sendable {
  private let process = Process()
  let address: String

  var peer: String { WebAddress.peer(of: address) }

  init(_ answers: [String: (status: Int, body: String)]) throws {
    let file = NSTemporaryDirectory() + "plumbline-canned-\(UUID().uuidString).json"
    let listed = answers.mapValues { [$0.status, $0.body] as [Any] }
    try JSONSerialization.data(withJSONObject: listed).write(to: URL(fileURLWithPath: file))
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [
      "-uc",
      """
      import http.server, json, os, sys
      answers = json.load(open(sys.argv[1]))
      os.unlink(sys.argv[1])
      class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
          status, body = answers[self.path.split("/")[1]]
          body = body.encode()
          self.send_response(status)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)
        def log_message(self, *arguments):
          pass
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      print(server.server_address[1])
      server.serve_forever()
      """, file,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      line += data
    }
    let port = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    address = "http://127.0.0.1:\(port)"
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
