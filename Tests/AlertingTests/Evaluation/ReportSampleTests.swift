import Alerting
import DataSources
import Monitoring
import Statistics
import Support
import Testing

/// What checks of generated data say to the default rules.
struct ReportSampleTests {
  let folder: TemporaryFolder
  let sources = SourceOpener(threads: 1)

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Eight columns, of which the first `moved` are not as they were.
  private func table(_ name: String, rows: Int, seed: Double, moved: Int = 0) throws -> String {
    // Hashes rather than random(): the same rows whatever the engine does first.
    func uniform(_ column: Int) -> String {
      "(hash(range || ' \(column) \(seed)') / 18446744073709551616.0)"
    }
    let numbers = (0..<6).map {
      "sqrt(-2 * ln(\(uniform($0)) + 1e-12)) * cos(6.2831853 * \(uniform($0 + 10)))"
        + " + \($0 < moved ? 0.7 : 0) AS x\($0)"
    }
    let categories = (6..<8).map { "'k' || floor(\(uniform($0)) * 5)::INT AS x\($0)" }
    return try folder.write(
      name,
      rowsOf: """
        SELECT \((numbers + categories).joined(separator: ", "))
        FROM range(\(rows))
        """)
  }

  private func samples(
    rows: Int, seed: Int, moved: Int = 0, method: String?
  ) throws -> [MetricSample] {
    let name = "\(method ?? "auto")-\(rows)-\(seed)-\(moved)"
    var options = DriftOptions()
    if let method { options.method = method }
    let report = try DriftCheck(
      reference: sources.open(
        table("r\(name).parquet", rows: 1_000, seed: Double(seed) / 101)),
      current: sources.open(
        table("c\(name).parquet", rows: rows, seed: Double(seed) / 101 + 0.005, moved: moved)),
      options: options
    ).run()
    return MetricSample.samples(of: report, labels: ["model_name": "m"], at: Scenario.time(0))
  }

  /// The default rules that a sample as it is fails.
  private func failed(_ samples: [MetricSample]) -> Set<String> {
    var rules = AlertRule.defaults
    for index in rules.indices { rules[index].consecutiveFailures = 1 }
    var engine = AlertEngine(rules: rules, startedAt: Scenario.time(0))
    return Set(engine.evaluate(samples).filter { $0.kind == .firing }.map(\.record.rule))
  }

  static let methods: [String?] = [nil, "psi", "wasserstein", "ks_test"]

