import Foundation
import Support
import Testing

/// Alerts of a running service, as those who are told of them meet them.
struct AlertsTests {
  let folder: TemporaryFolder
  let sink: WebhookSink

  init() throws {
    folder = try TemporaryFolder()
    sink = try WebhookSink(folder)
  }

  private func start() throws -> RunningService {
    try RunningService(
      folder,
      alerting: """
        group_wait: 0s
        group_interval: 1s
        rules:
          - name: failing
            metric: error_rate
            condition: "> 50%"
            consecutive_failures: 1
            severity: critical
            response_time: 1s
            description: "{value:.0%} of the predictions of {labels.model_name} fail"
            runbook_url: https://wiki.example/failing
          - {name: "failing_some", metric: error_rate, condition: "> 10%", consecutive_failures: 1, labels: {topic: error_rate}}
        channels: [{name: hook, type: webhook, url: "\(sink.address)"}]
        """)
  }

  private func alerts(_ service: RunningService, _ query: String = "") async -> [[String: Any]] {
    let answer = await service.request("GET", "v1/alerts\(query)")
    return answer?.json["alerts"] as? [[String: Any]] ?? []
  }

  @Test func `An alert is told once, taken on, and told to be over`() async throws {
    let service = try start()
    #expect(await service.predict(0..<100, status: "error")?.status == 200)
    let told = try await sink.messages { !$0.isEmpty }
    let first = try #require(told.first)
    #expect(first["status"] as? String == "firing")
    let alert = try #require((first["alerts"] as? [[String: Any]])?.first)
    let labels = try #require(alert["labels"] as? [String: String])
    #expect(labels["alertname"] == "failing" && labels["model_name"] == "fraud")
    let annotations = try #require(alert["annotations"] as? [String: String])
    #expect(annotations["description"] == "100% of the predictions of fraud fail")
    // The milder one is silenced by the severe one.
    let firing = await alerts(service, "?state=firing")
    #expect(firing.map { $0["rule"] as? String } == ["failing", "failing_some"])
    let severe = try #require(firing.first?["fingerprint"] as? String)
    #expect(firing.last?["inhibited_by"] as? [String] == [severe])
    // The dashboard leads from it to why.
    let page = try Browser.look(at: service.address.absoluteString + "/", in: folder.path).dom
    #expect(page.contains("title=\"Why fraud is as it is\">Why?</button>"))
    let taken = await service.request(
      "POST", "v1/alerts/\(severe)/ack", body: Data(#"{"by": "ada"}"#.utf8),
      type: "application/json")
    #expect(taken?.json["acknowledged_by"] as? String == "ada")
    #expect(await service.predict(100..<3_000, status: "success")?.status == 200)
    let over = try await sink.messages { $0.contains { $0["status"] as? String == "resolved" } }
    #expect(over.count { $0["status"] as? String == "resolved" } == 1)
    let events = try #require(await service.request("GET", "v1/alerts/\(severe)"))
    let kinds = (events.json["events"] as? [[String: Any]])?.compactMap { $0["kind"] as? String }
    #expect(kinds == ["resolved", "acknowledged", "firing", "pending"])
    let refused = await service.request(
      "POST", "v1/alerts/\(severe)/ack", body: Data(#"{"by": "bob"}"#.utf8),
      type: "application/json")
    #expect(refused?.status == 409)
    let metrics = try #require(await service.request("GET", "metrics")).text
    #expect(metrics.contains("plumbline_error_rate{model_name=\"fraud\"} 0"))
    #expect(
      metrics.contains(
        "plumbline_notification_attempts_total{channel=\"hook\",outcome=\"delivered\"}"))
  }

  @Test func `What nobody takes on in time is overdue, until somebody does`() async throws {
    let service = try start()
    #expect(await service.predict(0..<100, status: "error")?.status == 200)
    func late() async -> [[String: Any]] {
      await alerts(service, "?state=firing").filter { $0["overdue"] as? Bool == true }
    }
    while await late().isEmpty { await Task.yield() }
    // The milder one is kept quiet, and has an hour.
    let alert = try #require(await late().first)
    #expect(await late().count == 1 && alert["response_time"] as? String == "1s")
    let fingerprint = try #require(alert["fingerprint"] as? String)
    let page = try Browser.look(at: service.address.absoluteString + "/", in: folder.path).dom
    #expect(page.contains("its response time, 1s.\"> overdue</strong>"), "\(page)")
    func metrics() async -> String { await service.request("GET", "metrics")?.text ?? "" }
    let gauge = "plumbline_alerts_overdue{severity=\"critical\"}"
    while await !metrics().contains("\(gauge) 1") { await Task.yield() }
    let listed = try CommandRun.plumbline([
      "alerts", "list", "--data-folder", folder.path + "/data",
    ])
    #expect(listed.output.contains("firing (overdue)"), "\(listed)")
    let taken = await service.request(
      "POST", "v1/alerts/\(fingerprint)/ack", body: Data(#"{"by": "ada"}"#.utf8),
      type: "application/json")
    #expect(taken?.json["overdue"] as? Bool == false)
    while await !late().isEmpty { await Task.yield() }
    while await !metrics().contains("\(gauge) 0") { await Task.yield() }
  }

  @Test func `Of what is silenced nobody is told, until the silence ends`() async throws {
    let service = try start()
    let wish = #"{"matchers": ["model_name=fraud"], "duration": "1h", "created_by": "ada"}"#
    let made = await service.request(
      "POST", "v1/silences", body: Data(wish.utf8), type: "application/json")
    let id = try #require(made?.json["id"] as? Int)
    #expect(made?.status == 201)
    #expect(await service.predict(0..<100, status: "error")?.status == 200)
    while await alerts(service, "?state=firing").count < 2 { await Task.yield() }
    let silenced = await alerts(service, "?state=firing")
    #expect(silenced.allSatisfy { $0["silenced_by"] as? [Int] == [id] })
    #expect(try await sink.messages { _ in true }.isEmpty)
    #expect(await service.request("DELETE", "v1/silences/\(id)")?.status == 204)
    #expect(try await sink.messages { !$0.isEmpty }.count == 1)
    #expect(await service.request("DELETE", "v1/silences/\(id)")?.status == 404)
  }

  @Test func `A service that is killed at any moment tells nothing twice and forgets nothing`()
    async throws
  {
    var service = try start()
    #expect(await service.predict(0..<100, status: "error")?.status == 200)
    for round in 0..<6 {
      // From before it fires until after it was told.
      if round > 2 { _ = try await sink.messages { !$0.isEmpty } }
      for _ in 0..<(round * 37 % 11) { await Task.yield() }
      service.send(SIGKILL)
      _ = service.wait()
      service = try start()
      if round < 3 {
        #expect(
          await service.predict((round + 1) * 1_000..<(round + 1) * 1_000 + 100, status: "error")?
            .status == 200)
      }
    }
    let told = try await sink.messages { !$0.isEmpty }
    // Delivered at least once: the same message may come again, another one may not.
    let messages = Set(try await sink.ids())
    #expect(messages.count == 1, "\(told)")
    #expect(await service.predict(50_000..<60_000, status: "success")?.status == 200)
    _ = try await sink.messages { $0.contains { $0["status"] as? String == "resolved" } }
    #expect(Set(try await sink.ids()).count == 2)
    service.send(SIGTERM)
    #expect(service.wait() == 0)
  }
}

/// Takes webhooks on a free port and remembers them.
final class WebhookSink: Sendable {
  private let process = Process()
  private let log: String
  let address: String

  init(_ folder: TemporaryFolder) throws {
    log = folder.path + "/webhooks.ndjson"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [
      "-c",
      """
      import http.server, json, sys
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_POST(self):
              body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
              with open(sys.argv[1], "a") as log:
                  log.write(json.dumps({"id": self.headers["Idempotency-Key"], "body": body}) + "\\n")
              self.send_response(200)
              self.send_header("Content-Length", "0")
              self.end_headers()
          def log_message(self, *_):
              pass
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      print(server.server_port, flush=True)
      server.serve_forever()
      """, log,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    address = "http://127.0.0.1:\(port)/hook"
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  private func lines() throws -> [[String: Any]] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
  }

  /// What has come, once it is what is waited for.
  func messages(until isEnough: ([[String: Any]]) -> Bool) async throws -> [[String: Any]] {
    while true {
      let bodies = try lines().compactMap { $0["body"] as? [String: Any] }
      if isEnough(bodies) { return bodies }
      await Task.yield()
    }
  }

  /// Ids of the messages that have come.
  func ids() async throws -> [String] { try lines().compactMap { $0["id"] as? String } }
}
