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

  /// Samples, rules and a part of the reason why nothing is known; of the last rule of each something is amiss.
  private static let gaps = [
    (
      "timestamp,metric,value\n2026-11-24T08:00:00Z,model_accuracy,0.9\n",
      #"{"name": "drop", "metric": "model_accuracy", "condition": "change < -15%"}"#,
      "drop cannot be judged: the newest sample of model_accuracy has no reference, or one of 0"
    ),
    (
      "timestamp,metric,value,model_name\n2026-11-24T08:00:00Z,error_rate,0.01,fraud\n",
      #"{"name": "other", "metric": "error_rate", "condition": "> 5%", "where": {"model_name": "other"}}"#,
      "other cannot be judged: no series of error_rate has the labels its `where` asks for"
    ),
    (
      "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,0.01\n"
        + "2026-11-24T08:01:00Z,error_rate,nan\n2026-11-24T08:02:00Z,error_rate,\n",
      #"{"name": "errors", "metric": "error_rate", "condition": "> 5%"}"#,
      "errors cannot be judged: the newest sample of error_rate has no value"
    ),
    (
      "timestamp,metric,value,model_name\n2026-11-24T08:00:00Z,error_rate,0.01,fraud\n"
        + "2026-11-24T08:00:00Z,error_rate,,churn\n",
      #"{"name": "errors", "metric": "error_rate", "condition": "> 5%"}"#,
      "errors cannot be judged: in 1 of 2 series the newest sample of error_rate has no value"
    ),
    (
      "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,0.01\n",
      #"{"name": "fine", "metric": "error_rate", "condition": "> 5%"}, "#
        + #"{"name": "typo", "metric": "eror_rate", "condition": "> 5%"}"#,
      "typo cannot be judged: there are no samples of eror_rate; did you mean error_rate?"
    ),
    (
      "timestamp,metric,value,model_name\n2026-11-24T08:00:00Z,latency,1,fraud\n"
        + "2026-11-24T08:01:00Z,latency,1,fraud\n",
      #"{"name": "fine", "metric": "latency", "condition": "> 5"}, {"name": "silent", "#
        + #""metric": "error_rate", "condition": "absent", "where": {"model_name": "fraud"}}"#,
      "silent cannot be judged: error_rate has had no value, and not for long enough to be absent"
    ),
  ]

  @Test(arguments: gaps)
  func `A rule that nothing tells of makes nothing healthy`(
    _ samples: String, _ rules: String, _ reason: String
  ) throws {
    let file = try folder.write("m.csv", samples)
    func answer(and more: String) throws -> RunResponse {
      try self.answer(
        "{\"monitoring_type\": \"alerting\", \"data\": {\"samples\": \"\(file)\"}, "
          + "\"alerting_config\": {\"rules\": [\(rules)\(more)]}}")
    }
    let quiet = try answer(and: "")
    #expect(quiet.status == .unknown && quiet.alerts.isEmpty)
    #expect(quiet.reason == reason)
    // What fires is told all the same, and so is what is not known.
    for metric in ["error_rate", "latency", "model_accuracy"] where samples.contains(",\(metric),")
    {
      let severe = try answer(
        and: #", {"name": "any", "metric": "\#(metric)", "condition": "> 0", "#
          + #""consecutive_failures": 1, "severity": "critical"}"#)
      #expect(severe.status == .critical && severe.reason == nil)
      #expect(severe.nextSteps.contains { $0.contains(reason) }, "\(severe.nextSteps)")
    }
  }

  @Test func `A default rule that has no series is not missed`() throws {
    let file = try folder.write(
      "m.csv", "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,0.001\n")
    let answer = try answer(
      """
      {"monitoring_type": "alerting", "data": {"samples": "\(file)"}, "alerting_config":
        {"default_rules": true, "rules": [{"name": "a", "metric": "error_rate", "condition": "> 9%"}]}}
      """)
    #expect(answer.status == .healthy && answer.reason == nil)
  }

  @Test func `Rows that are no samples are told of`() throws {
    let answer = try answer(
      samples: "timestamp,metric,value\n2026-11-24T08:00:00Z,error_rate,0.001\n"
        + "soon,error_rate,0.9\n,error_rate,0.9\n")
    #expect(
      answer.preConditions.first?.detail.contains("; 2 rows are left out, whose time or metric is")
        == true)
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
