import Alerting
import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// `monitoring_type: alerting` of a request.
struct AlertingRequestTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func answer(_ request: String) throws -> RunResponse {
    try MonitoringRun(RunRequest(json: Data(request.utf8)), sources: SourceOpener()).response()
  }

  private func answer(samples: String) throws -> RunResponse {
    let file = try folder.write("m.csv", samples)
    return try answer(
      "{\"monitoring_type\": \"alerting\", \"data\": {\"samples\": \"\(file)\"}}")
  }

  /// A block of docs/alerting.md.
  private func documented(_ language: String) throws -> String {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../docs/alerting.md").standardizedFileURL.path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let section = try #require(text.range(of: "## In a request")).upperBound
    let rest = text[section...]
    let start = try #require(rest.range(of: "```\(language)\n")).upperBound
    return String(rest[start...].prefix { $0 != "`" })
  }

  @Test func `The documented request has the documented answer`() throws {
    let samples = try folder.write("metrics.csv", documented("csv"))
    let request = try documented("json").replacing("metrics.csv", with: samples)
    let answer = try answer(request)
    #expect(answer.status == .critical)
    #expect(answer.alerts.map(\.description) == ["error_rate is 8.0% (> 5%)"])
    #expect(answer.alerts.first?.labels["model_name"] == "fraud")
    #expect(answer.recommendations.first?.contains("https://wiki.example.com/many-errors") == true)
  }

  @Test(arguments: [
    ("timestamp,metric,value\n", "has no metrics"),
    (
      "timestamp,metric,value\n2026-11-24T08:00:00Z,gpu_temperature,90\n",
      "no rule is about a metric that has a value in"
    ),
    (
      "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,\n",
      "no rule is about a metric that has a value in"
    ),
  ])
  func `What cannot be told is unknown, and why is said`(
    _ samples: String, _ reason: String
  ) throws {
    let answer = try answer(samples: samples)
    #expect(answer.status == .unknown && answer.alerts.isEmpty)
    #expect(answer.reason?.contains(reason) == true, "\(answer.reason ?? "")")
    #expect(answer.reason?.contains("m.csv") == true)
  }

  @Test func `What is well is healthy, without a reason`() throws {
    let answer = try answer(
      samples: "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,0.001\n")
    #expect(answer.status == .healthy && answer.reason == nil)
  }

  @Test func `A rule on what is absent can be told of without any value`() throws {
    let file = try folder.write(
      "m.csv",
      "timestamp,metric,value,model_name\n2026-11-24T08:00:00Z,error_rate,,fraud\n"
        + "2026-11-24T09:00:00Z,error_rate,,fraud\n")
    let answer = try answer(
      """
      {"monitoring_type": "alerting", "data": {"samples": "\(file)"}, "alerting_config":
        {"rules": [{"name": "silent", "metric": "error_rate", "condition": "absent"}]}}
      """)
    #expect(answer.status == .degraded && answer.alerts.map(\.title) == ["silent: fraud"])
  }
}
