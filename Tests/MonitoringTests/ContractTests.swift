import Alerting
import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// The requirement's request and answer.
struct ContractTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func respond(_ request: String) throws -> RunResponse {
    try MonitoringRun(RunRequest(json: Data(request.utf8)), sources: SourceOpener()).response()
  }

  @Test func `A drift request is carried out and answered`() throws {
    let r = try folder.write("r.parquet", rowsOf: "SELECT range AS x FROM range(500)")
    let c = try folder.write("c.parquet", rowsOf: "SELECT range + 400 AS x FROM range(500)")
    let response = try respond(
      """
      {"monitoring_type": "drift_detection", "model_type": "classification",
       "drift_config": {"reference_window_days": 30, "detection_method": "psi", "threshold": 0.2},
       "data": {"reference": "\(r)", "current": "\(c)"}}
      """)
    #expect(response.status == .critical)
    #expect(response.driftResults?.columns.first?.threshold == 0.2)
    #expect(response.alerts.first?.severity == .critical)
    #expect(response.alerts.first?.threshold == 0.5)
    #expect(response.recommendations.first?.hasPrefix("URGENT") == true)
    #expect(response.preConditions.map(\.state) == [.met, .met, .met])
    #expect(Set(response.alerts.map(\.id)).count == response.alerts.count)
  }

  @Test func `An alert's id is that of its condition, not of its moment`() throws {
    let r = try folder.write("r.parquet", rowsOf: "SELECT range AS x FROM range(500)")
    let c = try folder.write("c.parquet", rowsOf: "SELECT range + 400 AS x FROM range(500)")
    let request =
      "{\"monitoring_type\": \"drift_detection\", \"data\": {\"reference\": \"\(r)\", "
      + "\"current\": \"\(c)\"}}"
    #expect(try respond(request).alerts.map(\.id) == respond(request).alerts.map(\.id))
  }

  @Test func `Too small a baseline is extended`() throws {
    let events = try folder.write(
      "e.parquet",
      rowsOf: "SELECT TIMESTAMP '2024-01-01' + to_hours(range::INT * 4) AS at, "
        + "(range * 0.618) % 1 AS x FROM range(600)")
    let response = try respond(
      """
      {"monitoring_type": "drift_detection", "drift_config": {"reference_window_days": 7},
       "data": {"reference": "\(events)", "timestamp": "at"}}
      """)
    let error = try #require(response.errors.first)
    #expect(error.type == "insufficient_baseline_data")
    #expect(error.recovery == "extend_reference_window")
    #expect(error.recovered)
    #expect((response.driftResults?.reference.rows ?? 0) >= 100)
    #expect(response.preConditions.first { $0.name == .baselineDataAvailable }?.state == .met)
  }

  @Test func `A baseline that cannot be extended is named`() throws {
    let r = try folder.write("r.csv", "x\n1\n2\n3\n")
    let response = try respond(
      "{\"monitoring_type\": \"drift_detection\", \"data\": {\"reference\": \"\(r)\", "
        + "\"current\": \"\(r)\"}}")
    #expect(response.errors.first?.recovered == false)
    #expect(response.preConditions.first { $0.name == .baselineDataAvailable }?.state == .notMet)
  }

  @Test func `Answers of every available type are read back as they were written`() throws {
    let path = try folder.write(
      "o.parquet",
      rowsOf: "SELECT CASE WHEN range % 2 = 0 THEN 'control' ELSE 'treatment' END AS v, "
        + "range % 3 AS y, range % 3 AS said FROM range(40)")
    for request in [
      "{\"monitoring_type\": \"ab_testing\", \"experiment_config\": {\"experiment_id\": \"e\"}, "
        + "\"data\": {\"observations\": \"\(path)\", \"variant\": \"v\", \"metrics\": [\"y\"]}}",
      "{\"monitoring_type\": \"performance_monitoring\", \"model_type\": \"classification\", "
        + "\"data\": {\"predictions\": \"\(path)\", \"target\": \"y\", "
        + "\"prediction\": \"said\"}}",
    ] {
      let response = try respond(request)
      #expect(response.results != nil && response.driftResults == nil)
      let copy = try JSONDecoder().decode(
        RunResponse.self, from: JSONEncoder().encode(response))
      #expect(copy == response)
    }
  }

  @Test func `A root cause is named, and what is not known is said`() throws {
    let response = try respond(
      #"{"monitoring_type": "root_cause_analysis", "diagnosis_config": {"infrastructure": {"latency_p99_ms": 900, "memory_utilization": 97}, "baselines": {"latency_p99_ms": 100, "memory_utilization": 50}}}"#
    )
    guard case .diagnosis(let report) = response.results else {
      Issue.record("there is no diagnosis")
      return
    }
    #expect(report.primaryCause == .infrastructure && response.status != .healthy)
    #expect(response.alerts.contains { $0.title == "infrastructure_latency_check" })
    #expect(!report.missing.isEmpty && !response.recommendations.isEmpty)
    let copy = try JSONDecoder().decode(RunResponse.self, from: JSONEncoder().encode(response))
    #expect(copy == response)
    #expect(throws: MonitoringError.self) {
      try respond("{\"monitoring_type\": \"root_cause_analysis\"}")
    }
  }

  @Test func `Rules are held against metrics over time`() throws {
    let errors = [0.01, 0.08, 0.07, 0.2].enumerated().map {
      "2026-11-24T10:0\($0.offset):00Z,error_rate,\($0.element),fraud\n"
        + "2026-11-24T10:0\($0.offset):00Z,prediction_latency_p95,,fraud\n"
    }
    let samples = try folder.write(
      "samples.csv", "timestamp,metric,value,model_name\n" + errors.joined())
    func request(_ config: String) -> String {
      "{\"monitoring_type\": \"alerting\", \(config) \"data\": {\"samples\": \"\(samples)\"}}"
    }
    let matrix = try respond(request(""))
    #expect(matrix.status == .critical)
    #expect(
      matrix.alerts.map(\.title) == ["error_rate_critical: fraud", "error_rate_warning: fraud"])
    let alert = try #require(matrix.alerts.first)
    #expect(alert.currentValue == 0.2 && alert.threshold == 0.05 && alert.severity == .critical)
    // The milder one is silenced; of the latency nothing is known.
    #expect(matrix.recommendations.count == 1)
    #expect(matrix.recommendations.first?.hasPrefix("URGENT (response time immediate)") == true)
    #expect(matrix.nextSteps.joined().contains("prediction_latency_p95"))
    let own = try respond(
      request(
        #""alerting_config": {"rules": [{"name": "n", "metric": "error_rate", "condition": "> 0.1", "severity": "warning"}]},"#
      ))
    #expect(own.status == .healthy && own.alerts.isEmpty)
    #expect(own.nextSteps == ["n fails and does not fire yet: watch it."])
    for response in [matrix, own] {
      let copy = try JSONDecoder().decode(
        RunResponse.self, from: JSONEncoder().encode(response))
      #expect(copy == response)
    }
    #expect(throws: MonitoringError.self) {
      try respond(request(#""alerting_config": {"rules": 3},"#))
    }
    #expect(throws: MonitoringError.self) { try respond("{\"monitoring_type\": \"alerting\"}") }
  }

  @Test(arguments: [
    ("{", "not JSON"), ("[]", "the request has to be an object"), ("{}", "monitoring_type"),
    ("{\"monitoring_type\": \"alerting\", \"data\": 3}", "data has to be an object"),
    ("{\"monitoring_type\": null}", "monitoring_type is null, and has to be a text"),
    (
      "{\"monitoring_type\": \"alerting\", \"data\": {\"columns\": [\"a\", 1]}}",
      "data.columns.1 has to be a text"
    ),
    (
      "{\"monitoring_type\": \"alerting\", \"performance_config\": {\"k\": 3}}",
      "performance_config.k has to be a list"
    ),
    (
      "{\"monitoring_type\": \"alerting\", \"performance_config\": {\"estimate\": 3}}",
      "performance_config.estimate has to be true or false"
    ),
    ("{\"monitoring_type\": \"magic\"}", "drift_detection"),
    ("{\"monitoring_type\": \"drift_detection\"}", "reference"),
    ("{\"monitoring_type\": \"drift_detection\", \"dat\": {}}", "did you mean `data`?"),
    (
      "{\"monitoring_type\": \"drift_detection\", \"drift_config\": {\"threshold\": \"x\"}}",
      "threshold"
    ),
    (
      "{\"monitoring_type\": \"drift_detection\", \"drift_config\": {\"reference_window_days\": 0}}",
      "at least 1"
    ),
  ])
  func `A request that cannot be read names the member`(_ request: String, _ part: String) {
    do {
      _ = try respond(request)
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains(part), "\(error)")
    }
  }
}

