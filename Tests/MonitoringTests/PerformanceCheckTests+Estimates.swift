import Foundation
import Monitoring
import Support
import Testing

/// What is told of rows without labels.
extension PerformanceCheckTests {
  @Test func `Without labels, a calibrated model's performance is told from its confidence`() throws
  {
    let reference = try scores("r.parquet", rows: 6_000, noise: 0)
    let current = try scores("c.parquet", rows: 3_000, noise: 0)
    let report = try report(current, reference: reference) {
      $0.target = "happened"
      $0.probability = "p"
      $0.estimate = true
      $0.timestamp = "made"
      $0.chunk = .month
    }
    for name in ["accuracy", "precision", "recall", "f1_score", "auc_roc", "brier_score"] {
      let estimate = try #require(report.estimates[name])
      let (value, realised) = (try #require(estimate.value), try #require(estimate.realised))
      #expect(abs(value - realised) < 0.03, "\(name): \(value) for \(realised)")
      #expect(estimate.lower ?? 1 <= realised && realised <= estimate.upper ?? 0, "\(name)")
    }
    #expect(report.chunks.count == 4)
    #expect(report.chunks.allSatisfy { $0.estimates["accuracy"]?.value != nil })
    let blind = try self.report(
      folder.write("b.parquet", rowsOf: "SELECT 0.9 AS p FROM range(100)"), reference: reference
    ) {
      $0.target = "happened"
      $0.probability = "p"
      $0.estimate = true
    }
    #expect(blind.labelledRows == 0)
    #expect(abs((blind.estimates["accuracy"]?.value ?? 0) - 0.9) < 0.08)
  }

  @Test func `A model that is too sure of itself is calibrated first`() throws {
    let sure = "1 / (1 + exp(-4 * ln(p / (1 - p))))"
    func table(_ name: String, _ rows: Int, _ salt: Int) throws -> String {
      try folder.write(
        name,
        rowsOf: """
          SELECT \(sure) AS p, hash(range + \(salt)) % 10007 < p * 10007 AS y
          FROM (SELECT range, 0.02 + 0.96 * ((hash(range + 3) % 9973) / 9973.0) AS p
            FROM range(\(rows)))
          """)
    }
    let report = try report(
      table("c.parquet", 4_000, 1), reference: table("r.parquet", 8_000, 2)
    ) {
      $0.target = "y"
      $0.probability = "p"
      $0.estimate = true
    }
    let estimate = try #require(report.estimates["accuracy"])
    #expect(abs(try #require(estimate.value) - (try #require(estimate.realised))) < 0.02)
    // Taken as they are, the probabilities would promise far more.
    #expect(try #require(estimate.value) < 0.85)
  }

  @Test func `Errors of numbers are told from inputs like those that went wrong before`() throws {
    // The error grows with x and is large in one city; the current window has more of both.
    func table(_ name: String, _ shift: Int, _ salt: Int) throws -> String {
      try folder.write(
        name,
        rowsOf: """
          SELECT x, city, 3 * x AS said, 3 * x
            + (hash(range + \(salt)) % 2001 / 1000.0 - 1) * (x + CASE WHEN city = 'far' THEN 4 ELSE 0 END)
            AS truth
          FROM (SELECT range, \(shift) + (hash(range) % 1000) / 250.0 AS x,
            CASE WHEN hash(range + 5) % 10 < \(2 + 2 * shift) THEN 'far' ELSE 'near' END AS city
            FROM range(6000))
          """)
    }
    let reference = try table("r.parquet", 0, 1)
    for (shift, name) in [(0, "same.parquet"), (1, "worse.parquet")] {
      let report = try report(table(name, shift, 2), reference: reference) {
        $0.target = "truth"
        $0.prediction = "said"
        $0.estimate = true
      }
      for metric in ["mae", "rmse"] {
        let estimate = try #require(report.estimates[metric])
        let (value, realised) = (try #require(estimate.value), try #require(estimate.realised))
        let before = try #require(report.metrics[metric]?.reference)
        #expect(estimate.method == "dle")
        #expect(abs(value - realised) < 0.12 * realised, "\(metric): \(value) for \(realised)")
        if shift == 1 { #expect(value > 1.15 * before) }
      }
    }
  }
}
