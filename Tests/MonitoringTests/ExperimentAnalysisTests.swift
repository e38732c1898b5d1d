import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// What an experiment's observations come to.
struct ExperimentAnalysisTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let plan = """
    experiment_id: model_v2
    control_model: v1
    treatment_model: v2
    traffic_split: 0.5
    min_sample_size: 500
    guardrails:
      latency_p99_ms: [0, 200]
      failed: {max: 0.05, column: is_error}
    """

  private func config(_ more: String = "") throws -> ExperimentConfig {
    try ExperimentConfig.read(Self.plan + "\n" + more, path: "e.yaml")
  }

  /// Observations: every other row is treated.
  private func observations(
    _ name: String = "o.parquet", rows: Int = 4_000, effect: Double, slow: Double = 0,
    split: String = "range % 2 = 0", user: String = "range"
  ) throws -> String {
    try folder.write(
      name,
      rowsOf: """
        SELECT CASE WHEN \(split) THEN 'control' ELSE 'treatment' END AS variant,
          \(user) AS user_id, noise + before * 2 + CASE WHEN \(split) THEN 0 ELSE \(effect) END AS gain,
          before, 80 + hash(range + 5) % 100 + CASE WHEN \(split) THEN 0 ELSE \(slow) END
            AS latency_p99_ms, hash(range + 9) % 100 < 2 AS is_error,
          TIMESTAMP '2024-05-01' + INTERVAL 1 HOUR * (range % 240) AS ts
        FROM (SELECT range, (hash(range) % 1000) / 500.0 AS noise,
          (hash(range + 77) % 1000) / 500.0 AS before FROM range(\(rows)))
        """)
  }

  private func state(
    _ path: String, _ config: ExperimentConfig, timestamp: String? = nil
  ) throws -> ExperimentState {
    try ExperimentReader(
      source: SourceOpener().open(path), config: config, variantColumn: "variant",
      timestamp: timestamp
    ).read()
  }

  private func report(
    _ path: String, _ more: String = "metrics: [gain]", timestamp: String? = nil
  ) throws -> ExperimentReport {
    let config = try config(more)
    return ExperimentAnalysis(
      config: config, state: try state(path, config, timestamp: timestamp)
    ).report()
  }

  @Test func `Verdicts come in their order`() throws {
    let win = try report(observations(effect: 0.3))
    #expect(win.verdict == .ship && win.recommendation.hasPrefix("SHIP: Treatment wins with"))
    let loss = try report(observations(effect: -0.3))
    #expect(loss.verdict == .revert && loss.status == .degraded)
    let wrongWay = try report(
      observations(effect: 0.3), "metrics: [{name: gain, direction: decrease}]")
    #expect(wrongWay.verdict == .revert)
    let none = try report(observations(effect: 0))
    #expect(none.verdict == .noDecision)
    #expect(none.recommendation == "NO DECISION: Results not statistically significant")
    let few = try report(observations(rows: 600, effect: 3))
    #expect(few.verdict == .continue && few.recommendation.contains("Insufficient sample size"))
    let slow = try report(observations(rows: 600, effect: 3, slow: 60))
    #expect(slow.verdict == .stop && slow.status == .critical)
    #expect(slow.recommendation == "STOP: Guardrail violations detected: ['latency_p99_ms']")
    let skewed = try report(observations(effect: 0.3, slow: 60, split: "range % 5 < 2"))
    #expect(skewed.srm.mismatch && skewed.status == .unknown)
    #expect(skewed.verdict == .noDecision)
  }

  @Test func `A guardrail judges the aggregate, not single values`() throws {
    let report = try report(observations(effect: 0))
    let latency = try #require(
      report.guardrails.first { $0.guardrail == "latency_p99_ms" && $0.variant == "treatment" })
    #expect(latency.aggregate == "p99" && latency.violated == false)
    #expect(try #require(latency.value) < 200)
    #expect(try #require(latency.lower) <= (try #require(latency.value)))
    #expect(try #require(latency.value) <= (try #require(latency.upper)))
    let failed = try #require(report.guardrails.first { $0.guardrail == "failed" })
    #expect(failed.aggregate == "mean" && failed.violated == false)
    #expect(abs(try #require(failed.value) - 0.02) < 0.01)
  }

  @Test func `A variant without rows is named, unless there are none of any yet`() throws {
    // Four rows: too few for their shares to be told from chance.
    let few = try report(observations(rows: 4, effect: 0, split: "true"))
    #expect(few.status == .unknown && few.verdict == .noDecision)
    #expect(few.recommendation.contains("variant 'treatment'"), "\(few.recommendation)")
    let others = try report(
      observations(rows: 400, effect: 0),
      "metrics: [gain]\nvariants: [{name: a, share: 0.5}, "
        + "{name: b, share: 0.5}]")
    #expect(others.recommendation.contains("variants 'a', 'b'"), "\(others.recommendation)")
    let none = try report(observations(rows: 0, effect: 0))
    #expect(none.status == .healthy && none.verdict == .continue)
  }

  @Test func `A covariate narrows the interval`() throws {
    let path = try observations(effect: 0.1)
    let plain = try #require(report(path).comparisons.first)
    let adjusted = try #require(
      report(path, "metrics: [gain]\ncovariate: before").comparisons.first)
    #expect(try #require(adjusted.varianceReduction) > 0.6)
    #expect(abs(try #require(adjusted.covariateSlope) - 2) < 0.1)
    #expect(try #require(adjusted.standardError) < 0.65 * (try #require(plain.standardError)))
  }

  @Test func `Units with several rows do not count as many`() throws {
    // Ten rows a user, all of one variant.
    let path = try observations(
      effect: 0, split: "(range // 10) % 2 = 0", user: "range // 10")
    let report = try report(path, "metrics: [gain]\nunit: user_id")
    #expect(report.variants.map(\.units) == [200, 200])
    #expect(report.variants.map(\.rows) == [2_000, 2_000])
    #expect(report.comparisons.first?.controlUnits == 200)
    #expect(report.notes.contains { $0.contains("several rows") })
    let last = try #require(
      self.report(path, "metrics: [gain]\nunit: user_id", timestamp: "ts").timeline.last)
    #expect(last.controlUnits == 200)
    #expect(abs((last.difference ?? 0) - (report.comparisons.first?.difference ?? 1)) < 1e-12)
    let mixed = try self.report(
      observations(effect: 0, user: "range // 10"), "metrics: [gain]\nunit: user_id")
    #expect(mixed.variants.map(\.units) == [0, 0])
    #expect(mixed.notes.contains { $0.contains("more than one variant") })
  }

  @Test func `Shards add up to the whole, in either order`() throws {
    let config = try config("metrics: [gain]")
    let whole = try state(observations(effect: 0.2), config)
    let sources = SourceOpener()
    let shards = try [0, 1].map { part in
      try ExperimentReader(
        source: sources.open(
          folder.path + "/o.parquet",
          sql: "SELECT * FROM source WHERE user_id % 3 \(part == 0 ? "=" : "<>") 0"),
        config: config, variantColumn: "variant"
      ).read()
    }
    let expected = ExperimentAnalysis(config: config, state: whole).report()
    for order in [[0, 1], [1, 0]] {
      var merged = ExperimentState(experimentID: "model_v2")
      for index in order {
        // Through the file a shard is kept in.
        let kept = try JSONEncoder().encode(shards[index])
        try merged.merge(JSONDecoder().decode(ExperimentState.self, from: kept))
      }
      let report = ExperimentAnalysis(config: config, state: merged).report()
      #expect(report.verdict == expected.verdict)
      let (one, two) = (report.comparisons[0], expected.comparisons[0])
      #expect(abs((one.difference ?? 0) - (two.difference ?? 1)) < 1e-12)
      #expect(abs((one.pValue ?? 0) / (two.pValue ?? 1) - 1) < 1e-9)
      #expect(report.guardrails.map(\.violated) == expected.guardrails.map(\.violated))
    }
    #expect(throws: MonitoringError.self) {
      var other = ExperimentState(experimentID: "another")
      try other.merge(whole)
    }
  }

  @Test func `A shard whose units have one row each adds to one whose units repeat`() throws {
    let config = try config("metrics: [gain]\nunit: user_id")
    let path = try observations(
      effect: 0.1, split: "(range // 10) % 2 = 0", user: "range // 10")
    let whole = try state(path, config)
    func shard(_ condition: String) throws -> ExperimentState {
      try ExperimentReader(
        source: SourceOpener().open(path, sql: "SELECT * FROM source WHERE \(condition)"),
        config: config, variantColumn: "variant"
      ).read()
    }
    var merged = try shard("user_id < 100")
    try merged.merge(shard("user_id >= 100"))
    let (one, two) = (
      ExperimentAnalysis(config: config, state: merged).report().comparisons[0],
      ExperimentAnalysis(config: config, state: whole).report().comparisons[0]
    )
    #expect(abs((one.pValue ?? 0) / (two.pValue ?? 1) - 1) < 1e-9)
    let single = try shard("user_id % 2 = 0 AND user_id < 3")
    #expect(single.variants["control"]?.metrics["gain"]?.form == .ratio)
    let unlike = try state(path, self.config("metrics: [gain]"))
    #expect(throws: MonitoringError.self) { try merged.merge(unlike) }
  }

  @Test func `A state with impossible numbers is refused`() throws {
    let config = try config("metrics: [gain]")
    let known = try state(observations(effect: 0), config, timestamp: "ts")
    let text = String(decoding: try JSONEncoder().encode(known), as: UTF8.self)
    for (whole, changed) in [
      ("\"rows\":2000", "\"rows\":9223372036854775807"), ("\"count\":2000", "\"count\":-1"),
      ("\"19844\":", "\"9223372036854775807\":"),
    ] {
      let hostile = text.replacingOccurrences(of: whole, with: changed)
      #expect(hostile != text, "\(whole)")
      let state = try JSONDecoder().decode(ExperimentState.self, from: Data(hostile.utf8))
      #expect(throws: MonitoringError.self) {
        var merged = ExperimentState(experimentID: "model_v2")
        try merged.merge(state)
      }
    }
  }

  @Test func `A sequential test decides at its boundary`() throws {
    let plan = "metrics: [gain]\nspending: obrien_fleming\nmax_sample_size: 8000"
    let early = try report(observations(effect: 0.07), plan)
    #expect(early.verdict == .continue && early.sequential?.canStopEarly == false)
    #expect(try #require(early.comparisons.first?.pValue) < 0.05)
    let clear = try report(observations(effect: 0.5), plan)
    #expect(clear.verdict == .ship && clear.sequential?.canStopEarly == true)
    let config = try config(plan)
    let look = ExperimentLook(
      metric: "gain", treatment: "treatment", informationFraction: 0.1, z: 1)
    let second = ExperimentAnalysis(
      config: config, state: try state(folder.path + "/o.parquet", config), earlierLooks: [look]
    ).report()
    #expect(second.sequential?.looks.map(\.informationFraction) == [0.1, 0.25])
    // The planned end was reached before: more rows are no further look.
    let end = ExperimentLook(
      metric: "gain", treatment: "treatment", informationFraction: 1.2, z: 1,
      alwaysValidPValue: 1e-30)
    let later = ExperimentAnalysis(
      config: config, state: try state(folder.path + "/o.parquet", config),
      earlierLooks: [look, end]
    ).report()
    #expect(later.sequential?.looks.map(\.informationFraction) == [0.1, 1])
    #expect(later.sequential?.canStopEarly == false && later.verdict == .noDecision)
    #expect(later.comparisons[0].alwaysValidPValue == 1e-30)
  }

  @Test func `Every comparison of a sequential test has a boundary of its own`() throws {
    let plan = "metrics: [gain, before]\nspending: pocock\nmax_sample_size: 8000"
    let report = try report(observations(effect: 0.5), plan)
    #expect(report.sequential?.alpha == 0.025)
    #expect(report.sequential?.tests.map(\.metric) == ["gain", "before"])
    #expect(report.sequential?.tests.map(\.crossed) == [true, false])
    #expect(report.comparisons.map(\.significant) == [true, false])
    let single = try self.report(observations(effect: 0.5), plan + "\ncorrection: none")
    #expect(single.sequential?.alpha == 0.05)
  }

  @Test func `The plan's smallest effect is stated with the units it takes`() throws {
    let path = try observations(effect: 0.1)
    let plan = "metrics: [gain]\nmde: {value: 0.05, kind: relative}\nstatistical_power: 0.9"
    let comparison = try #require(report(path, plan).comparisons.first)
    let mean = try #require(comparison.controlMean)
    #expect(abs(try #require(comparison.mdeAbsolute) - 0.05 * mean) < 1e-12)
    #expect(comparison.mdeRelative == 0.05)
    // 2 (z.975 + z.9)² σ² / δ² with σ² of a unit.
    let deviation = try #require(comparison.standardError) * (2_000.0 / 2).squareRoot()
    let expected = 2 * 10.507423 * deviation * deviation / pow(0.05 * mean, 2)
    #expect(abs(Double(try #require(comparison.unitsNeeded)) - expected) <= 1)
  }

  @Test func `Several metrics have adjusted p-values`() throws {
    let report = try report(observations(effect: 0.06), "metrics: [gain, before]")
    let raw = report.comparisons.compactMap(\.pValue)
    let adjusted = report.comparisons.compactMap(\.adjustedPValue)
    #expect(raw.count == 2)
    #expect(adjusted[0] == min(1, 2 * raw[0]))
  }

  @Test func `The difference over days ends where the whole is`() throws {
    let report = try report(observations(effect: 0.2), timestamp: "ts")
    #expect(report.timeline.count == 10)
    let (last, whole) = (try #require(report.timeline.last), try #require(report.comparisons.first))
    #expect(abs((last.difference ?? 0) - (whole.difference ?? 1)) < 1e-9)
    #expect(try #require(last.lower) < (try #require(whole.lower)))
  }

  @Test func `Mistakes in the plan are named with their line`() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ExperimentConfig.read(
        "experiment_id: a\ntrafic_split: 0.5\nmin_sample_size: many\n", path: "e.yaml")
    }
    #expect(error.mistakes.map(\.line) == [2, 3])
    #expect(error.what.contains("did you mean `traffic_split`?"))
    let broken = try #require(throws: ConfigurationError.self) {
      try ExperimentConfig.read("experiment_id: a\nmetrics: [\n", path: "e.yaml")
    }
    #expect(broken.mistakes.map(\.line) == [3] && !broken.what.contains("\n"))
    for wrong in [
      "traffic_split: 0.5", "experiment_id: a\nvariants: [{name: x, share: 0.4}]",
      "experiment_id: a\nspending: pocock", "[1]", "a: [", "",
      "experiment_id: a\nguardrails: {x: 3}",
    ] {
      #expect(throws: ConfigurationError.self) {
        try ExperimentConfig.read(wrong, path: "e.yaml")
      }
    }
    let named = try ExperimentConfig.read(
      "experiment_id: a\nguardrail_metrics: [latency_p99_ms < 200, error_rate < 0.01]",
      path: "e.yaml")
    #expect(named.guardrails.map(\.aggregate) == [.quantile(0.99), .mean])
    #expect(named.guardrails.map(\.maximum) == [200, 0.01])
  }

  @Test func `Users go where the requirement's function sends them`() throws {
    struct Place: Decodable {
      let experiment: String
      let user: String
      let place: Double
    }
    struct Reference: Decodable { let assignments: [Place] }
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../StatisticsTests/Fixtures/experiments.json")
    let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: path))
    #expect(reference.assignments.count == 12)
    for example in reference.assignments {
      let assignment = VariantAssignment(experimentID: example.experiment, shares: [0.5, 0.5])
      #expect(assignment.place(of: example.user) == example.place)
      #expect(assignment.variant(of: example.user) == (example.place < 0.5 ? 0 : 1))
    }
    let users = (0..<1_003).map { String(repeating: "x", count: $0 % 130) + "\($0)" }
    let assignment = VariantAssignment(experimentID: "e", shares: [0.2, 0.5, 0.3])
    #expect(assignment.variants(of: users) == users.map { assignment.variant(of: $0) })
    let covered = VariantAssignment(experimentID: "e", shares: [0.2, 0.5, 0.3], coverage: 0.3)
    let wider = VariantAssignment(experimentID: "e", shares: [0.2, 0.5, 0.3], coverage: 0.6)
    var taking = 0
    for user in users {
      guard let variant = covered.variant(of: user) else { continue }
      taking += 1
      #expect(wider.variant(of: user) == variant && assignment.variant(of: user) == variant)
    }
    #expect((200...400).contains(taking))
    let text = Array(users.joined(separator: "\n").utf8)
    var (lines, start): ([Range<Int>], Int) = ([], 0)
    for user in users {
      lines.append(start..<start + user.utf8.count)
      start += user.utf8.count + 1
    }
    #expect(assignment.variants(of: lines, in: text) == assignment.variants(of: users))
  }
}
