import Foundation
import Support
import Testing

/// What tests of the doctor are made of: a folder, a service's configuration, and the command.
struct DoctorSetUp {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  struct Item {
    let id: String
    let subject: String?
    let outcome: String
    let seen: String
    let mend: String?
  }

  struct Outcome {
    let run: ToolRun
    var code: Int32 { run.code }
    var output: String { run.output }
    var errors: String { run.errors }
    var json: [String: Any] { run.json }

    var items: [Item] {
      (json["items"] as? [[String: Any]] ?? []).map { item in
        Item(
          id: item["id"] as? String ?? "", subject: item["subject"] as? String,
          outcome: item["outcome"] as? String ?? "", seen: item["seen"] as? String ?? "",
          mend: item["mend"] as? String)
      }
    }

    func item(_ id: String, _ subject: String? = nil) -> Item? {
      items.first { $0.id == id && (subject == nil || $0.subject == subject) }
    }
  }

  func doctor(
    _ arguments: [String], format: String = "json", environment: [String: String] = [:]
  ) throws -> Outcome {
    Outcome(
      run: try CommandRun.plumbline(
        ["doctor", "--format", format] + arguments, environment: environment))
  }

  /// Runs Python over the history, as nobody but a test writes there.
  func sql(_ script: String, _ parameters: [String] = []) throws {
    let run = try ToolRun.python(["-c", script, folder.path + "/data/history.db"] + parameters)
    #expect(run.code == 0, "\(run.errors)")
  }

  static func time(_ secondsAgo: Double) -> String {
    Date(timeIntervalSinceNow: -secondsAgo).ISO8601Format()
  }

  func predictions(feature: String = "amount", of count: Int = 400) -> String {
    (0..<count).map { index in
      "{\"prediction_id\": \"p\(index)\", \"timestamp\": \"\(Self.time(1_500 - Double(index)))\", "
        + "\"prediction\": \(index % 2), \"latency_seconds\": 0.01, "
        + "\"features\": {\"\(feature)\": \((index * 37) % 100), \"country\": \"c\(index % 3)\"}}"
    }.joined(separator: "\n")
  }

  func labels(of count: Int = 400) -> String {
    (0..<count).map { index in
      "{\"prediction_id\": \"p\(index)\", \"timestamp\": \"\(Self.time(1_440 - Double(index)))\", "
        + "\"label\": \(index % 2)}"
    }.joined(separator: "\n")
  }

  func observations(_ variant: (Int) -> String? = { _ in nil }) -> String {
    (0..<800).map { index in
      let given = variant(index).map { "\"variant\": \"\($0)\", " } ?? ""
      return "{\"observation_id\": \"o\(index)\", \"user_id\": \"user_\(index)\", \(given)"
        + "\"metrics\": {\"converted\": \(index % 2), \"latency_ms\": 100}}"
    }.joined(separator: "\n")
  }

  func send(_ service: RunningService, _ path: String, _ lines: String) async {
    let answer = await service.request(
      "POST", "v1/" + path, body: Data(lines.utf8), type: "application/x-ndjson",
      headers: ["Authorization": "Bearer \(Self.token)"])
    #expect(answer?.status == 200, "\(answer?.text ?? "no answer")")
  }

  static let token = "doctor-doctor-doctor-doctor"
  static let reader = "reader-reader-reader-reader"

  func reference(_ name: String = "reference.parquet") throws -> String {
    try folder.write(
      name,
      rowsOf: "SELECT (range * 37) % 100 AS amount, 'c' || (range % 3) AS country FROM range(500)")
  }

  func serviceSection() throws -> String {
    let secret = try folder.write("token", Self.token)
    return """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        tokens:
          - {name: doctor, scopes: [admin], file: \(secret)}
          - {name: reader, scopes: [read], env: DOCTOR_READER}
      """
  }

  func healthy(_ provider: LocalProvider) throws -> String {
    """
    \(try serviceSection())
    models:
      - name: fraud
        type: classification
        positive_label: "1"
        reference: \(try reference())
        checks:
          - {type: drift, schedule: "* * * * *", window: 1d}
          - {type: performance, schedule: "* * * * *", window: 1h, delay: 5m}
    alerting:
      interval: 5s
      channels: [{name: hook, type: webhook, url: {env: DOCTOR_HOOK}}]
      rules:
        - {name: errors, metric: error_rate, condition: "> 10%", severity: critical,
           runbook_url: "\(provider.address)/moved"}
    experiments:
      - {experiment_id: checkout, min_sample_size: 100, max_sample_size: 1000,
         spending: obrien_fleming, metrics: [converted],
         guardrails: {latency: {max: 300, column: latency_ms}}}
    """
  }

  /// Whether a report is as its schema has it.
  func isOfSchema(_ report: String) throws -> Bool {
    try CommandRun.isOfSchema("doctor-report", folder.write("report.json", report))
  }
}
