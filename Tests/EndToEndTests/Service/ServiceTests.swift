import Foundation
import Support
import Testing

/// The service as its clients and operators meet it.
struct ServiceTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  func start(
    _ more: String = "", environment: [String: String] = [:]
  ) throws -> RunningService {
    try RunningService(folder, configuration(more), environment: environment)
  }

  func configuration(_ more: String = "") -> String {
    """
    service:
      data_folder: \(folder.path)/data
      listen: 127.0.0.1:0
    \(more)
    """
  }

  @Test func `Good rows are kept, bad ones named, known ones counted`() async throws {
    let service = try start()
    let body = Data(
      #"[{"prediction_id": "a", "features": {"x": 1}}, {"prediction_id": "b", "features": {"x": "y"}}, {"prediction_id": "a"}, {"prediction_id": "c", "extra": 1}]"#
        .utf8)
    let first = try #require(
      await service.request(
        "POST", "v1/models/fraud/predictions", body: body, type: "application/json"))
    #expect(first.status == 200, "\(first.text)")
    #expect(first.json["accepted"] as? Int == 2 && first.json["duplicates"] as? Int == 1)
    let rejected = try #require(first.json["rejected"] as? [[String: Any]])
    #expect(rejected.map { $0["index"] as? Int } == [1])
    #expect(first.json["ignored"] as? [String] == ["extra"])
    let label = Data(#"{"prediction_id": "a", "label": true}"#.utf8)
    let labelled = try #require(
      await service.request(
        "POST", "v1/models/fraud/labels", body: label, type: "application/x-ndjson"))
    #expect(labelled.json["accepted"] as? Int == 1)
    let models = try #require(await service.request("GET", "v1/models"))
    #expect(
      models.text.contains("\"x\":\"number\"") && models.text.contains("\"label\":\"boolean\""))
  }

  @Test func `What cannot be taken is a problem that says why`() async throws {
    let service = try start("  limits: {body_bytes: 2KB}\n")
    let path = "v1/models/fraud/predictions"
    let json = "application/json"
    let cases: [(String, String, String?, String?, Int, String)] = [
      ("POST", path, "[{", json, 400, "unreadable_events"),
      ("POST", path, "", json, 400, "unreadable_events"),
      ("POST", path, "[]", "text/plain", 415, "unsupported_media_type"),
      ("POST", path, "[]", nil, 415, "unsupported_media_type"),
      ("POST", path, String(repeating: " ", count: 3_000), json, 413, "body_too_large"),
      ("POST", "v1/models/.hidden/predictions", "[]", json, 404, "invalid_model"),
      ("GET", path, nil, nil, 404, "no_events"), ("GET", "nowhere", nil, nil, 404, "not_found"),
    ]
    for (method, path, body, type, status, code) in cases {
      let answer = try #require(
        await service.request(method, path, body: body.map { Data($0.utf8) }, type: type))
      #expect(answer.status == status, "\(method) \(path): \(answer.text)")
      #expect(answer.json["code"] as? String == code)
      #expect(answer.headers["content-type"] == "application/problem+json")
      #expect(answer.json["status"] as? Int == status && answer.json["mend"] is String)
    }
    #expect(try #require(await service.predict(0..<5)).status == 200)
  }

  @Test func `With a certificate it speaks TLS, and nothing else`() async throws {
    let made = try ToolRun(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder.path + "/key.pem", "-out",
        folder.path + "/cert.pem",
      ])
    try #require(made.code == 0, "\(made.errors)")
    let service = try start(
      "  tls: {certificate: \(folder.path)/cert.pem, key: \(folder.path)/key.pem}\n")
    #expect(service.address.scheme == "https")
    let program = """
      import ssl, sys, urllib.error, urllib.request
      trusted = ssl.create_default_context(cafile=sys.argv[2])
      print(urllib.request.urlopen(sys.argv[1] + "/healthz", context=trusted).status)
      for address, context in [(sys.argv[1], ssl.create_default_context()),
                               (sys.argv[1].replace("https", "http"), None)]:
          try:
              print(urllib.request.urlopen(address + "/healthz", context=context, timeout=20).status)
          except Exception as error:
              print("refused")
      """
    let said = try ToolRun.python(
      ["-c", program, service.address.absoluteString, folder.path + "/cert.pem"]
    ).output
    #expect(said == "200\nrefused\nrefused\n")
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let wrong = "  tls: {certificate: \(folder.path)/key.pem, key: \(folder.path)/key.pem}\n"
    let error = #expect(throws: RunningService.NotStarted.self) { try start(wrong) }
    #expect(
      error?.code == 2 && error?.errors.contains("certificate") == true, "\(error?.errors ?? "")")
    let other = try ToolRun(
      "/usr/bin/openssl", ["genrsa", "-out", folder.path + "/other.pem", "2048"])
    try #require(other.code == 0, "\(other.errors)")
    let apart = #expect(throws: RunningService.NotStarted.self) {
      try start("  tls: {certificate: \(folder.path)/cert.pem, key: \(folder.path)/other.pem}\n")
    }
    #expect(apart?.code == 2)
    #expect(apart?.errors.contains("other.pem does not belong to the certificate") == true)
  }

  @Test func `Tokens open what they are for, and nothing else`() async throws {
    let service = try start(
      """
        tokens:
          - {name: gateway, scopes: [ingest], env: GATEWAY}
          - {name: prometheus, scopes: [read], file: \(try folder.write("t", "reader-reader-reader\n"))}
          - {name: old, scopes: [admin], env: OLD, expires: 2020-01-01}
          - name: admin
            scopes: [admin]
            sha256: e5b9d31c8213631cb58c41b2b71568a55f797fc9498e4284a0f1c91b428dadba
        log: {level: debug}
      """,
      environment: ["GATEWAY": "gateway-gateway-gateway", "OLD": "old-old-old-old-old-old"])
    let routes = [
      ("POST", "v1/models/m/predictions", "gateway"), ("POST", "v1/models/m/labels", "gateway"),
      ("GET", "v1/models", "reader"), ("GET", "metrics", "reader"),
    ]
    for (method, path, owner) in routes {
      func status(_ authorization: String?) async -> (Int, String?) {
        let answer = await service.request(
          method, path, body: method == "POST" ? Data("[]".utf8) : nil, type: "application/json",
          headers: authorization.map { ["Authorization": $0] } ?? [:])
        return (answer?.status ?? 0, answer?.headers["www-authenticate"])
      }
      for wrong in [
        nil, "Bearer", "Bearer ", "Basic Z2F0ZXdheQ==", "Bearer wrong-wrong-wrong-wrong",
      ] {
        let (code, challenge) = await status(wrong)
        #expect(code == 401 && challenge?.hasPrefix("Bearer") == true, "\(path) \(wrong ?? "none")")
      }
      #expect(await status("Bearer old-old-old-old-old-old").0 == 401, "\(path)")
      #expect(await status("Bearer admin-admin-admin").0 == 200, "\(path)")
      for known in ["gateway", "reader"] {
        let secret = [known, known, known].joined(separator: "-")
        #expect(await status("bearer \(secret)").0 == (known == owner ? 200 : 403), "\(path)")
      }
    }
    // Whether it lives is nobody's secret.
    #expect(await service.request("GET", "healthz")?.status == 200)
    #expect(await service.request("GET", "readyz")?.status == 200)
    for secret in ["gateway-gateway", "reader-reader", "old-old"] {
      #expect(!service.logText.contains(secret))
    }
  }

  @Test func `The service does not start where it would be open, or not alone`() throws {
    #expect(throws: RunningService.NotStarted.self) {
      try RunningService(
        folder, "service: {data_folder: \(folder.path)/data, listen: \"0.0.0.0:0\"}")
    }
    let first = try start()
    do {
      _ = try start()
      Issue.record("a second process has the folder")
    } catch let error as RunningService.NotStarted {
      #expect(error.code == 2 && error.errors.contains("another process has the data folder"))
    }
    first.send(SIGTERM)
    #expect(first.wait() == 0)
  }

  @Test func `A configuration is read again at SIGHUP, unless it has mistakes`() async throws {
    let service = try start()
    #expect(await service.predict([1])?.status == 200)
    let path = folder.path + "/plumbline.yaml"
    let tokens = "  tokens: [{name: a, scopes: [admin], env: HOME, sha256: zz}]\n"
    try configuration(tokens).write(toFile: path, atomically: true, encoding: .utf8)
    service.send(SIGHUP)
    while !service.logText.contains("kept as it was") { await Task.yield() }
    #expect(await service.predict([2])?.status == 200)
    let secret = try folder.write("secret", "a-token-that-is-long-enough")
    try configuration("  tokens: [{name: a, scopes: [admin], file: \(secret)}]\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    service.send(SIGHUP)
    while !service.logText.contains("read again") { await Task.yield() }
    #expect(await service.predict([3])?.status == 401)
    let allowed = await service.request(
      "GET", "v1/models", headers: ["Authorization": "Bearer a-token-that-is-long-enough"])
    #expect(allowed?.status == 200)
  }

  @Test func `There are as many models as are allowed`() async throws {
    let service = try start("  limits: {models: 2}\n")
    for model in ["a", "b", "a"] {
      #expect(await service.predict([1], model: model)?.status == 200)
    }
    let refused = try #require(await service.predict([1], model: "c"))
    #expect(refused.status == 403 && refused.json["code"] as? String == "too_many_models")
    #expect(refused.text.contains("limits.models"))
  }

  @Test func `Events older than they are kept for are refused by index`() async throws {
    let service = try start("  retention: {days: 3}\n")
    func time(_ daysAgo: Double) -> String {
      Date(timeIntervalSinceNow: -86_400 * daysAgo).ISO8601Format()
    }
    let lines = [1, 2.9, 3.1, 300].enumerated().map {
      "{\"prediction_id\": \"p\($0)\", \"timestamp\": \"\(time($1))\"}"
    }
    let answer = try #require(
      await service.request(
        "POST", "v1/models/fraud/predictions", body: Data(lines.joined(separator: "\n").utf8),
        type: "application/x-ndjson"))
    #expect(answer.json["accepted"] as? Int == 2, "\(answer.text)")
    let rejected = try #require(answer.json["rejected"] as? [[String: Any]])
    #expect(rejected.map { $0["index"] as? Int } == [2, 3])
    #expect(
      rejected.allSatisfy {
        $0["reason"] as? String == "timestamp is older than the 3 days events are kept"
      })
  }

  @Test func `Events survive a stop and are known after it`() async throws {
    for round in 0..<2 {
      let service = try start()
      let answer = try #require(await service.predict(0..<100))
      #expect(answer.json[round == 0 ? "accepted" : "duplicates"] as? Int == 100)
      service.send(SIGTERM)
      #expect(service.wait() == 0)
    }
  }

  @Test func `Every mistake of a configuration is named with its line`() throws {
    let path = try folder.write(
      "c.yaml",
      """
      service:
        listen: nowhere
        tokns: []
        tokens:
          - {name: a, scopes: [all], sha256: abc}
          - {name: b, scopes: [read], env: NO_SUCH_VARIABLE}
          - {name: c}
        limits: {body_bytes: lots, series: 0, models: 0}
        retention: {days: -1, bytes: 1XB}
        tls: {certificate: a.pem}
        log: {level: loud}
        stop_seconds: 0
      drft: {}
      """)
    let checked = try CommandRun.plumbline(["check-config", "--config", path])
    let text = checked.errors
    #expect(checked.code == 2)
    for expected in [
      ":2: `nowhere`", ":3: unknown key `tokns` in service; did you mean `tokens`?",
      ":5: `all` is not ingest", ":5: `abc` is not 64", ":6: the environment has no variable",
      ":7: a token has a name", ":8: `lots`", ":8: `0`", ":9: `-1`", ":9: `1XB`",
      ":10: tls names two files", ":11: `loud`", ":12: `0`",
      ":13: unknown key `drft` in the file; did you mean `drift`?",
    ] {
      #expect(text.contains(expected), "\(expected) in \(text)")
    }
  }
}