  @Test(arguments: methods)
  func `Small samples of the same distribution raise no drift alert`(_ method: String?) throws {
    let runs = 40
    var beyond = 0
    var alerts = 0
    for seed in 1...runs {
      let samples = try samples(rows: 60, seed: seed, method: method)
      let failed = failed(samples)
      if failed.contains("data_drift_warning") || failed.contains("data_drift_critical") {
        alerts += 1
      }
      let score = samples.first { $0.metric == "data_drift_score" }?.value ?? 0
      if score > 0.2 { beyond += 1 }
    }
    #expect(Double(alerts) <= 0.05 * Double(runs), "\(alerts) of \(runs), \(beyond) beyond")
    // Else the test says nothing: so few rows look like drift to a distance.
    if method == "psi" { #expect(beyond > 10) }
  }

  @Test(arguments: methods)
  func `Drift of half the columns is significant by any method`(_ method: String?) throws {
    for seed in 1...5 {
      let failed = failed(try samples(rows: 500, seed: seed, moved: 5, method: method))
      #expect(failed.contains("data_drift_critical"))
      #expect(failed.contains("feature_distribution_shift"))
    }
  }

  @Test func `A report says its metrics, with the labels of each`() throws {
    let samples = try samples(rows: 500, seed: 3, moved: 5, method: nil)
    let score = try #require(samples.first { $0.metric == "data_drift_score" })
    #expect(score.labels == ["model_name": "m"] && score.at == Scenario.time(0))
    #expect(score.interval?.upper == score.value)
    let shifts = samples.filter { $0.metric == "feature_distribution_shift" }
    #expect(Set(shifts.compactMap { $0.labels["feature"] }).isSuperset(of: ["x0", "x7"]))
    #expect(shifts.first { $0.labels["feature"] == "x0" }?.value == 1)
    #expect(samples.first { $0.metric == "drift_score" }?.labels["method"] != nil)
    #expect(samples.contains { $0.metric == "new_category_detected" && $0.value == 0 })
  }

  private func expectKnown(_ samples: [MetricSample]) {
    #expect(!samples.isEmpty)
    for sample in samples {
      let metric = RuleMetric.named(sample.metric)
      // The labels of all samples of a check come from the service.
      #expect(metric?.labels == Set(sample.labels.keys).union(["check"]), "\(sample.metric)")
      let isName = sample.metric.wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil
      #expect(isName, "\(sample.metric)")
    }
  }

  @Test
  func `The metrics of reports are those in the list rules are checked by, with their labels`()
    throws
  {
    var made: Set<String> = []
    func know(_ samples: [MetricSample]) {
      expectKnown(samples)
      made.formUnion(samples.map(\.metric))
    }
    know(try samples(rows: 200, seed: 3, moved: 2, method: nil))
    let file = try folder.write(
      "all.parquet",
      rowsOf: """
        SELECT range % 2 AS y, range % 3 AS c, 0.2 + 0.6 * (range % 2) AS p, range % 7 AS n,
          range % 5 + 0.5 AS m, range // 10 AS q, range % 10 AS item, 1.0 AS money,
          range % 7 - 1.0 AS low, range % 7 + 1.0 AS high, (range % 3 = 0)::INT * 0.5 + 0.2 AS p0,
          (range % 3 = 1)::INT * 0.5 + 0.2 AS p1, (range % 3 = 2)::INT * 0.5 + 0.2 AS p2,
          CASE WHEN range % 10 > 0 THEN range % 2 END AS said,
          CASE WHEN range % 10 > 0 THEN range % 5 + 0.5 END AS some,
          CASE WHEN range % 10 > 0 THEN 0.2 + 0.6 * (range % 2) END AS likely
        FROM range(400)
        """)
    func known(_ task: PerformanceTask, _ change: (inout PerformanceOptions) -> Void) throws {
      var options = PerformanceOptions()
      options.task = task
      change(&options)
      let report = try PerformanceCheck(
        predictions: sources.open(file), labels: nil, reference: sources.open(file),
        options: options
      ).run()
      know(
        MetricSample.samples(of: report, labels: ["model_name": "m"], at: Scenario.time(0)))
    }
    try known(.classification) {
      ($0.target, $0.probability, $0.value) = ("y", "p", "money")
      $0.costs = [
        .init(.falsePositive, cost: 1), .init(.falseNegative, cost: 5),
      ]
    }
    try known(.classification) {
      $0.target = "c"
      $0.probabilities = (0..<3).map { .init(label: "\($0)", column: "p\($0)") }
    }
    try known(.regression) {
      ($0.target, $0.prediction, $0.value) = ("n", "m", "money")
      $0.quantiles = [.init(level: 0.9, column: "high"), .init(level: 0.1, column: "low")]
      $0.interval = .init(lower: "low", upper: "high")
    }
    try known(.ranking) {
      ($0.target, $0.prediction, $0.group, $0.item) = ("y", "m", "q", "item")
    }
    // Rows that lack something, and a class without a probability of its own.
    try known(.classification) { ($0.target, $0.prediction) = ("y", "said") }
    try known(.classification) { ($0.target, $0.probability) = ("y", "likely") }
    try known(.classification) {
      $0.target = "c"
      $0.probabilities = (0..<2).map { .init(label: "\($0)", column: "p\($0)") }
    }
    try known(.regression) { ($0.target, $0.prediction) = ("n", "some") }
    let ofReports: [RuleMetric.Source] = [.drift, .quality, .performance]
    let listed = RuleMetric.names.filter { name in
      RuleMetric.named(name).map { ofReports.contains($0.source) } ?? false
    }
    // Those of places in lists are as many as there are places.
    #expect(Set(listed) == made.filter { $0.wholeMatch(of: /.*_at_[0-9]+/) == nil })
  }

  /// Predictions that are right with a probability.
  private func predictions(_ name: String, rows: Int, right: Double, seed: Double) throws -> String
  {
    try folder.write(
      name,
      rowsOf: """
        SELECT range % 2 AS truth,
          CASE WHEN hash(range || ' \(seed)') / 18446744073709551616.0 < \(right)
            THEN range % 2 ELSE 1 - range % 2 END AS said
        FROM range(\(rows))
        """)
  }

  private func accuracy(_ rows: Int, right: Double, seed: Int) throws -> [MetricSample] {
    var options = PerformanceOptions()
    options.task = .classification
    options.target = "truth"
    options.prediction = "said"
    let name = "\(rows)-\(right)-\(seed).parquet"
    let report = try PerformanceCheck(
      predictions: sources.open(
        predictions("p" + name, rows: rows, right: right, seed: Double(seed) / 101)),
      labels: nil,
      reference: sources.open(
        predictions("q" + name, rows: rows, right: 0.9, seed: Double(seed) / 101 + 0.005)),
      options: options
    ).run()
    return MetricSample.samples(of: report, labels: ["model_name": "m"], at: Scenario.time(0))
  }

  @Test func `Accuracy over few rows wakes nobody by chance`() throws {
    var beyond = 0
    var alerts = 0
    for seed in 1...60 {
      let samples = try accuracy(80, right: 0.9, seed: seed)
      let drop = samples.first { $0.metric == "model_accuracy_drop" }?.value ?? 0
      if drop > 0.05 { beyond += 1 }
      if !failed(samples).isEmpty { alerts += 1 }
    }
    #expect(beyond > 5)
    #expect(alerts <= 3, "\(alerts) of 60")
  }

  @Test func `Accuracy that has fallen is told, as severe as it is`() throws {
    #expect(
      try failed(accuracy(2_000, right: 0.6, seed: 1)).contains("model_accuracy_drop_critical"))
    let mild = try failed(accuracy(4_000, right: 0.82, seed: 1))
    #expect(mild.contains("model_accuracy_drop_warning"))
    #expect(!mild.contains("model_accuracy_drop_critical"))
    let better = try accuracy(500, right: 0.99, seed: 1)
    #expect((better.first { $0.metric == "model_accuracy_drop" }?.value ?? 1) < 0)
    #expect(failed(better).isEmpty)
  }
}
