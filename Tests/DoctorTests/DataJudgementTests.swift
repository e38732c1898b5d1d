import DataSources
import Foundation
import Reporting
import Support
import Testing

@testable import Monitoring
@testable import PlumblineCLI

struct DataJudgementTests {
  @Test(arguments: [
    (0.05, "ks_test", ""), (0.2, "ks_test", ""), (0.21, "ks_test", "failed"),
    (0, "ks_test", "failed"), (1, "chi_square", "failed"), (0.1, "hellinger", ""),
    (1.5, "hellinger", "failed"), (0, "hellinger", "failed"), (0.25, "psi", ""),
    (2, "psi", "warning"), (1.2, "js_divergence", "failed"), (3, "wasserstein", "warning"),
  ])
  func `Thresholds are held against what a method can give`(
    _ threshold: Double, _ method: String, _ outcome: String
  ) throws {
    let kind = try DriftMethod.named(method).thresholdKind
    let finding = ThresholdJudgement.judge(threshold, method: method, kind: kind)
    #expect((finding?.outcome.rawValue ?? "") == outcome)
    #expect(finding == nil || finding?.mend != nil)
  }

  @Test func `One threshold for all methods has to suit them all`() {
    var options = DriftOptions()
    #expect(ThresholdJudgement.planned(options).isEmpty)
    options.threshold = 0.3
    #expect(ThresholdJudgement.planned(options).map(\.outcome) == [.failed])
    options.method = "psi"
    #expect(ThresholdJudgement.planned(options).isEmpty)
  }

  @Test func `A column that always drifts is told of`() {
    func samples(_ values: [Double]) -> [MetricSample] {
      values.enumerated().map { index, value in
        MetricSample(
          metric: "feature_distribution_shift", labels: ["feature": "x"],
          at: Instant(microseconds: Int64(index)), value: value)
      }
    }
    let always = ThresholdJudgement.alwaysDrifted(samples(Array(repeating: 1, count: 10)))
    #expect(always.first?.seen.contains("`x`") == true)
    for values in [Array(repeating: 1.0, count: 9), Array(repeating: 1, count: 20) + [0]] {
      #expect(ThresholdJudgement.alwaysDrifted(samples(values)).isEmpty)
    }
  }

  private func match(_ reference: String, _ current: String) throws -> ColumnMatch {
    let folder = try TemporaryFolder()
    let sources = SourceOpener(threads: 1)
    return try DriftCheck(
      reference: sources.open(try folder.write("r.parquet", rowsOf: reference)),
      current: sources.open(try folder.write("c.parquet", rowsOf: current))
    ).matchColumns()
  }

  @Test(arguments: [
    ("SELECT 1.5 AS a, 'x' AS b", "ok", "2 columns"),
    ("SELECT 1.5 AS c, 'x' AS b", "failed", "renamed to `c`"),
    ("SELECT 1.5 AS a", "failed", "ignore"),
    ("SELECT 1.5 AS a, 'x' AS b, 2 AS c", "warning", "reference anew"),
    ("SELECT 'many' AS a, 'x' AS b", "failed", "type the reference has"),
  ])
  func `Columns have to match`(_ current: String, _ outcome: String, _ text: String) throws {
    let finding = DriftJudgement.columns(try match("SELECT 1.5 AS a, 'x' AS b", current))
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
    #expect((finding.seen + (finding.mend ?? "")).contains(text), "\(finding)")
  }

  @Test func `A method that does not fit its column is named`() throws {
    let columns = try match("SELECT 1.5 AS a, 'x' AS b", "SELECT 1.5 AS a, 'x' AS b").columns
    var options = DriftOptions()
    options.methodFor = ["b": "ks_test", "a": "ks_test", "gone": "psi"]
    let finding = DriftJudgement.planned(options, columns: columns)
    #expect(finding.outcome == .failed && finding.seen.contains("`b`"), "\(finding)")
    #expect(finding.mend?.contains("chi_square") == true)
  }

  private func report(_ rows: Int, _ options: DriftOptions = DriftOptions()) throws -> DriftReport {
    let folder = try TemporaryFolder()
    let sources = SourceOpener(threads: 1)
    let path = try folder.write(
      "r.parquet",
      rowsOf: "SELECT range % 97 AS a, 'c' || (range % 40) AS b FROM range(\(rows))")
    return try DriftCheck(
      reference: sources.open(path), current: sources.open(path), options: options
    ).run()
  }

  @Test func `Samples have to be large enough, and not for the wrong test`() throws {
    let few = DriftJudgement.methods(try report(20))
    #expect(few.outcome == .warning && few.seen.contains("too few"), "\(few)")
    let sparse = DriftJudgement.methods(try report(150))
    #expect(sparse.outcome == .warning && sparse.seen.contains("χ² expects"), "\(sparse)")
    #expect(DriftJudgement.methods(try report(900)).outcome == .ok)
    var options = DriftOptions()
    options.method = "ks_test"
    options.policy = .classic
    let many = DriftJudgement.methods(try report(60_000, options))
    #expect(many.outcome == .warning && many.mend?.contains("robust") == true, "\(many)")
  }

