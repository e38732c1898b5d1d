import DataSources
import Foundation
import Monitoring
import Simulation
import Support
import Testing

/// What a diagnosis says of given evidence.
struct DiagnosisTests {
  private var quick: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    return options
  }

  private func at(_ text: String) -> Instant { Instant(text) ?? Instant(microseconds: 0) }

  @Test func `Without evidence everything is unknown and nothing healthy`() {
    let report = Diagnosis().run(DiagnosisEvidence())
    #expect(report.verdict == .undetermined && report.primaryCause == .unknown)
    #expect(report.degraded == nil && report.tree.answer == .unknown)
    #expect(report.diagnostics.allSatisfy { $0.outcome == .unknown && $0.passed == nil })
    #expect(report.missing.count == report.diagnostics.count)
    #expect(report.recommendedActions == RootCause.unknown.recommendedActions)
  }

  @Test(arguments: [
    ("latency_p99_ms", 900.0, CauseKind.latencySpike), ("memory_utilization", 97, .memoryPressure),
    ("gpu_utilization", 4, .gpuUtilizationLow), ("cpu_utilization", 98, .cpuPressure),
    ("error_rate", 0.2, .errorRate),
  ])
  func `A figure beyond its limit is named`(_ metric: String, _ value: Double, _ kind: CauseKind) {
    var evidence = DiagnosisEvidence()
    evidence.infrastructure[metric] = InfrastructureFigure(value: value)
    var report = Diagnosis().run(evidence)
    let result = report.diagnostics.first { $0.kind == kind }
    #expect(result?.outcome == .failed && result?.details.first?.value == value)
    #expect(report.primaryCause == .infrastructure && report.causes[0].kind == kind)
    #expect(
      Array(report.recommendedActions.prefix(4)) == RootCause.infrastructure.recommendedActions)
    // Beyond the limit as always is no incident.
    evidence.infrastructure[metric] = InfrastructureFigure(value: value, baseline: value)
    report = Diagnosis().run(evidence)
    #expect(report.primaryCause == .unknown)
  }

  @Test func `Figures and their beginning are told from what was measured`() {
    var evidence = DiagnosisEvidence()
    evidence.currentFrom = at("2026-03-08T00:00:00Z")
    let start = at("2026-03-01T00:00:00Z").microseconds
    evidence.metrics = (0..<240).map { hour in
      MetricSample(
        metric: "prediction_latency_p99", labels: [:],
        at: Instant(microseconds: start + Int64(hour) * 3_600_000_000),
        value: (hour >= 200 ? 1.2 : 0.2) + Double(hour % 5) / 100)
    }
    let report = Diagnosis().run(evidence)
    #expect(report.primaryCause == .infrastructure)
    #expect(report.causes[0].since == at("2026-03-09T08:00:00Z"))
    #expect(
      report.timeline.contains {
        $0.kind == .changePoint && $0.at == at("2026-03-09T08:00:00Z")
          && $0.subject == "prediction_latency_p99"
      })
  }

  @Test func `A short departure from a level without noise is found where it begins`() {
    var evidence = DiagnosisEvidence()
    let start = at("2026-03-01T00:00:00Z").microseconds
    evidence.currentFrom = at("2026-03-29T00:00:00Z")
    evidence.metrics = (0..<840).map { hour in
      MetricSample(
        metric: "cpu_utilization", labels: [:],
        at: Instant(microseconds: start + Int64(hour) * 3_600_000_000), value: hour >= 768 ? 97 : 40
      )
    }
    let report = Diagnosis().run(evidence)
    #expect(report.primaryCause == .infrastructure && report.causes[0].kind == .cpuPressure)
    let steps = report.timeline.filter { $0.kind == .changePoint }
    #expect(steps.count == 1 && steps.first?.event.contains("from 40 to 97") == true, "\(steps)")
  }

  @Test func `Deployments, alerts, label delays and drift stand in the timeline`() throws {
    var evidence = DiagnosisEvidence()
    evidence.now = at("2026-03-10T00:00:00Z")
    evidence.currentFrom = at("2026-03-05T00:00:00Z")
    evidence.deployments = [
      Deployment(at: at("2026-03-01T00:00:00Z"), version: "1"),
      Deployment(at: at("2026-03-06T00:00:00Z"), version: "2"),
    ]
    evidence.alerts = [
      AlertMark(
        at: at("2026-03-07T00:00:00Z"), kind: "firing", rule: "accuracy",
        metric: "model_accuracy_drop", severity: .critical)
    ]
    for day in 1...9 {
      evidence.metrics.append(
        MetricSample(
          metric: "feature_distribution_shift", labels: ["feature": "age"],
          at: at("2026-03-0\(day)T00:00:00Z"), value: day >= 6 ? 1 : 0))
    }
    let report = Diagnosis().run(evidence)
    #expect(report.degraded == true)
    #expect(report.timeline.map(\.at) == report.timeline.map(\.at).sorted())
    let onset = report.timeline.first { $0.kind == .driftOnset }
    #expect(onset?.subject == "age" && onset?.at == at("2026-03-06T00:00:00Z"))
    #expect(report.timeline.count { $0.kind == .deployment } == 2)
    #expect(report.timeline.contains { $0.kind == .alert && $0.subject == "accuracy" })
    let version = report.diagnostics.first { $0.checkName == "model_version_check" }
    #expect(version?.details.first?.subject == "2")
    let config = report.diagnostics.first { $0.checkName == "model_config_check" }
    #expect(config?.outcome == .unknown)
  }

  @Test func `Columns that nearly name their rows are no new segment`() {
    var evidence = DiagnosisEvidence()
    let names = (0..<2_000).map { "u\($0)" }
    func side(_ rows: Int) -> DiagnosisTables.Side {
      DiagnosisTables.Side(
        scores: (0..<rows).map { Double($0 % 10) / 10 },
        outcomes: (0..<rows).map { $0 % 3 == 0 ? 1 : 0 }, loss: .brier)
    }
    evidence.tables = DiagnosisTables(
      features: [
        .init(
          name: "user", reference: (0..<1_000).map { Double($0) },
          current: (1_000..<2_000).map { Double($0) }, categories: names),
        .init(
          name: "plan", reference: (0..<1_000).map { Double($0 % 2) },
          current: (0..<1_000).map { $0 % 7 == 0 ? 9 : .infinity }, categories: ["a", "b"]),
      ], reference: side(1_000), current: side(1_000), loss: .brier, isClassification: true)
    let report = Diagnosis(options: quick).run(evidence)
    let segment = report.diagnostics.first { $0.checkName == "traffic_segment_check" }
    #expect(segment?.outcome == .passed)
    // What is no code of a category is missing.
    #expect(report.features.contains { $0.feature == "plan" && $0.defects[0].kind == .missing })
  }

  @Test func `The same evidence gives the same report, and it survives JSON`() throws {
    let made = Simulator(rows: 800).make([.conceptSegment], seed: 77)
    let report = Diagnosis(options: quick).run(made.evidence)
    let again = Diagnosis(options: quick).run(made.evidence)
    #expect(report == again)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(report)
    let read = try JSONDecoder().decode(DiagnosisReport.self, from: data)
    #expect(try encoder.encode(read) == data)
    let text = String(decoding: data, as: UTF8.self)
    for key in ["primary_cause", "recommended_actions", "check_name", "\"timestamp\"", "since"] {
      #expect(text.contains(key))
    }
  }

  private struct QueueDiagnostic: Diagnostic {
    let name = "queue_check"
    let cause = RootCause.infrastructure

    func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
      guard let depth = evidence.figure("queue_depth")?.value else {
        return .unknown(self, "queue_depth is not known")
      }
      return DiagnosticResult(
        self, failed: depth > 1_000, severity: .critical, strength: min(1, depth / 5_000),
        message: "\(depth) wait", remediation: "Add workers")
    }
  }

  @Test func `Own diagnostics are run and can be blamed`() {
    var diagnosis = Diagnosis()
    diagnosis.register(QueueDiagnostic())
    diagnosis.register(QueueDiagnostic())
    #expect(diagnosis.diagnostics.count { $0.name == "queue_check" } == 1)
    var evidence = DiagnosisEvidence()
    #expect(diagnosis.run(evidence).missing.contains("queue_check: queue_depth is not known"))
    evidence.infrastructure["queue_depth"] = InfrastructureFigure(value: 4_500)
    let report = diagnosis.run(evidence)
    #expect(report.primaryCause == .infrastructure && report.causes[0].kind == .custom)
    #expect(report.recommendedActions.last?.contains("Add workers") == true)
  }
}

