import Foundation
import Support
import Testing

/// Why a model got worse, asked of a service that took its events.
struct DiagnosisServiceTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let secrets = ["read": "read-read-read-read", "ingest": "ingest-ingest-ingest"]

  private func start(
    _ diagnosis: String = "", model: String = ""
  ) throws -> RunningService {
    let tokens = try Self.secrets.sorted { $0.key < $1.key }.map { name, secret in
      "{name: \(name), scopes: [\(name)], file: \(try folder.write("tokens/" + name, secret))}"
    }
    return try RunningService(
      folder,
      """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        tokens: [\(tokens.joined(separator: ", "))]
      diagnosis:
        rows: 1000
      \(diagnosis)
      models:
        - name: fraud
          type: classification
          positive_label: "1"
      \(model)
      """)
  }

  private func ask(
    _ service: RunningService, _ method: String, _ path: String, _ scope: String,
    body: String? = nil, accept: String? = nil
  ) async throws -> RunningService.Answer {
    var headers = ["Authorization": "Bearer \(Self.secrets[scope] ?? "")"]
    headers["Accept"] = accept
    return try #require(
      await service.request(
        method, "v1/models/" + path, body: body.map { Data($0.utf8) },
        type: body == nil ? nil : "application/json", headers: headers, within: 300))
  }

  // MARK: Events

  /// What goes wrong from the middle of the last week on.
  private enum Incident {
    case none, missing, changed, rollout
  }

  private static let day = 86_400.0

  private static func time(_ daysAgo: Double) -> String {
    Date(timeIntervalSinceNow: -daysAgo * day).ISO8601Format()
  }

  /// Numbers 0…1 that look random and are the same each time.
  private static func random(_ seed: Int) -> Double {
    var value = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((value ^ (value >> 31)) >> 11) / 9_007_199_254_740_992
  }

  /// Five weeks of calibrated predictions and their labels, the last week with an incident.
  private func send(_ incident: Incident, to service: RunningService) async throws {
    var (predictions, labels) = ([String](), [String]())
    for index in 0..<4_000 {
      let ago = 35 - 34.9 * Double(index) / 4_000
      let begun = ago < 4
      let amount = Self.random(3 * index)
      let isNorth = Self.random(3 * index + 1) < 0.33
      let score = 0.1 + 0.8 * amount
      var label = Self.random(3 * index + 2) < score
      if begun, incident == .changed, isNorth { label.toggle() }
      let said = begun && incident == .rollout ? 0.1 + 0.8 * (1 - amount) : score
      let isMissing = begun && incident == .missing && index % 2 == 0
      let shown = isMissing ? "null" : "\(amount)"
      predictions.append(
        "{\"prediction_id\": \"p\(index)\", \"timestamp\": \"\(Self.time(ago))\", \"features\": "
          + "{\"amount\": \(shown), \"region\": \"\(isNorth ? "north" : "south")\"}, "
          + "\"prediction\": \(said >= 0.5 ? 1 : 0), \"probabilities\": {\"1\": \(said)}}")
      labels.append(
        "{\"prediction_id\": \"p\(index)\", \"timestamp\": \"\(Self.time(ago - 0.05))\", "
          + "\"label\": \(label ? 1 : 0)}")
    }
    for (path, lines) in [("predictions", predictions), ("labels", labels)] {
      let answer = try await ask(
        service, "POST", "fraud/" + path, "ingest",
        body: "[" + lines.joined(separator: ",") + "]")
      #expect(answer.status == 200 && answer.json["accepted"] as? Int == 4_000, "\(answer.text)")
    }
  }

  @Test func `A relation that changed in one segment is found in the events`() async throws {
    let service = try start()
    try await send(.changed, to: service)
    let report = try await ask(service, "GET", "fraud/diagnosis", "read")
    #expect(report.status == 200 && report.headers["content-type"] == "application/json")
    #expect(report.json["primary_cause"] as? String == "concept_drift", "\(report.text)")
    #expect(report.json["degraded"] as? Bool == true)
    let segments = report.json["segments"] as? [[String: Any]] ?? []
    #expect((segments.first?["segment"] as? String)?.contains("region = north") == true)
    #expect(
      try CommandRun.isOfSchema("diagnosis-report", folder.write("report.json", report.text)))

    // The same as a page and as Markdown, by what is accepted or by name.
    for (path, accept) in [("", "text/html"), ("?format=html", "application/json")] {
      let page = try await ask(
        service, "GET", "fraud/diagnosis" + path, "read", accept: accept)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.text.contains("Root cause analysis of fraud") && page.text.contains("<svg"))
    }
    let markdown = try await ask(
      service, "GET", "fraud/diagnosis?format=markdown", "read")
    #expect(markdown.text.contains("### What to do\n\n1. Retrain with recent data"))

    // The weeks before, against the weeks before those: nothing is wrong.
    let until = Self.time(8).replacing(":", with: "%3A")
    let before = try await ask(
      service, "GET", "fraud/diagnosis?until=\(until)&window=10d&reference_window=15d", "read")
    #expect(before.json["verdict"] as? String == "nothing_wrong", "\(before.text)")

    // A time nothing is known of is no good time.
    let empty = try await ask(
      service, "GET", "fraud/diagnosis?since=2020-01-01&until=2020-02-01", "read")
    #expect(empty.status == 200 && empty.json["verdict"] as? String == "undetermined")
    #expect(empty.json["degraded"] is NSNull)
    let missing = empty.json["missing"] as? [String] ?? []
    #expect(missing.first?.contains("no events from 2020-01-01") == true, "\(missing)")
    let narrow = try await ask(service, "GET", "fraud/diagnosis?window=10m", "read")
    #expect(narrow.json["verdict"] as? String == "undetermined", "\(narrow.text)")
  }

  @Test func `A pipeline that loses values is found, and what is no column said`() async throws {
    let service = try start()
    try await send(.missing, to: service)
    let report = try await ask(
      service, "GET", "fraud/diagnosis?segments=region,nothing", "read")
    #expect(report.json["primary_cause"] as? String == "model_bug", "\(report.text)")
    let cause = try #require((report.json["causes"] as? [[String: Any]])?.first)
    #expect(cause["kind"] as? String == "feature_engineering_bug")
    #expect(cause["score_basis"] as? String == "calibrated")
    #expect((cause["evidence"] as? [String])?.first?.contains("`amount`") == true)
    let since = try #require(cause["since"] as? String)
    #expect(since > Self.time(6) && since < Self.time(2), "\(since)")
    let missing = report.json["missing"] as? [String] ?? []
    #expect(missing.contains { $0.contains("`nothing`") }, "\(missing)")
  }

  @Test func `A rollout is blamed by the deployments the service was told of`() async throws {
    let service = try start(
      model: """
            diagnosis:
              deployments: [{at: \(Self.time(60)), version: v1}]
        """)
    try await send(.rollout, to: service)
    let at = Self.time(4)
    for _ in 0..<2 {
      let told = try await ask(
        service, "POST", "fraud/deployments", "ingest",
        body: "{\"at\": \"\(at)\", \"version\": \"v2\", \"dependencies\": {\"numpy\": \"2.1\"}}")
      #expect(told.status == 201 && told.json["version"] as? String == "v2", "\(told.text)")
    }
    let list = try await ask(service, "GET", "fraud/deployments", "read")
    let known = list.json["deployments"] as? [[String: Any]] ?? []
    #expect(known.map { $0["version"] as? String } == ["v2", "v1"], "\(list.text)")
    let report = try await ask(service, "GET", "fraud/diagnosis", "read")
    #expect(report.json["primary_cause"] as? String == "model_bug", "\(report.text)")
    let cause = try #require((report.json["causes"] as? [[String: Any]])?.first)
    #expect(cause["kind"] as? String == "model_version_changed", "\(cause)")
    let timeline = report.json["timeline"] as? [[String: Any]] ?? []
    #expect(timeline.contains { $0["kind"] as? String == "deployment" })
    for wrong in [
      "{}", "{\"version\": \"\"}", "{\"version\": 2}", "[]", "{",
      "{\"version\": \"v3\", \"at\": \"1999-01-01T00:00:00Z\"}",
    ] {
      let refused = try await ask(
        service, "POST", "fraud/deployments", "ingest", body: wrong)
      #expect(refused.status == 400 && refused.json["mend"] != nil, "\(wrong): \(refused.text)")
    }
  }

  @Test func `Questions that are none are told so`() async throws {
    let service = try start()
    for path in ["nobody/diagnosis", "nobody/deployments", "..%2Fx/diagnosis"] {
      let answer = try await ask(service, "GET", path, "read")
      #expect(answer.status == 404, "\(path)")
      #expect(answer.headers["content-type"] == "application/problem+json", "\(path)")
    }
    for query in [
      "window=soon", "window=99999999999d", "since=yesterday", "format=pdf",
      "since=2026-01-02&until=2026-01-01", "since=2026-01-01&window=7d",
      "reference_until=2999-01-01T00:00:00Z",
    ] {
      let answer = try await ask(service, "GET", "fraud/diagnosis?" + query, "read")
      #expect(answer.status == 400 && answer.json["code"] as? String == "invalid_query", "\(query)")
      #expect((answer.json["mend"] as? String)?.isEmpty == false)
    }
    #expect(try await ask(service, "GET", "fraud/diagnosis", "ingest").status == 403)
    #expect(
      try await ask(service, "POST", "fraud/deployments", "read", body: "{}").status == 403)
    // Without a single event there is a report, and it says what is not there.
    let report = try await ask(service, "GET", "fraud/diagnosis", "read")
    #expect(report.status == 200 && report.json["verdict"] as? String == "undetermined")
    #expect((report.json["missing"] as? [String])?.first?.contains("no events") == true)
  }

  @Test func `A Prometheus is asked, and one that is away is said`() async throws {
    let dead = try RunningPrometheus.freePort()
    let begun = Date(timeIntervalSinceNow: -3 * Self.day).timeIntervalSince1970
    let secret = try folder.write("token", "prometheus-token")
    let prometheus = try RunningPrometheus(
      folder, target: "127.0.0.1:\(dead)", tokenFile: secret)
    #expect(try await prometheus.value(of: "vector(1)") == 1)
    func settings(_ address: String) -> String {
      """
        prometheus:
          url: \(address)
          token: {file: \(secret)}
      """
    }
    let service = try start(
      settings(prometheus.address.absoluteString),
      model: """
            diagnosis:
              queries: {cpu_utilization: "40 + 57 * (vector(time()) > bool \(Int(begun)))"}
        """)
    let report = try await ask(service, "GET", "fraud/diagnosis", "read")
    #expect(report.json["primary_cause"] as? String == "infrastructure", "\(report.text)")
    let cause = try #require((report.json["causes"] as? [[String: Any]])?.first)
    #expect(cause["kind"] as? String == "cpu_pressure")
    #expect((cause["since"] as? String ?? "") > Self.time(4), "\(cause)")
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let blind = try start(settings("http://127.0.0.1:\(dead)"))
    let without = try await ask(blind, "GET", "fraud/diagnosis", "read")
    let missing = without.json["missing"] as? [String] ?? []
    #expect(without.status == 200 && missing.contains { $0.hasPrefix("prometheus: ") })
    #expect(without.json["verdict"] as? String == "undetermined")
  }

  @Test func `One that takes too long is given up and ended, and no second is made beside it`()
    async throws
  {
    let service = try start(
      """
        timeout: 2s
        checks:
          - name: endless
            sql: SELECT count(*) FROM range(1000000000) AS a, range(1000000) AS b
              WHERE hash(a.range + b.range) = 5
            fails: "> 1"
      """)
    try await send(.none, to: service)
    async let one = ask(service, "GET", "fraud/diagnosis", "read")
    async let other = ask(service, "GET", "fraud/diagnosis", "read")
    let answers = try await [one, other].sorted { $0.status > $1.status }
    let (slow, second) = (answers[0], answers[1])
    #expect(slow.status == 503 && slow.json["code"] as? String == "diagnosis_too_slow")
    #expect(slow.headers["retry-after"] == "60")
    #expect(second.status == 429 && second.json["code"] as? String == "diagnosis_under_way")
    #expect(second.headers["retry-after"] != nil)
    #expect(service.logText.contains("a diagnosis takes longer than it may"), "\(service.logText)")
    // The query that never ends is ended: the model may be asked about again.
    var isFree = false
    for _ in 0..<200 where !isFree {
      let metrics = await service.request(
        "GET", "metrics", headers: ["Authorization": "Bearer \(Self.secrets["read"] ?? "")"])
      isFree = metrics?.text.contains("\nplumbline_diagnoses_overdue 0\n") == true
      if !isFree { try await Task.sleep(for: .milliseconds(50)) }
    }
    #expect(isFree)
    let again = try await ask(service, "GET", "fraud/diagnosis", "read")
    #expect(again.json["code"] as? String == "diagnosis_too_slow", "\(again.text)")
    // All else goes on, and so does the stop.
    #expect(try await ask(service, "GET", "fraud/runs", "read").status == 200)
    service.send(SIGTERM)
    #expect(service.wait() == 0, "\(service.logText)")
  }
}