  @Test(arguments: [
    (60.0, 60.0, 3_600.0, 300.0, "ok"), (60, 300, 3_600, 0, "warning"),
    (100, 170, 3_600, 0, "ok"), (90_000, 200_000, 3_600, 300, "failed"),
    (90_000, 200_000, 604_800, 0, "warning"), (90_000, 200_000, 604_800, 172_800, "ok"),
  ])
  func `Labels have to come before the check`(
    _ median: Double, _ p95: Double, _ window: Double, _ delay: Double, _ outcome: String
  ) {
    let finding = LabelDelayJudgement.judge(
      LabelDelays(count: 10, median: median, p95: p95), window: window, delay: delay)
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  private func allocation(
    _ units: [Int], measured: [Int]? = nil, mixed: Int = 0
  ) -> ExperimentAllocation {
    var config = ExperimentConfig(
      experimentID: "e", variants: [.init(name: "a", share: 0.5), .init(name: "b", share: 0.5)])
    config.metrics = [.init(name: "m")]
    var state = ExperimentState(experimentID: "e")
    state.mixedUnits = mixed
    for (index, name) in ["a", "b"].enumerated() {
      state.variants[name] = .init()
      state.variants[name]?.units = units[index]
    }
    var allocation = ExperimentAllocation(of: state, config: config)
    for index in [0, 1] { allocation.variants[index].metrics["m"] = (measured ?? units)[index] }
    return allocation
  }

  @Test(arguments: [
    ([50, 40], 0, "unknown"), ([500, 490], 0, "ok"), ([500, 300], 0, "failed"),
    ([500, 0], 0, "failed"),
  ])
  func `Traffic has to be split as planned`(_ units: [Int], _ mixed: Int, _ outcome: String) {
    let finding = ExperimentJudgement.split(allocation(units, mixed: mixed))
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  @Test(arguments: [
    ([500, 490], [500, 490], "ok"), ([500, 0], [500, 0], "failed"),
    ([500, 490], [500, 0], "failed"), ([500, 490], [500, 100], "warning"),
  ])
  func `Both variants have to be measured`(
    _ units: [Int], _ measured: [Int], _ outcome: String
  ) {
    let finding = ExperimentJudgement.measured(allocation(units, measured: measured))
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  @Test func `Units that change their variant are told of`() {
    let steady = ExperimentJudgement.steady(allocation([500, 490]))
    #expect(steady.outcome == .ok && steady.seen.contains("990 observed units"), "\(steady)")
    let mixed = ExperimentJudgement.steady(allocation([500, 490], mixed: 3))
    #expect(mixed.outcome == .warning && mixed.seen.contains("3 of 993"), "\(mixed)")
  }

  @Test(arguments: [
    ([5_000, 5_000], [0.5, 0.5], "ok"), ([5_190, 4_810], [0.5, 0.5], "ok"),
    ([5_300, 4_700], [0.5, 0.5], "failed"), ([1_000, 1_020], [0.1, 0.1], "ok"),
    ([10_000, 0], [0.9, 0.1], "failed"),
  ])
  func `The configuration's assignment splits as planned`(
    _ counts: [Int], _ shares: [Double], _ outcome: String
  ) {
    let finding = ExperimentJudgement.planned(
      counts, of: 10_000, shares: shares, names: ["a", "b"])
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  @Test func `Assignment is the published function, here and there`() {
    #expect(PublishedAssignment.holds)
    #expect(
      ExperimentJudgement.assignment(once: ["a"], again: ["a"], published: true).outcome == .ok)
    #expect(
      ExperimentJudgement.assignment(once: ["a"], again: ["b"], published: true).outcome == .failed)
    #expect(
      ExperimentJudgement.assignment(once: ["a"], again: ["a"], published: false).outcome
        == .failed)
    let same = ExperimentJudgement.assignment(here: ["a", "b"], there: [["a", "b"], ["a", "b"]])
    #expect(same.outcome == .ok)
    let other = ExperimentJudgement.assignment(
      here: ["a", "b"], there: [["b", "b"], ["b", "b"]])
    #expect(other.outcome == .failed && other.mend?.contains("SIGHUP") == true)
    let unsteady = ExperimentJudgement.assignment(here: ["a"], there: [["a"], ["b"]])
    #expect(unsteady.outcome == .failed && unsteady.seen.contains("asked again"))
  }

  @Test func `The worst answer counts, and every mend is said once`() {
    let findings: [Finding] = [
      .ok("fine"), .warning("w", mend: "x"), .failed("f", mend: "x"), .unknown("u"),
    ]
    let worst = Finding.worst(of: findings, fine: "all")
    #expect(worst == Finding(outcome: .failed, seen: "f; w; u", mend: "x"))
    #expect(Finding.worst(of: [.ok("a")], fine: "all") == .ok("all"))
    #expect(Finding.listed((1...7).map { "\($0)" }) == "1; 2; 3; 4; 5; and 2 more")
  }
}
