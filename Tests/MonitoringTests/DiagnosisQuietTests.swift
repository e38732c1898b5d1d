import Monitoring
import Statistics
import Testing

/// What chance, the calendar and the number of rows do is no defect; what they cannot do is one.
struct DiagnosisQuietTests {
  private static let day: Int64 = 86_400_000_000
  /// 2026-03-02, a Monday.
  private static let start = (Instant("2026-03-02")?.microseconds ?? 0)

  private var quick: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    return options
  }

  /// Evenly over days from the first Monday on.
  private static func times(_ rows: Int, days: Range<Int>) -> [Int64] {
    (0..<rows).map {
      start + Int64(days.lowerBound) * day + Int64($0) * Int64(days.count) * day / Int64(rows)
    }
  }

  /// A calibrated model of one amount over four weeks and a week, with a column by the time and the row.
  private func diagnose(
    rows: (Int, Int) = (6_000, 2_000), days: Range<Int> = 28..<35, categories: [String]? = nil,
    _ column: (_ isCurrent: Bool, _ day: Int, _ row: Int) -> Double
  ) -> DiagnosisReport {
    var random = SeededGenerator(seed: 5)
    func side(_ times: [Int64]) -> (DiagnosisTables.Side, [Double]) {
      let amounts = times.map { _ in random.uniform() }
      let scores = amounts.map { 0.1 + 0.8 * $0 }
      return (
        DiagnosisTables.Side(
          scores: scores, outcomes: scores.map { random.uniform() < $0 ? 1 : 0 }, loss: .brier,
          times: times), amounts
      )
    }
    let (first, second) = (
      Self.times(rows.0, days: 0..<28), Self.times(rows.1, days: days)
    )
    let ((one, before), (two, now)) = (side(first), side(second))
    func values(_ times: [Int64], _ isCurrent: Bool) -> [Double] {
      times.enumerated().map { column(isCurrent, Int(($1 - Self.start) / Self.day), $0) }
    }
    var evidence = DiagnosisEvidence()
    evidence.tables = DiagnosisTables(
      features: [
        .init(name: "amount", reference: before, current: now),
        .init(
          name: "x", reference: values(first, false), current: values(second, true),
          categories: categories),
      ], reference: one, current: two, loss: .brier, isClassification: true)
    return Diagnosis(options: quick).run(evidence)
  }

  private func isQuiet(_ report: DiagnosisReport) -> Bool {
    report.diagnostics.filter {
      ["data_quality_check", "traffic_segment_check"].contains($0.checkName)
    }
    .allSatisfy { $0.outcome != .failed } && report.primaryCause == .unknown
  }

  @Test(arguments: [nil, ["no", "yes"]])
  func `A rare value that does not come in a week is no constant`(_ categories: [String]?) {
    for (every, rows) in [(2_000, (6_000, 2_000)), (500, (6_000, 600)), (3, (6_000, 2))] {
      let report = diagnose(rows: rows, categories: categories) { isCurrent, _, row in
        !isCurrent && row % every == 7 % every ? 1 : 0
      }
      #expect(isQuiet(report), "\(report.summary)")
    }
    // One that came in a twentieth of rows does not stay away by chance.
    let stuck = diagnose(categories: categories) { isCurrent, _, row in
      !isCurrent && row % 20 == 7 ? 1 : 0
    }
    #expect(stuck.features.contains { $0.defects.first?.kind == .constant }, "\(stuck.summary)")
    #expect(stuck.primaryCause == .modelBug)
  }

  @Test func `Columns of the calendar are neither broken nor drifted, and notes say so`() {
    let dates = (0..<35).map { offset in
      String(Instant(microseconds: Self.start + Int64(offset) * Self.day).iso8601.prefix(10))
    }
    let date = diagnose(categories: dates) { _, day, _ in Double(day) }
    // 2 March is a Monday; the month is March before the 30th alone.
    let month = diagnose { _, day, _ in day < 30 ? 3 : 4 }
    let newMonth = diagnose(days: 30..<35) { _, day, _ in day < 30 ? 3 : 4 }
    let ofMonth = diagnose { _, day, _ in Double(day < 30 ? day + 2 : day - 29) }
    let weekday = diagnose(rows: (6_000, 300), days: 28..<29) { _, day, _ in Double(day % 7) }
    let counter = diagnose { isCurrent, _, row in Double((isCurrent ? 6_000 : 0) + row) }
    for report in [date, month, newMonth, ofMonth, weekday, counter] {
      #expect(isQuiet(report), "\(report.summary)")
      #expect(!report.features.contains { $0.feature == "x" && $0.drifted })
    }
    for report in [date, newMonth, ofMonth, weekday, counter] {
      #expect(report.notes.contains { $0.contains("`x`") }, "\(report.notes)")
    }
    // Weekdays come again, so that rows may be compared by them.
    #expect(weekday.features.map(\.feature) == ["amount", "x"])
    #expect(date.features.map(\.feature) == ["amount"])
    // What stands still though it varied within each day is stuck.
    let stuck = diagnose { isCurrent, _, row in isCurrent ? 3 : Double(row % 7) }
    #expect(stuck.primaryCause == .modelBug, "\(stuck.summary)")
  }

  @Test(arguments: [1, 10]) func `Infinite values are a defect`(_ every: Int) {
    let report = diagnose { isCurrent, _, row in
      isCurrent && row % every == 0 ? .infinity : Double(row % 11)
    }
    #expect(report.primaryCause == .modelBug, "\(report.summary)")
    #expect(report.features.contains { $0.defects.first?.kind == .nonFinite })
    #expect(report.summary.contains("infinite values of `x`"), "\(report.summary)")
  }

  @Test(arguments: [1, 3]) func `Predictions that are missing are a defect`(_ every: Int) {
    var evidence = DiagnosisEvidence()
    func side(_ rows: Int, days: Range<Int>, gone: Bool) -> DiagnosisTables.Side {
      DiagnosisTables.Side(
        scores: (0..<rows).map { gone && $0 % every == 0 ? .nan : 0.5 },
        outcomes: (0..<rows).map { Double($0 % 2) }, loss: .brier,
        times: Self.times(rows, days: days))
    }
    evidence.tables = DiagnosisTables(
      features: [
        .init(
          name: "x", reference: (0..<2_000).map { Double($0 % 9) },
          current: (0..<600).map { Double($0 % 9) })
      ], reference: side(2_000, days: 0..<28, gone: false),
      current: side(600, days: 28..<35, gone: true), loss: .brier, isClassification: true)
    let report = Diagnosis(options: quick).run(evidence)
    #expect(report.primaryCause == .modelBug, "\(report.summary)")
    #expect(report.summary.contains("missing predictions rose from 0"), "\(report.summary)")
  }
}
