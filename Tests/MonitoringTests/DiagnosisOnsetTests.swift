import Foundation
import Monitoring
import Statistics
import Testing

/// Since when something is wrong, where it began shortly before the end.
struct DiagnosisOnsetTests {
  private static let day: Int64 = 86_400_000_000

  /// Five weeks of an amount, every second one of which is missing since `days` before the end: the rows that
  /// the service looks at where it is told to look at a thousand of a side.
  private func diagnose(until end: Int64, days: Double, seed: UInt64) -> DiagnosisReport {
    var random = SeededGenerator(seed: seed)
    func side(_ rows: Int, from: Double, to: Double) -> (DiagnosisTables.Side, [Double]) {
      let ago = (0..<rows).map { from - (from - to) * Double($0) / Double(rows) }
      var side = DiagnosisTables.Side(rows: rows)
      side.times = ago.map { end - Int64($0 * Double(Self.day)) }
      let amounts = ago.enumerated().map { row, ago in
        let amount = random.uniform()
        return ago < days && row % 2 == 0 ? Double.nan : amount
      }
      return (side, amounts)
    }
    let (reference, before) = side(1_000, from: 35, to: 7)
    let (current, now) = side(800, from: 7, to: 0.1)
    var evidence = DiagnosisEvidence()
    evidence.tables = DiagnosisTables(
      features: [.init(name: "amount", reference: before, current: now)], reference: reference,
      current: current, loss: .brier, isClassification: true)
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    return Diagnosis(options: options).run(evidence)
  }

  @Test(arguments: 0..<24)
  func `A pipeline that broke in the last days is dated at any hour`(_ hour: Int) throws {
    let midnight = try #require(Instant("2026-03-10T00:00:00Z")).microseconds
    let end = midnight + Int64(hour) * Self.day / 24 + Int64(hour) * 97_000_000
    for days in [4.0, 3, 2] {
      let report = diagnose(until: end, days: days, seed: UInt64(100 + hour))
      let result = report.diagnostics.first { $0.checkName == "data_quality_check" }
      #expect(result?.outcome == .failed)
      let since = try #require(result?.since, "\(hour):00, \(days) days")
      let ago = Double(end - since.microseconds) / Double(Self.day)
      #expect(abs(ago - days) < 0.6, "\(hour):00: \(ago) for \(days) days")
    }
  }
}
