import Statistics
import Testing

/// The change of a loss in parts, segments, changes of level.
struct AttributionTests {
  private var settings: BoostedTrees.Settings {
    var settings = BoostedTrees.Settings()
    (settings.trees, settings.depth) = (30, 3)
    return settings
  }

  private func columns(
    _ rows: Int, features: Int, seed: UInt64, shifted: Int? = nil
  ) -> [AttributionColumn] {
    var generator = SeededGenerator(seed: seed)
    return (0..<features).map { feature in
      AttributionColumn(
        values: (0..<rows).map { _ in generator.uniform() + (feature == shifted ? 0.4 : 0) },
        isCategory: false)
    }
  }

  /// A loss that grows with the first feature, and a little noise.
  private func losses(_ columns: [AttributionColumn], seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return columns[0].values.map { $0 * $0 + 0.1 * generator.uniform() }
  }

  @Test func `Parts add up to the change, and the feature that moved has it`() throws {
    let reference = columns(1_200, features: 4, seed: 1)
    let current = columns(800, features: 4, seed: 2, shifted: 0)
    let found = try LossAttribution(
      reference: reference, referenceLoss: losses(reference, seed: 3), current: current,
      currentLoss: losses(current, seed: 4), settings: settings, pairs: 400, seed: 5)
    let sum =
      found.features.reduce(0) { $0 + $1.value } + found.concept.value + found.unexplained
    #expect(abs(sum - found.change.value) < 1e-12)
    #expect(found.features[0].value > 0.5 * found.change.value)
    for other in found.features.dropFirst() { #expect(abs(other.value) < 0.05) }
  }

  @Test func `Nothing that changed is blamed on nothing`() throws {
    let reference = columns(1_200, features: 4, seed: 11)
    let current = columns(800, features: 4, seed: 12)
    let found = try LossAttribution(
      reference: reference, referenceLoss: losses(reference, seed: 13), current: current,
      currentLoss: losses(current, seed: 14), settings: settings, pairs: 400, seed: 5)
    #expect(abs(found.covariate.z) < 4 && abs(found.concept.z) < 4)
  }

  @Test func `Overlap is whole for the same rows and none for others`() throws {
    let one = columns(800, features: 3, seed: 21)
    let same = try Overlap(
      reference: one, current: columns(800, features: 3, seed: 22), settings: settings, seed: 1)
    #expect(same.share > 0.9 && abs(same.separation - 0.5) < 0.06)
    let far = one.map {
      AttributionColumn(values: $0.values.map { $0 + 10 }, isCategory: false)
    }
    let other = try Overlap(reference: one, current: far, settings: settings, seed: 1)
    #expect(other.share < 0.1 && other.separation > 0.99)
  }

  @Test func `A segment of two conditions is found, and no other`() {
    let reference = columns(4_000, features: 4, seed: 31)
    let current = columns(4_000, features: 4, seed: 32)
    var generator = SeededGenerator(seed: 33)
    let before = reference[0].values.map { _ in generator.uniform() }
    let now = current[0].values.indices.map { row in
      let inside = current[1].values[row] > 0.75 && current[2].values[row] <= 0.25
      return generator.uniform() + (inside ? 0.6 : 0)
    }
    let search = SegmentSearch(
      reference: reference, current: current, referenceResiduals: before, currentResiduals: now)
    #expect(search.segments.count == 1 && search.tested > 100)
    let found = search.segments.first
    #expect(Set(found?.conditions.map(\.feature) ?? []) == [1, 2])
    #expect(abs((found?.effect.value ?? 0) - 0.6) < 0.1)
  }

  @Test func `Noise has segments in few of many tables`() {
    let alarms = (0..<40).count { seed in
      let reference = columns(600, features: 3, seed: UInt64(seed) + 100)
      let current = columns(600, features: 3, seed: UInt64(seed) + 200)
      return !SegmentSearch(
        reference: reference, current: current,
        referenceResiduals: columns(600, features: 1, seed: UInt64(seed) + 300)[0].values,
        currentResiduals: columns(600, features: 1, seed: UInt64(seed) + 400)[0].values
      ).segments.isEmpty
    }
    #expect(alarms <= 6)
  }

  /// Whether a search over rows without any change finds a segment.
  private func isFalseAlarm(_ seed: UInt64, _ draw: (inout SeededGenerator) -> Double) -> Bool {
    var generator = SeededGenerator(seed: seed &* 31 &+ 9)
    func side(_ rows: Int) -> ([AttributionColumn], [Double]) {
      let numbers = (0..<4).map { _ in
        AttributionColumn(
          values: (0..<rows).map { _ in generator.uniform() < 0.1 ? .nan : generator.uniform() },
          isCategory: false)
      }
      // Categories from common to hardly there.
      let codes = AttributionColumn(
        values: (0..<rows).map { _ in (20 * generator.uniform() * generator.uniform()).rounded() },
        isCategory: true)
      return (numbers + [codes], (0..<rows).map { _ in draw(&generator) })
    }
    let (one, two) = (side(1_000), side(400))
    return !SegmentSearch(
      reference: one.0, current: two.0, referenceResiduals: one.1, currentResiduals: two.1
    ).segments.isEmpty
  }

  @Test func `Rare outcomes and heavy tails have segments as seldom as others`() {
    // The level is 5 %: of 100 tables without any change, 5 are to be expected, and 12 are too many.
    #expect((0..<100).count { isFalseAlarm($0) { $0.uniform() < 0.02 ? 0.98 : -0.02 } } <= 12)
    #expect((0..<100).count { isFalseAlarm($0) { 1 / (0.1 + $0.uniform()) } } <= 12)
  }

  @Test func `A segment of a category and a range is found among rare outcomes`() {
    var generator = SeededGenerator(seed: 35)
    func side(_ rows: Int, changed: Bool) -> ([AttributionColumn], [Double]) {
      let amounts = (0..<rows).map { _ in generator.uniform() }
      let shops = (0..<rows).map { _ in Double(generator.index(below: 6)) }
      let others = (0..<rows).map { _ in generator.uniform() }
      let residuals = (0..<rows).map { row in
        let isInside = changed && shops[row] == 4 && amounts[row] > 0.75
        return (generator.uniform() < (isInside ? 0.4 : 0.04) ? 1 : 0) - 0.04
      }
      return (
        [
          AttributionColumn(values: amounts, isCategory: false),
          AttributionColumn(values: shops, isCategory: true),
          AttributionColumn(values: others, isCategory: false),
        ], residuals
      )
    }
    let (one, two) = (side(6_000, changed: false), side(3_000, changed: true))
    let found = SegmentSearch(
      reference: one.0, current: two.0, referenceResiduals: one.1, currentResiduals: two.1
    ).segments
    #expect(found.count == 1)
    #expect(found.first?.conditions.contains(.category(feature: 1, code: 4)) == true)
    #expect(Set(found.first?.conditions.map(\.feature) ?? []) == [0, 1])
  }

  @Test func `A change of level is found where it is, and its range holds it`() {
    var generator = SeededGenerator(seed: 41)
    var found = 0
    for _ in 0..<20 {
      let series = (0..<60).map { generator.uniform() + ($0 >= 37 ? 0.7 : 0) }
      let points = ChangePoints.find(series)
      if points.count == 1, points[0].range.contains(37) { found += 1 }
    }
    #expect(found >= 17)
  }

  @Test func `Series without a change show one as rarely as the level says`() {
    var generator = SeededGenerator(seed: 42)
    let alarms = (0..<200).count { _ in
      !ChangePoints.find((0..<40).map { _ in generator.uniform() }, level: 0.05).isEmpty
    }
    #expect(alarms <= 20)
    #expect(ChangePoints.find([]).isEmpty && ChangePoints.find([1, 1, 1, 1, 1, 1, 1]).isEmpty)
  }

  @Test func `Other shares of outcomes are told from another relation`() throws {
    func rows(_ share: Double, moved: Double, seed: UInt64) -> ([Int], AttributionColumn) {
      var generator = SeededGenerator(seed: seed)
      let outcomes = (0..<2_000).map { _ in generator.uniform() < share ? 1 : 0 }
      let values = outcomes.map { generator.uniform() + Double($0) * moved }
      return (outcomes, AttributionColumn(values: values, isCategory: false))
    }
    let (one, before) = rows(0.3, moved: 0.5, seed: 51)
    let (two, shifted) = rows(0.6, moved: 0.5, seed: 52)
    let prior = try LabelShift(
      reference: one, current: two, outcomes: 2, referenceColumns: [before],
      currentColumns: [shifted], referenceLoss: one.map { Double($0) })
    #expect(prior.conditionalPValue > 0.01 && prior.support > 10)
    #expect(abs((prior.explainedLoss ?? 0) - 0.3) < 0.05)
    // Without scores the column that tells outcomes apart says it, wherever it stands.
    let (_, plain) = rows(0.3, moved: 0, seed: 54)
    for (columns, others) in [
      ([before, plain], [shifted, plain]), ([plain, before], [plain, shifted]),
    ] {
      let shift = try LabelShift(
        reference: one, current: two, outcomes: 2, referenceColumns: columns,
        currentColumns: others, referenceLoss: [])
      #expect(shift.support == prior.support)
    }
    let told = try LabelShift(
      reference: one, current: two, outcomes: 2, referenceColumns: [before, plain],
      currentColumns: [shifted, plain], scores: 1, referenceLoss: [])
    #expect(abs(told.support) < 1)
    let (three, other) = rows(0.3, moved: -0.5, seed: 53)
    let relation = try LabelShift(
      reference: one, current: three, outcomes: 2, referenceColumns: [before],
      currentColumns: [other], referenceLoss: [])
    #expect(relation.conditionalPValue < 1e-6 && relation.explainedLoss == nil)
  }

  @Test func `Outcomes with too few rows to compare are told`() throws {
    func outcomes(_ rare: Int) -> [Int] {
      (0..<200).map { $0 % 2 } + [Int](repeating: 2, count: rare) + [-1]
    }
    func shift(_ rare: Int, _ now: Int) throws -> [Int] {
      let (one, two) = (outcomes(rare), outcomes(now))
      func column(_ codes: [Int]) -> AttributionColumn {
        AttributionColumn(values: codes.indices.map { Double($0 % 7) }, isCategory: false)
      }
      return try LabelShift(
        reference: one, current: two, outcomes: 4, referenceColumns: [column(one)],
        currentColumns: [column(two)], referenceLoss: []
      ).uncompared
    }
    // The fourth has no rows at all, so that there is nothing to say of it.
    #expect(try shift(20, 20) == [] && shift(19, 40) == [2] && shift(40, 0) == [2])
  }

  @Test func `Logistic regression finds the coefficients of its rows`() throws {
    var generator = SeededGenerator(seed: 61)
    let rows = (0..<4_000).map { _ in [generator.uniform() * 4 - 2, generator.uniform()] }
    let truth = RidgeLogistic(coefficients: [-0.5, 1.5, 0])
    let happened = rows.map { generator.uniform() < truth.probability($0) }
    let found = try RidgeLogistic(rows: rows, happened: happened, ridge: 0.01)
    for (one, two) in zip(found.coefficients, truth.coefficients) { #expect(abs(one - two) < 0.2) }
    #expect(throws: UndefinedStatistic.oneClassOnly) {
      try RidgeLogistic(rows: [[1]], happened: [true])
    }
  }
}