/// What a configuration file says of diagnoses.
struct DiagnosisConfigurationTests {
  private func read(_ text: String) throws -> DiagnosisConfiguration {
    try ConfigurationReader.read(text, path: "p.yaml", environment: [:]).diagnosis
  }

  @Test func `Checks and limits are read`() throws {
    let diagnosis = try read(
      """
      diagnosis:
        latency_limit_ms: 250
        freshness: 6h
        checks:
          - {name: negative, cause: model_bug, sql: "SELECT 1", fails: "> 1%", severity: critical}
          - {name: bare, sql: "SELECT 2", fails: absent}
      """)
    #expect(diagnosis.options.latencyLimit == 250 && diagnosis.options.freshness == TimeSpan("6h"))
    #expect(diagnosis.checks.map(\.name) == ["negative", "bare"])
    #expect(diagnosis.checks[0].cause == .modelBug && diagnosis.checks[0].severity == .critical)
    #expect(diagnosis.checks[1].cause == .unknown && diagnosis.checks[1].fails.test == .absent)
  }

  @Test func `Mistakes are named, all at once`() throws {
    do {
      _ = try read(
        """
        diagnosis:
          gpu_limit: 100
          trafic_limit: 2
          checks:
            - {name: a, sql: x, fails: "more than 2", cause: gremlins}
            - {name: a, fails: "> 1"}
        """)
      Issue.record("nothing was wrong")
    } catch let error as ConfigurationError {
      let text = error.what
      for part in [
        "100", "traffic_limit", "more than 2", "gremlins", "two diagnostics", "`sql`",
      ] {
        #expect(text.contains(part), "\(part)")
      }
    }
  }
}
