import Monitoring
import Statistics
import Testing

/// What was deployed, and what machines say, each with what is known of before.
struct DiagnosisDeploymentTests {
  private static let day: Int64 = 86_400_000_000
  private static let start = (Instant("2026-03-02")?.microseconds ?? 0)

  private var quick: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    return options
  }

  private func at(day: Int) -> Instant {
    Instant(microseconds: Self.start + Int64(day) * Self.day)
  }

  /// A model that gives other scores from day 31 on, where it is so; `versions` are codes by day and row.
  private func evidence(
    moves: Bool = true, versions: ((_ day: Int, _ row: Int) -> Int32)? = nil
  ) -> DiagnosisEvidence {
    var random = SeededGenerator(seed: 9)
    func side(_ rows: Int, _ days: Range<Int>) -> (DiagnosisTables.Side, [Double]) {
      let times = (0..<rows).map {
        Self.start + Int64(days.lowerBound) * Self.day
          + Int64($0) * Int64(days.count) * Self.day / Int64(rows)
      }
      let amounts = times.map { _ in random.uniform() }
      let place = times.map { Int(($0 - Self.start) / Self.day) }
      let truths = amounts.map { 0.1 + 0.8 * $0 }
      let scores = zip(truths, place).map { moves && $1 >= 31 ? 0.3 * $0 + 0.5 : $0 }
      var side = DiagnosisTables.Side(
        scores: scores, outcomes: truths.map { random.uniform() < $0 ? 1 : 0 }, loss: .brier,
        times: times)
      if let versions { side.versions = place.enumerated().map { versions($1, $0) } }
      return (side, amounts)
    }
    let ((one, before), (two, now)) = (side(4_000, 0..<28), side(2_000, 28..<35))
    var evidence = DiagnosisEvidence()
    evidence.tables = DiagnosisTables(
      features: [.init(name: "amount", reference: before, current: now)], reference: one,
      current: two, loss: .brier, isClassification: true)
    if versions != nil { evidence.tables?.versions = ["v1", "v2"] }
    return evidence
  }

  private func result(_ evidence: DiagnosisEvidence, _ name: String) -> DiagnosticResult? {
    Diagnosis(options: quick).run(evidence).diagnostics.first { $0.checkName == name }
  }

  @Test func `The first deployment that is known is no word that nothing was changed`() {
    var given = evidence()
    given.deployments = [Deployment(at: at(day: 31), version: "v2")]
    let version = result(given, "model_version_check")
    #expect(version?.outcome == .failed, "\(version?.message ?? "")")
    #expect(version?.message.contains("what was there before is not known") == true)
    // Without rows nothing says whether it did anything.
    var bare = DiagnosisEvidence()
    bare.deployments = given.deployments
    #expect(result(bare, "model_version_check")?.outcome == .unknown)
    // One that is long past is what the reference was made with.
    given.deployments = [Deployment(at: at(day: -30), version: "v1")]
    #expect(result(given, "model_version_check")?.outcome == .passed)
  }

  @Test func `Each part is compared with what is known of it last`() {
    var given = evidence()
    given.deployments = [
      Deployment(at: at(day: -30), version: "v1", config: "a", dependencies: ["numpy": "1"]),
      Deployment(at: at(day: 10), version: "v1"),
      Deployment(at: at(day: 31), config: "b", dependencies: ["numpy": "2"]),
    ]
    let config = result(given, "model_config_check")
    #expect(config?.outcome == .failed && config?.message.contains("from a to b") == true)
    let packages = result(given, "dependency_version_check")
    #expect(packages?.outcome == .failed && packages?.message.contains("from 1 to 2") == true)
    #expect(result(given, "model_version_check")?.outcome == .passed)
  }

  @Test func `A version that a few rows of the reference had has come where it becomes the rule`() {
    let canary = result(
      evidence { day, row in day >= 31 || row % 100 == 0 ? 1 : 0 }, "model_version_check")
    #expect(canary?.outcome == .failed, "\(canary?.message ?? "")")
    #expect(canary?.message.contains("rows of model version v2 went from 1") == true)
    let since = canary?.since?.microseconds ?? 0
    #expect(abs(since - at(day: 31).microseconds) < Self.day)
    // As many as before is no change.
    let usual = evidence { _, row in row % 3 == 0 ? 1 : 0 }
    #expect(result(usual, "model_version_check")?.outcome == .passed)
  }

  private func series(
    _ metric: String, _ hosts: [String: (before: Double?, now: Double?)]
  ) -> DiagnosisEvidence {
    var evidence = DiagnosisEvidence()
    evidence.currentFrom = at(day: 28)
    for (host, levels) in hosts.sorted(by: { $0.key < $1.key }) {
      for hour in 0..<(35 * 24) {
        guard let level = hour < 28 * 24 ? levels.before : levels.now else { continue }
        let at = Instant(microseconds: Self.start + Int64(hour) * 3_600_000_000)
        evidence.metrics.append(
          MetricSample(
            metric: metric, labels: ["host": host, "job": "model"], at: at,
            value: level + Double(hour % 3) / 10))
      }
    }
    return evidence
  }

  @Test func `One machine at its limit is named, however the others are`() {
    let report = Diagnosis().run(
      series("cpu_utilization", ["a": (40, 40), "b": (40, 99), "c": (95, 95)]))
    #expect(report.primaryCause == .infrastructure && report.causes[0].kind == .cpuPressure)
    #expect(report.summary.contains("cpu_utilization of host=b is 99"), "\(report.summary)")
    // A GPU that idles is one too, and a machine that is new is held against the others.
    let idle = series("gpu_utilization", ["a": (70, 70), "b": (70, 5)])
    #expect(result(idle, "infrastructure_gpu_check")?.message.contains("host=b is 5") == true)
    let fresh = series("latency_p99_ms", ["a": (100, 100), "b": (nil, 400)])
    #expect(result(fresh, "infrastructure_latency_check")?.outcome == .failed)
    let same = series("cpu_utilization", ["a": (95, 95), "b": (40, 40)])
    #expect(result(same, "infrastructure_cpu_check")?.outcome == .passed)
  }

  @Test func `Traffic that moves from one machine to another is no spike`() {
    let moved = series("requests_per_second", ["a": (40, nil), "b": (40, 80), "c": (nil, 1)])
    let traffic = result(moved, "traffic_volume_check")
    #expect(traffic?.outcome == .passed, "\(traffic?.message ?? "")")
    let spike = series("requests_per_second", ["a": (40, 100), "b": (40, 140)])
    #expect(result(spike, "traffic_volume_check")?.outcome == .failed)
  }
}
