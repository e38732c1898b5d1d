import DataSources
import Foundation
import Monitoring
import Support
import Testing

/// Diagnoses of models that are no binary classifiers.
struct DiagnosisTaskTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func diagnose(
    _ options: PerformanceOptions, loss: DiagnosisLoss? = nil, _ rows: (String) -> String
  ) throws -> DiagnosisReport {
    let sources = SourceOpener()
    let reference = try folder.write("r.parquet", rowsOf: rows("reference"))
    let current = try folder.write("c.parquet", rowsOf: rows("current"))
    var settings = DiagnosisOptions()
    settings.pairs = 200
    var evidence = DiagnosisEvidence()
    evidence.tables = try DiagnosisReader(
      reference: sources.open(reference), current: sources.open(current), options: options,
      loss: loss
    ).read().tables
    return Diagnosis(options: settings).run(evidence)
  }

  /// Three classes by an amount and a region; in current rows of the north, `late` and `lost` are exchanged.
  private func parcels(_ side: String, changed: Bool) -> String {
    let seed = side == "reference" ? 1 : 100_000
    let isOther = changed && side == "current" ? "region = 'north'" : "false"
    return """
      SELECT made, region, amount, p_ok, p_late, p_lost,
        CASE WHEN p_ok >= p_late AND p_ok >= p_lost THEN 'ok' WHEN p_late >= p_lost THEN 'late'
          ELSE 'lost' END AS predicted,
        CASE WHEN draw < p_ok THEN 'ok' WHEN (draw < p_ok + p_late) <> (\(isOther)) THEN 'late'
          ELSE 'lost' END AS truth
      FROM (
        SELECT *, 1 - p_ok - p_late AS p_lost FROM (
          SELECT *, 0.2 + 0.6 * amount AS p_ok, 0.7 * (0.8 - 0.6 * amount) AS p_late FROM (
            SELECT TIMESTAMP '2026-01-01' + INTERVAL 10 MINUTE * range AS made,
              CASE WHEN hash(range + \(seed)) % 3 = 0 THEN 'north' ELSE 'south' END AS region,
              (hash(range + \(seed + 7)) % 1009) / 1009.0 AS amount,
              (hash(range + \(seed + 13)) % 10007) / 10007.0 AS draw
            FROM range(4000))))
      """
  }

  private var classes: PerformanceOptions {
    var options = PerformanceOptions()
    options.target = "truth"
    options.prediction = "predicted"
    options.timestamp = "made"
    return options
  }

  @Test(arguments: [DiagnosisLoss.brier, .logLoss, .zeroOne])
  func `Of three classes, a relation that changed in one region is found there`(
    _ loss: DiagnosisLoss
  ) throws {
    var options = classes
    options.probabilities = ["ok", "late", "lost"].map { .init(label: $0, column: "p_\($0)") }
    let report = try diagnose(options, loss: loss) { parcels($0, changed: true) }
    #expect(report.attribution?.loss == loss && report.primaryCause == .conceptDrift)
    #expect(report.causes[0].evidence.first?.contains("region = north") == true)
    let attribution = try #require(report.attribution)
    #expect(abs(attribution.parts.reduce(0) { $0 + $1.value } - attribution.change) < 1e-12)
    #expect(report.notes.contains { $0.contains("against all others") })
    // The class that changed is looked at, not the most frequent one.
    #expect(!report.notes.contains { $0.contains("class `ok`") })
    let quiet = try diagnose(options, loss: loss) { parcels($0, changed: false) }
    #expect(quiet.verdict == .nothingWrong && quiet.primaryCause == .unknown)
  }

  /// Rows of `classes` that are predicted right, but for those of `c7` on the current side.
  private func read(classes: Int) throws -> DiagnosisTables {
    func rows(_ side: String) throws -> Relation {
      let predicted =
        side == "current" ? "(range % \(classes) + (range % \(classes) = 7)::INT)" : "range"
      return try SourceOpener().open(
        folder.write(
          "\(side)-\(classes).parquet",
          rowsOf: """
            SELECT TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * range AS made, range % 5 AS amount,
              'c' || (range % \(classes)) AS truth, 'c' || (\(predicted) % \(classes)) AS predicted
            FROM range(40000)
            """))
    }
    return try DiagnosisReader(
      reference: rows("reference"), current: rows("current"), options: self.classes
    ).read().tables
  }

  @Test(arguments: [10, 4_000])
  func `Of many classes, the one that changed most is found`(_ count: Int) throws {
    let found = try read(classes: count)
    #expect(found.notes.contains { $0.contains("class `c7`") }, "\(found.notes)")
  }

  @Test func `Classes alone are measured by how many are wrong`() throws {
    let report = try diagnose(classes) { parcels($0, changed: true) }
    #expect(report.attribution?.loss == .zeroOne)
    #expect(report.primaryCause == .conceptDrift)
    #expect(throws: MonitoringError.self) {
      try diagnose(classes, loss: .logLoss) { parcels($0, changed: true) }
    }
  }

  /// A price that the model knows up to an amount of 1; in current rows, large amounts are many.
  private func prices(_ side: String) -> String {
    let seed = side == "reference" ? 1 : 100_000
    let share = side == "reference" ? 5 : 60
    return """
      SELECT made, amount, other, 10 * amount AS predicted, 10 * amount + 2 * noise
          + CASE WHEN amount > 1 THEN 6 * (noise + 0.5) ELSE 0 END AS price, 'q' || (range % 50) AS query
      FROM (
        SELECT range, TIMESTAMP '2026-01-01' + INTERVAL 10 MINUTE * range AS made,
          (hash(range + \(seed)) % 1009) / 1009.0
            + CASE WHEN hash(range + \(seed + 5)) % 100 < \(share) THEN 1 ELSE 0 END AS amount,
          (hash(range + \(seed + 7)) % 1009) / 1009.0 AS other,
          (hash(range + \(seed + 9)) % 1009) / 1009.0 - 0.5 AS noise
        FROM range(4000))
      """
  }

  private var numbers: PerformanceOptions {
    var options = PerformanceOptions()
    options.target = "price"
    options.prediction = "predicted"
    options.timestamp = "made"
    return options
  }

  @Test(arguments: [DiagnosisLoss.squaredError, .absoluteError])
  func `Of numbers, the drift that makes errors larger is named with its feature`(
    _ loss: DiagnosisLoss
  ) throws {
    let report = try diagnose(numbers, loss: loss, prices)
    #expect(report.attribution?.loss == loss)
    #expect(report.primaryCause == .dataDrift)
    let attribution = try #require(report.attribution)
    #expect(attribution.parts.first?.feature == "amount")
    // Few reference rows have large amounts: what is learnt of them may fall short.
    #expect(attribution.covariate > 0.6 * attribution.change)
    #expect(attribution.covariate + attribution.unfamiliar > 0.75 * attribution.change)
    #expect(abs(attribution.parts.reduce(0) { $0 + $1.value } - attribution.change) < 1e-9)
  }

  @Test func `Of a ranking, what cannot be told is unknown and says how it could be`() throws {
    var options = numbers
    options.group = "query"
    let report = try diagnose(options, prices)
    #expect(report.degraded == nil && report.attribution == nil)
    let concept = report.diagnostics.first { $0.checkName == "concept_drift_check" }
    #expect(concept?.outcome == .unknown)
    #expect(concept?.message.contains("--task regression") == true)
    // Inputs can be judged all the same.
    let drift = report.diagnostics.first { $0.checkName == "data_drift_check" }
    #expect(drift?.outcome == .failed && drift?.message.contains("`amount`") == true)
    options.task = .regression
    #expect(try diagnose(options, prices).attribution != nil)
  }
}
