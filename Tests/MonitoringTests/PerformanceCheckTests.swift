import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// How good predictions were, measured through the embedded engine.
struct PerformanceCheckTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  func report(
    _ predictions: String, labels: String? = nil, reference: String? = nil,
    _ change: (inout PerformanceOptions) -> Void
  ) throws -> PerformanceReport {
    var options = PerformanceOptions()
    change(&options)
    let sources = SourceOpener()
    return try PerformanceCheck(
      predictions: sources.open(predictions), labels: labels.map { try sources.open($0) },
      reference: reference.map { try sources.open($0) }, options: options
    ).run()
  }

  /// A calibrated classifier over four months; `noise` is the share of rows whose truth is a coin's.
  func scores(_ name: String, rows: Int, noise: Double) throws -> String {
    try folder.write(
      name,
      rowsOf: """
        SELECT 'u' || range AS id, p, CASE WHEN hash(range + 7) % 1000 < \(Int(noise * 1000))
            THEN hash(range + 13) % 2 = 0 ELSE hash(range) % 10007 < p * 10007 END AS happened,
          TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * (range % 2900) AS made,
          CASE WHEN range % 3 = 0 THEN 'a' ELSE 'b' END AS region
        FROM (SELECT range, (hash(range + 3) % 9973) / 9973.0 AS p FROM range(\(rows)))
        """)
  }

  @Test func `Figures of a small table are those worked out by hand`() throws {
    let path = try folder.write(
      "p.csv", "truth,said,p\n1,1,0.9\n0,1,0.6\n1,0,0.4\n0,0,0.1\n1,1,0.8\n")
    let report = try report(path) {
      $0.target = "truth"
      $0.prediction = "said"
      $0.probability = "p"
      $0.costs = [.init(.falsePositive, cost: 2), .init(.falseNegative, cost: 5)]
    }
    func value(_ name: String) -> Double { report.metrics[name]?.value ?? .nan }
    #expect(report.task == .classification)
    #expect(value("accuracy") == 0.6)
    #expect(abs(value("precision") - 2.0 / 3) < 1e-15)
    #expect(abs(value("recall") - 2.0 / 3) < 1e-15)
    #expect(abs(value("auc_roc") - 5.0 / 6) < 1e-15)
    #expect(value("total_cost") == 7 && value("false_negative_cost") == 5)
    #expect(report.confusion?.counts == [[1, 1], [1, 2]])
    #expect(report.status == .unknown && report.reason?.contains("--reference") == true)
    for metric in report.metrics.values {
      #expect(metric.value != nil || metric.reason != nil)
    }
  }

  @Test func `Classes are the same as numbers, floats and booleans`() throws {
    for truth in ["range % 2", "(range % 2)::DOUBLE", "range % 2 = 1", "(range % 2)::VARCHAR"] {
      let path = try folder.write(
        "p.parquet", rowsOf: "SELECT \(truth) AS y, range % 2 * 0.5 + 0.25 AS p FROM range(100)")
      let report = try report(path) {
        $0.target = "y"
        $0.probability = "p"
      }
      #expect(report.metrics["accuracy"]?.value == 1, "\(truth)")
      #expect(report.confusion?.classes == ["0", "1"], "\(truth)")
    }
  }

  @Test func `What does not exist is null with a reason`() throws {
    let path = try folder.write("p.csv", "y,p\n1,0.7\n1,0.2\n")
    let report = try report(path) {
      $0.target = "y"
      $0.probability = "p"
    }
    #expect(report.metrics["auc_roc"]?.reason == "only one class occurs")
    #expect(report.metrics["recall"]?.value == 0.5)
    let numbers = try folder.write("n.csv", "y,x\n2,2.5\n2,1.5\n")
    let constant = try self.report(numbers) {
      $0.target = "y"
      $0.prediction = "x"
    }
    #expect(constant.task == .regression)
    #expect(constant.metrics["r2_score"]?.reason == "the truth is the same in every row")
    let empty = try self.report(folder.write("e.csv", "y,p\n")) {
      $0.target = "y"
      $0.prediction = "p"
      $0.task = .classification
    }
    #expect(empty.rows == 0 && empty.status == .unknown)
    #expect(empty.metrics["accuracy"]?.reason == "there are no rows")
  }

  @Test func `Labels that come apart are counted, never guessed`() throws {
    let predictions = try folder.write(
      "p.csv",
      "id,p,made\na,0.9,2024-01-01\nb,0.2,2024-01-01\nc,0.7,2024-01-02\nd,0.6,2024-01-03\n"
        + "a,0.8,2024-01-02\n")
    let labels = try folder.write(
      "l.csv",
      "id,label,came\na,1,2024-01-03\na,1,2024-01-02\nb,0,2024-01-05\nc,1,2024-01-04\n"
        + "c,0,2024-01-06\nz,1,2024-01-02\nd,,2024-01-09\n")
    let report = try report(predictions, labels: labels) {
      $0.id = "id"
      $0.target = "label"
      $0.probability = "p"
      $0.timestamp = "made"
      $0.labelTimestamp = "came"
      $0.lateAfter = TimeSpan("2d")
    }
    #expect(report.labels.source == .joined)
    #expect(report.labelDelay.late == 1)
    #expect(report.labelledRows == 3)
    #expect(report.labels.missing == 2 && report.labels.unmatched == 1)
    #expect(report.labels.duplicate == 1 && report.labels.contradicting == 1)
    #expect(report.labels.repeatedPredictions == 1)
    #expect(report.labelDelay.count == 3)
    #expect(report.labelDelay.medianSeconds == 86_400)
    #expect(report.recommendations.contains { $0.contains("contradict") })
  }

  @Test func `A window whose labels are still arriving is not mature`() throws {
    // Bad outcomes are known at once, good ones after ten days: early labels look worse.
    let predictions = try folder.write(
      "p.parquet",
      rowsOf: """
        SELECT range AS id, 0.9 AS p, TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * range AS made
        FROM range(1440)
        """)
    let labels = try folder.write(
      "l.parquet",
      rowsOf: """
        SELECT * FROM (SELECT range AS id, CASE WHEN range % 4 = 0 THEN 0 ELSE 1 END AS y,
          TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * (range + CASE WHEN range % 4 = 0 THEN 1
            ELSE 240 END) AS came FROM range(1440)) WHERE came < TIMESTAMP '2024-03-01'
        """)
    let report = try report(predictions, labels: labels) {
      $0.id = "id"
      $0.target = "y"
      $0.probability = "p"
      $0.timestamp = "made"
      $0.labelTimestamp = "came"
      $0.chunk = .week
    }
    #expect(report.chunks.first?.mature == true)
    #expect(report.chunks.first?.earlyLabelBias == nil)
    let last = try #require(report.chunks.last)
    #expect(last.mature == false)
    #expect(try #require(last.earlyLabelBias) < -0.5)
    #expect(report.recommendations.contains { $0.contains("still arriving") })
  }

  @Test func `A drop beside the reference is told by how large and how sure it is`() throws {
    let reference = try scores("r.parquet", rows: 4_000, noise: 0)
    let settings: (inout PerformanceOptions) -> Void = {
      $0.target = "happened"
      $0.probability = "p"
      $0.timestamp = "made"
      $0.segments = ["region"]
    }
    let same = try report(
      scores("s.parquet", rows: 4_000, noise: 0), reference: reference, settings)
    #expect(same.status == .healthy)
    let worse = try report(
      scores("w.parquet", rows: 4_000, noise: 0.25), reference: reference, settings)
    #expect(worse.status == .degraded)
    let accuracy = try #require(worse.metrics["accuracy"])
    #expect(
      abs((accuracy.change ?? 0) - ((accuracy.value ?? 0) - (accuracy.reference ?? 0))) < 1e-12)
    let bad = try report(
      scores("b.parquet", rows: 4_000, noise: 0.9), reference: reference, settings)
    #expect(bad.status == .critical)
    #expect(bad.segments.map(\.value) == ["a", "b"])
    #expect(bad.segments.reduce(0) { $0 + $1.rows } == 4_000)
  }

  @Test func `A rule stands in for labels and is called synthetic`() throws {
    let path = try folder.write("p.csv", "amount,p\n5,0.2\n500,0.9\n700,0.4\n")
    let report = try report(path) {
      $0.labelRule = "CASE WHEN amount > 100 THEN 1 ELSE 0 END"
      $0.probability = "p"
    }
    #expect(report.labels.source == .synthetic)
    #expect(abs((report.metrics["accuracy"]?.value ?? 0) - 2.0 / 3) < 1e-15)
  }

  @Test func `A shadow model is compared on the same rows`() throws {
    let path = try folder.write(
      "p.parquet",
      rowsOf: """
        SELECT range % 2 AS y, CASE WHEN range % 5 = 0 THEN 1 - range % 2 ELSE range % 2 END AS served,
          CASE WHEN range % 10 = 0 THEN 1 - range % 2 ELSE range % 2 END AS other FROM range(1000)
        """)
    let report = try report(path) {
      $0.task = .classification
      $0.target = "y"
      $0.prediction = "served"
      $0.shadow = "other"
    }
    let shadow = try #require(report.shadow)
    #expect(shadow.metrics["accuracy"]?.value == 0.9)
    #expect(shadow.metrics["accuracy"]?.reference == 0.8)
    #expect(shadow.agreement == 0.9)
    #expect(try #require(shadow.pValue) < 1e-20)
  }

  @Test func `Ranked lists are judged by query`() throws {
    let path = try folder.write(
      "p.csv",
      "q,item,score,gain\n1,a,0.9,1\n1,b,0.5,0\n1,c,0.1,1\n2,a,0.3,0\n2,b,0.8,0\n2,d,0.7,3\n")
    let report = try report(path) {
      $0.group = "q"
      $0.item = "item"
      $0.target = "gain"
      $0.prediction = "score"
      $0.places = [1, 2]
    }
    func value(_ name: String) -> Double { report.metrics[name]?.value ?? .nan }
    #expect(report.task == .ranking)
    #expect(value("mrr") == 0.75)
    #expect(value("precision_at_1") == 0.5 && value("hit_rate_at_2") == 1)
    #expect(abs(value("ndcg_at_2") - (1 / (1 + 1 / log2(3.0)) + 1 / log2(3.0)) / 2) < 1e-12)
    #expect(value("coverage") == 0.75)
    // One of two places is the same in both lists.
    #expect(value("diversity") == 0.5)
  }

  @Test func `Numbers are judged with quantiles, intervals and what they are worth`() throws {
    let path = try folder.write(
      "p.csv", "y,x,q,lo,hi,size\n10,12,14,8,13,2\n0,1,2,-1,0.5,1\n20,15,18,14,19,4\n")
    let report = try report(path) {
      $0.target = "y"
      $0.prediction = "x"
      $0.quantiles = [.init(level: 0.9, column: "q")]
      $0.interval = .init(lower: "lo", upper: "hi")
      $0.value = "size * 10"
    }
    func value(_ name: String) -> Double { report.metrics[name]?.value ?? .nan }
    #expect(abs(value("rmse") - 10.0.squareRoot()) < 1e-12)
    #expect(abs(value("mape") - (0.2 + 0.25) / 2) < 1e-12 && value("zero_truths") == 1)
    #expect(abs(value("prediction_interval_coverage") - 2.0 / 3) < 1e-15)
    #expect(abs(value("quantile_loss") - (0.4 + 0.2 + 1.8) / 3) < 1e-12)
    #expect(value("business_value_total") == 70)
  }

  @Test func `Values that are no probabilities are counted, but for what rounding does`() throws {
    func check(_ values: String, reference: String? = nil) throws {
      func file(_ name: String, _ values: String) throws -> String {
        try folder.write(name, "y,p\n" + values.split(separator: " ").map { "1,\($0)\n" }.joined())
      }
      _ = try report(
        file("p.csv", values), reference: reference.map { try file("r.csv", $0) }
      ) {
        $0.target = "y"
        $0.probability = "p"
      }
    }
    #expect(
      throws: MonitoringError.notProbabilities(
        option: "--probability", column: "p", source: folder.path + "/p.csv", outside: 2, rows: 4,
        least: -3, most: 1.5)
    ) { try check("0.5 1.5 -3 0") }
    #expect(throws: MonitoringError.self) { try check("0.5 0.6", reference: "0.5 inf") }
    try check("0 1 1.0000001 -0.0000001")
  }

  @Test func `Mistakes are named`() throws {
    let path = try folder.write("p.csv", "y,p\nyes,0.5\nmaybe,0.6\n")
    for change: (inout PerformanceOptions) -> Void in [
      { $0.target = "z" }, { $0.probability = "q" }, { $0.positiveLabel = "perhaps" },
      { $0.positiveLabel = nil }, { $0.threshold = 2 }, { $0.chunk = .day },
      { $0.segments = ["nowhere"] }, { $0.task = .ranking },
    ] {
      #expect(throws: MonitoringError.self) {
        try report(path) {
          $0.target = "y"
          $0.probability = "p"
          $0.positiveLabel = "yes"
          change(&$0)
        }
      }
    }
  }
}
