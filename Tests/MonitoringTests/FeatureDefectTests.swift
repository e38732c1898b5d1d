import Monitoring
import Statistics
import Testing

/// Features that are broken are told from features that drifted.
struct FeatureDefectTests {
  private static let rows = 2_000

  /// Standard normal numbers, by the sum of twelve even ones.
  private static func normal(_ seed: UInt64, _ change: (Double) -> Double = { $0 }) -> [Double] {
    var random = SeededGenerator(seed: seed)
    return (0..<rows).map { _ in
      change((0..<12).reduce(-6.0) { sum, _ in sum + random.uniform() })
    }
  }

  private static func power(_ value: Double) -> Double {
    // 2 to the value, by squaring and roots, is as skewed as amounts are.
    var (result, factor, left) = (1.0, 2.0, abs(value))
    for _ in 0..<20 {
      let whole = left.rounded(.down)
      for _ in 0..<Int(whole) { result *= factor }
      left = (left - whole) * 2
      factor = factor.squareRoot()
    }
    return value < 0 ? 1 / result : result
  }

  private func shift(
    _ reference: [Double], _ current: [Double], categories: [String]? = nil,
    times: [Int64] = []
  ) -> FeatureReport? {
    var evidence = DiagnosisEvidence()
    var (before, now) = (
      DiagnosisTables.Side(rows: reference.count), DiagnosisTables.Side(rows: current.count)
    )
    if !times.isEmpty {
      before.times = reference.indices.map { Int64($0) * 60_000_000 }
      now.times = times
    }
    evidence.tables = DiagnosisTables(
      features: [
        .init(name: "x", reference: reference, current: current, categories: categories)
      ], reference: before, current: now, loss: .brier, isClassification: true)
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (10, 50)
    return Diagnosis(options: options).run(evidence).features.first
  }

  struct Case: CustomTestStringConvertible {
    var testDescription: String
    var reference: [Double]
    var current: [Double]
    /// nil for none: it drifted, or nothing happened.
    var defect: FeatureDefect.Kind?
  }

  static let cases: [Case] = [
    Case(
      testDescription: "metres for kilometres", reference: normal(1) { 100 + 15 * $0 },
      current: normal(2) { 1_000 * (100 + 15 * $0) }, defect: .scale),
    Case(
      testDescription: "cents for euros of skewed amounts", reference: normal(3, power),
      current: normal(4) { 100 * power($0) }, defect: .scale),
    Case(
      testDescription: "Fahrenheit for Celsius", reference: normal(5) { 20 + 5 * $0 },
      current: normal(6) { 32 + 1.8 * (20 + 5 * $0) }, defect: .scale),
    Case(
      testDescription: "amounts that grew by half", reference: normal(7, power),
      current: normal(8) { 1.5 * power($0) }, defect: nil),
    Case(
      testDescription: "a population that moved", reference: normal(9),
      current: normal(10) { $0 + 2 }, defect: nil),
    Case(
      testDescription: "a tenth of rows in another unit", reference: normal(11) { 50 + 5 * $0 },
      current: normal(12) { 50 + 5 * $0 }.enumerated().map { $0 % 10 == 0 ? $1 * 1_000 : $1 },
      defect: .scale),
    Case(
      testDescription: "a tenth of rows from elsewhere", reference: normal(33) { 50 + 5 * $0 },
      current: normal(34).enumerated().map { $0 % 10 == 0 ? 9_000 + $1 : 50 + 5 * $1 },
      defect: .outOfRange),
    Case(
      testDescription: "a third of skewed amounts ten times as large",
      reference: normal(23, power),
      current: normal(24, power).enumerated().map { $0 % 3 == 0 ? $1 * 10 : $1 }, defect: .scale),
    Case(
      testDescription: "most of skewed amounts a tenth",
      reference: normal(25, power),
      current: normal(26, power).enumerated().map { $0 % 8 == 0 ? $1 : $1 / 10 }, defect: .scale),
    Case(
      testDescription: "some rows in seconds for minutes", reference: normal(27) { 30 + 3 * $0 },
      current: normal(28) { 30 + 3 * $0 }.enumerated().map { $0 % 5 == 0 ? $1 / 60 : $1 },
      defect: .scale),
    Case(
      testDescription: "amounts that spread", reference: normal(29, power),
      current: normal(30) { power(1.3 * $0 + 0.5) }, defect: nil),
    Case(
      testDescription: "a seventh that is another population", reference: normal(31, power),
      current: normal(32).enumerated().map { $0 % 7 == 0 ? power($1 / 2 + 3) : power($1) },
      defect: nil),
    Case(
      testDescription: "a sentinel", reference: normal(13),
      current: normal(14).enumerated().map { $0 % 8 == 0 ? -999 : $1 }, defect: .filled),
    Case(
      testDescription: "counts that grew", reference: normal(15) { (4 * power($0 / 2)).rounded() },
      current: normal(16) { (4 * power(($0 + 3) / 2)).rounded() }, defect: nil),
    Case(
      testDescription: "the same again", reference: normal(17, power), current: normal(18, power),
      defect: nil),
  ]

  @Test(arguments: cases) func `Broken numbers are told from others`(_ given: Case) throws {
    let found = try #require(shift(given.reference, given.current))
    #expect(found.defects.first?.kind == given.defect)
  }

  @Test func `Categories of another spelling are no new ones`() throws {
    let names = ["basic", "plus", "pro", "BASIC", "PLUS", "PRO", "other"]
    let before = (0..<Self.rows).map { Double($0 % 3) }
    let spelt = try #require(shift(before, before.map { $0 + 3 }, categories: names))
    #expect(spelt.defects.first?.kind == .encoding)
    // Several that go where others come.
    let codes = ["a", "b", "c", "1", "2", "3"]
    let renamed = try #require(shift(before, before.map { $0 + 3 }, categories: codes))
    #expect(renamed.defects.first?.kind == .encoding)
    let fresh = before.enumerated().map { $0 % 5 == 0 ? 6 : $1 }
    #expect(shift(before, fresh, categories: names)?.defects.isEmpty == true)
  }

  @Test func `What began late in the window is judged by the rows since then`() throws {
    // In the last fifth nothing varies any more; in the whole window, one value is frequent.
    let current = Self.normal(22) { 50 + 5 * $0 }.enumerated().map { index, value in
      index >= 1_600 ? 51 : value
    }
    let times = (0..<Self.rows).map { Int64(Self.rows + $0) * 60_000_000 }
    let reference = Self.normal(21) { 50 + 5 * $0 }
    let found = try #require(shift(reference, current, times: times))
    #expect(found.defects.first?.kind == .constant && found.since != nil)
  }
}
