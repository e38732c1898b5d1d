import Foundation
import Monitoring
import Statistics
import Testing

/// What is said of models that got better, of what cannot be known, and of checks of one's own.
struct DiagnosisVerdictTests {
  private var quick: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    return options
  }

  /// 3 000 rows of an amount and a region, of which every tenth is in the north.
  private struct Rows {
    var amounts: [Double] = []
    var regions: [Double] = []
    var scores: [Double] = []
    var outcomes: [Double] = []

    /// The model says 0.05 or 0.95 by the amount; `flips` is how often it is wrong beyond that, by region.
    init(
      seed: UInt64, flips: (Double) -> Double,
      score: (Double) -> Double = { $0 < 0.5 ? 0.05 : 0.95 }
    ) {
      var random = SeededGenerator(seed: seed)
      for row in 0..<3_000 {
        let amount = random.uniform()
        let region = row % 10 == 0 ? 0.0 : 1
        let isUsual = random.uniform() >= flips(region)
        amounts.append(amount)
        regions.append(region)
        scores.append(score(amount))
        outcomes.append((random.uniform() < (amount < 0.5 ? 0.05 : 0.95)) == isUsual ? 1 : 0)
      }
    }

    var side: DiagnosisTables.Side {
      DiagnosisTables.Side(scores: scores, outcomes: outcomes, loss: .brier)
    }
  }

  private func diagnose(
    _ reference: Rows, _ current: Rows, own: [DiagnosticResult] = [], features: Bool = true
  ) -> DiagnosisReport {
    var evidence = DiagnosisEvidence()
    evidence.results = own
    evidence.tables = DiagnosisTables(
      features: features
        ? [
          .init(name: "amount", reference: reference.amounts, current: current.amounts),
          .init(
            name: "region", reference: reference.regions, current: current.regions,
            categories: ["north", "south"]),
        ] : [], reference: reference.side, current: current.side, loss: .brier,
      isClassification: true)
    return Diagnosis(options: quick).run(evidence)
  }

  private func result(_ report: DiagnosisReport, _ name: String) -> DiagnosticResult? {
    report.diagnostics.first { $0.checkName == name }
  }

  @Test func `A rollout that made the model better is not blamed`() {
    let before = Rows(seed: 1, flips: { _ in 0 }, score: { 0.4 + 0.2 * $0 })
    let report = diagnose(before, Rows(seed: 2, flips: { _ in 0 }))
    #expect(report.degraded == false && (report.attribution?.change ?? 0) < -0.05)
    // What changed is seen, and said.
    #expect(result(report, "model_validation_check")?.outcome == .failed)
    #expect(report.causes.allSatisfy { $0.score < 0.5 }, "\(report.summary)")
    #expect(report.verdict == .nothingWrong && report.status == .healthy)
    #expect(report.summary.contains("the loss fell from"))
    #expect(report.summary.contains("other scores to the same features"), "\(report.summary)")
  }

  @Test func `A reference with noisy labels makes no cause of clean ones`() {
    let report = diagnose(
      Rows(seed: 3, flips: { _ in 0.2 }), Rows(seed: 4, flips: { _ in 0 }))
    #expect(result(report, "concept_drift_check")?.outcome == .failed)
    #expect(report.causes.first { $0.cause == .conceptDrift }?.score == 0)
    #expect(report.verdict == .nothingWrong && report.status == .healthy, "\(report.summary)")
  }

  @Test func `A segment that got worse is named, though the whole got better`() {
    let report = diagnose(
      Rows(seed: 5, flips: { _ in 0.2 }), Rows(seed: 6, flips: { $0 == 0 ? 0.7 : 0 }))
    #expect(report.degraded == false && (report.attribution?.change ?? 0) < 0)
    #expect(report.primaryCause == .conceptDrift, "\(report.summary)")
    #expect(report.segments.contains { $0.segment == "region = north" && $0.excess > 0 })
    #expect(report.summary.contains("the loss fell from"), "\(report.summary)")
  }

  @Test func `Without features, whether the relation changed is not known`() {
    let before = Rows(seed: 7, flips: { _ in 0 })
    var now = Rows(seed: 8, flips: { _ in 0 })
    now.outcomes = now.outcomes.enumerated().map { $0 % 3 == 0 ? 1 : $1 }
    let report = diagnose(before, now, features: false)
    let target = result(report, "target_drift_check")
    #expect(target?.outcome == .unknown)
    #expect(target?.message.contains("whether the relation changed is not known") == true)
    // Labels are there; what is missing is named.
    let concept = result(report, "concept_drift_check")
    #expect(concept?.outcome == .unknown && concept?.message.contains("no features") == true)
  }

  @Test func `Classes with too few rows to compare are named`() {
    var evidence = DiagnosisEvidence()
    func side(_ rare: Int) -> DiagnosisTables.Side {
      let codes = (0..<400).map { Int32($0 < rare ? 2 : $0 % 2) }
      var side = DiagnosisTables.Side(
        scores: codes.map { _ in 0.5 }, outcomes: codes.map { $0 == 1 ? 1 : 0 }, loss: .brier)
      side.classes = codes
      return side
    }
    var tables = DiagnosisTables(
      features: [
        .init(
          name: "amount", reference: (0..<400).map { Double($0 % 9) },
          current: (0..<400).map { Double($0 % 9) })
      ], reference: side(12), current: side(12), loss: .brier, isClassification: true)
    tables.classes = ["ok", "late", "lost"]
    evidence.tables = tables
    let target = result(Diagnosis(options: quick).run(evidence), "target_drift_check")
    let figure = target?.details.first { $0.name == "outcomes_not_compared" }
    #expect(figure?.value == 1 && figure?.text?.hasSuffix(": `lost`") == true, "\(figure as Any)")
  }

  private struct Refunds: Diagnostic {
    let name = "refunds"
    let cause = RootCause.unknown

    func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult { .unknown(self, "not asked") }
  }

  @Test func `A failed check that names no cause leaves no doubt that the model held`() {
    let failed = DiagnosticResult(
      Refunds(), failed: true, severity: .critical, strength: 0.9, message: "refunds is 7",
      remediation: "Ask the payments team")
    let report = diagnose(
      Rows(seed: 9, flips: { _ in 0 }), Rows(seed: 10, flips: { _ in 0 }), own: [failed])
    #expect(report.degraded == false && report.primaryCause == .unknown)
    #expect(
      report.summary == "the model did not get worse; own diagnostics failed: refunds",
      "\(report.summary)")
    // That is known, and something is wrong.
    #expect(report.verdict == .undetermined && report.status == .degraded)
    #expect(report.recommendedActions == ["Ask the payments team — refunds is 7"])
  }

  @Test func `A small rise does not hide the spike that follows it`() {
    let day: Int64 = 86_400_000_000
    func side(_ days: Range<Int>, _ rows: (Int) -> Int) -> DiagnosisTables.Side {
      let times = days.flatMap { at in
        (0..<rows(at)).map { Int64(at) * day + Int64($0) * day / Int64(rows(at)) }
      }
      return DiagnosisTables.Side(
        scores: times.map { _ in 0.5 }, outcomes: times.map { Double($0 % 2) }, loss: .brier,
        times: times)
    }
    func traffic(_ rows: (Int) -> Int) -> DiagnosticResult? {
      var evidence = DiagnosisEvidence()
      evidence.tables = DiagnosisTables(
        features: [], reference: side(0..<28) { 100 + $0 % 3 }, current: side(28..<56, rows),
        loss: .brier, isClassification: true)
      return result(Diagnosis(options: quick).run(evidence), "traffic_volume_check")
    }
    func ratio(_ traffic: DiagnosticResult?) -> Double {
      traffic?.details.first { $0.name == "traffic_ratio" }?.value ?? 0
    }
    let spike = traffic { $0 < 33 ? 100 + $0 % 3 : $0 < 43 ? 130 + $0 % 3 : 400 + $0 % 3 }
    #expect(spike?.outcome == .failed)
    // Four times what it was before any rise, since the day of the spike.
    #expect(abs(ratio(spike) - 4) < 0.1, "\(ratio(spike))")
    #expect(spike?.since == Instant(microseconds: 43 * day))
    // One that rises on is dated where it began.
    let steps = traffic { $0 < 35 ? 100 + $0 % 3 : $0 < 45 ? 400 + $0 % 3 : 440 + $0 % 3 }
    #expect(abs(ratio(steps) - 4.4) < 0.1, "\(ratio(steps))")
    #expect(steps?.since == Instant(microseconds: 35 * day))
  }
}