struct ConfigurationTests {
  @Test func `A configuration sets what a run does`() throws {
    let configuration = try ConfigurationReader.read(
      """
      connections:
        warehouse: {driver: postgresql, uri: "postgresql://me:${SECRET}@host/db"}
      schema:
        target: y
        categorical: [a, b]
      drift:
        method: psi
        methods: {x: ks_test}
        threshold: 0.2
        correction: holm
        reference_window: 30d
        chunk: week
        fail_on: critical
      """, path: "plumbline.yaml", environment: ["SECRET": "pass"])
    #expect(configuration.connections["warehouse"]?.uri == .text("postgresql://me:pass@host/db"))
    // What it was made of is nobody's to read.
    #expect(!"\(configuration.connections)".contains("pass@"))
    #expect(configuration.drift.schema.target == "y")
    #expect(configuration.drift.schema.categorical == ["a", "b"])
    #expect(configuration.drift.methodFor == ["x": "ks_test"])
    #expect(configuration.drift.correction == .holm)
    #expect(configuration.drift.chunk == .week)
    #expect(configuration.failOn == "critical")
  }

  @Test func `Every mistake is told at once, with its line`() throws {
    do {
      _ = try ConfigurationReader.read(
        """
        schema:
          traget: y
        drift:
          method: magic
          threshold: much
        extra: 1
        connections:
          w: {uri: "${NOWHERE}"}
        """, path: "p.yaml", environment: [:])
      Issue.record("it was taken")
    } catch {
      #expect(error.mistakes.map(\.line) == [2, 4, 5, 6, 8, 8])
      #expect(
        error.what.contains("p.yaml:2: unknown key `traget` in schema; did you mean `target`?"))
      #expect(error.what.contains("no variable `NOWHERE`"))
    }
  }

  @Test func `What is not YAML is told with its line`() {
    #expect(throws: ConfigurationError.self) {
      try ConfigurationReader.read("a: [1\nb: 2", path: "p.yaml", environment: [:])
    }
  }
}
