import Statistics
import Testing

/// What has to hold whatever the numbers are.
struct PropertyTests {
  /// A sample from a seed: normal-like, with ties where `digits` rounds.
  private func sample(_ count: Int, seed: UInt64, shift: Double = 0, tied: Bool = false) -> [Double]
  {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let sum = (0..<12).reduce(-6.0) { total, _ in total + generator.uniform() } + shift
      return tied ? (sum * 4).rounded() / 4 : sum
    }.sorted()
  }

  @Test(arguments: [0, 1, 2, 511, 512, 5_000, 100_000])
  func `Sorting orders any finite numbers`(_ count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let special = [
      0, -0.0, 1, -1, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    ]
    var values = (0..<count).map { index in
      index % 7 == 0
        ? special[index / 7 % special.count]
        : (generator.uniform() - 0.5) * 1e3
    }
    let expected = values.sorted()
    sortAscending(&values)
    #expect(values == expected)
  }

  @Test func `Moments of numbers whose sum is out of range`() {
    let huge = Double.greatestFiniteMagnitude
    var values = (0..<100).map { $0 % 2 == 0 ? huge : -huge }
    var moments = Moments(values.span)
    #expect(abs(moments.mean) < huge / 50)
    #expect(moments.variance == nil)
    #expect(moments.maximum == huge)
    values = values.map(abs)
    moments = Moments(values.span)
    #expect(abs(moments.mean / huge - 1) < 1e-12)
    let upper = quantile([-huge, huge].span, 0.75) ?? 0
    #expect(abs(upper / huge - 0.5) < 1e-15)
  }

  @Test func `Moments of parts add up to those of the whole`() {
    let values = sample(10_007, seed: 3, shift: 1e6)
    let whole = Moments(values)
    for cut in [0, 1, 13, 5_000, 10_006, 10_007] {
      var merged = Moments(Array(values[..<cut]))
      merged.merge(Moments(Array(values[cut...])))
      #expect(merged.count == whole.count)
      #expect(agree(merged.mean, whole.mean, within: 1e-13))
      #expect(agree(merged.squaredDeviations, whole.squaredDeviations, within: 1e-9))
      #expect(merged.minimum == whole.minimum)
      #expect(merged.maximum == whole.maximum)
    }
  }

  @Test(arguments: [(0, 0, 0), (3, 0, 3), (0, 4, 4), (2, 5, 7), (1, 0, 9), (3, 4, 1_000)])
  func `Moments of counted values are those of the values`(
    _ ones: Int, _ minusOnes: Int, _ count: Int
  ) {
    let values =
      [Double](repeating: 1, count: ones) + [Double](repeating: -1, count: minusOnes)
      + [Double](repeating: 0, count: count - ones - minusOnes)
    let (counted, whole) = (Moments(ones: ones, minusOnes: minusOnes, of: count), Moments(values))
    #expect(counted.count == whole.count)
    #expect(counted.minimum == whole.minimum && counted.maximum == whole.maximum)
    #expect(abs(counted.mean - whole.mean) < 1e-12)
    #expect(abs(counted.squaredDeviations - whole.squaredDeviations) < 1e-9)
  }

  @Test(arguments: [false, true])
  func `Distances are symmetric, and nothing is far from itself`(_ tied: Bool) throws {
    let r = sample(700, seed: 1, tied: tied)
    let c = sample(900, seed: 2, shift: 0.3, tied: tied)
    #expect(
      try kolmogorovSmirnovDistance(r, c) == kolmogorovSmirnovDistance(c, r))
    #expect(agree(try wasserstein(r, c), try wasserstein(c, r), within: 1e-12))
    #expect(
      agree(try energyDistance(r, c), try energyDistance(c, r), within: 1e-12))
    #expect(try kolmogorovSmirnovDistance(r, r) == 0)
    #expect(try wasserstein(r, r) == 0)
    #expect(try kolmogorovSmirnov(r, r).pValue == 1)
  }

  @Test func `Rank tests see only the order of values`() throws {
    let r = sample(300, seed: 5)
    let c = sample(400, seed: 6, shift: 0.2)
    let (r3, c3) = (r.map { $0 * $0 * $0 + 7 }, c.map { $0 * $0 * $0 + 7 })
    #expect(
      try kolmogorovSmirnov(r, c).pValue == kolmogorovSmirnov(r3, c3).pValue)
    #expect(try mannWhitney(r, c) == mannWhitney(r3, c3))
    #expect(try andersonDarling(r, c) == andersonDarling(r3, c3))
  }

  @Test func `The Wasserstein distance grows with scale and not with shift`() throws {
    let r = sample(300, seed: 7)
    let c = sample(250, seed: 8, shift: 0.5)
    let distance = try wasserstein(r, c)
    let scaled = try wasserstein(r.map { 3 * $0 + 11 }, c.map { 3 * $0 + 11 })
    #expect(agree(scaled, 3 * distance, within: 1e-9))
    #expect(agree(try wasserstein(r, r.map { $0 + 2 }), 2, within: 1e-12))
  }

  @Test(arguments: [false, true])
  func `Counting unsorted values gives the cells of sorted ones`(_ tied: Bool) {
    let r = sample(3_000, seed: 9, tied: tied)
    let c = sample(2_000, seed: 10, shift: 0.4, tied: tied)
    for count in [1, 2, 10, 100] {
      let cells = Cells.equalFrequency(sortedReference: r, count: count)
      var counts = [Int](repeating: 0, count: cells.count)
      cells.count(Array(c.reversed()), into: &counts)
      #expect(counts == cells.counts(sorted: c))
      #expect(counts.reduce(0, +) == c.count)
      for value in c.prefix(50) {
        let index = cells.index(of: value)
        #expect(index == 0 || cells.cuts[index - 1] < value)
        #expect(index == cells.cuts.count || value <= cells.cuts[index])
      }
    }
  }

  @Test(arguments: [false, true])
  func `Bounds from cells hold the exact figures`(_ tied: Bool) throws {
    for seed in 11..<31 as Range<UInt64> {
      let r = sample(1_500, seed: seed, tied: tied)
      let c = sample(1_200, seed: seed + 100, shift: Double(seed % 4) * 0.15, tied: tied)
      let thinned = stride(from: 0, to: r.count, by: 5).map { r[$0] }
      let cells = Cells.withPointMasses(sortedSample: thinned, count: 60)
      let counts = (cells.counts(sorted: r), cells.counts(sorted: c))
      let exact = try kolmogorovSmirnovDistance(r, c)
      let bounds = try kolmogorovSmirnovBounds(cells, reference: counts.0, current: counts.1)
      #expect(bounds.lower <= exact + 1e-12 && exact <= bounds.upper + 1e-12)
      let distance = try wasserstein(r, c)
      let range = try wassersteinBounds(
        cells, minimum: min(r[0], c[0]), maximum: max(r[r.count - 1], c[c.count - 1]),
        reference: counts.0, current: counts.1)
      #expect(range.lower <= distance + 1e-9 && distance <= range.upper + 1e-9)
    }
  }

  @Test func `Exact p-values of small samples are those of all arrangements`() throws {
    // All ways to choose which 4 of 9 distinct values are the reference.
    let values = (1...9).map(Double.init)
    var ks: [Double: (total: Int, observedP: Double)] = [:]
    var count = 0
    for mask in 0..<512 where mask.nonzeroBitCount == 4 {
      let r = values.indices.filter { mask >> $0 & 1 == 1 }.map { values[$0] }
      let c = values.indices.filter { mask >> $0 & 1 == 0 }.map { values[$0] }
      let test = try kolmogorovSmirnov(r, c)
      let key = (test.statistic * 20).rounded() / 20
      ks[key, default: (0, test.pValue)].total += 1
      count += 1
    }
    var atLeast = 0
    for (_, entry) in ks.sorted(by: { $0.key > $1.key }) {
      atLeast += entry.total
      #expect(agree(entry.observedP, Double(atLeast) / Double(count), within: 1e-12))
    }
  }

  @Test func `Drift in all columns together is found, and its absence is not`() throws {
    func rows(_ count: Int, seed: UInt64, shift: Double) -> [Double] {
      var generator = SeededGenerator(seed: seed)
      return (0..<count * 3).map { _ in
        (0..<12).reduce(-6.0) { total, _ in total + generator.uniform() } + shift
      }
    }
    let reference = rows(300, seed: 1, shift: 0)
    let drifted = try maximumMeanDiscrepancy(
      reference: reference, current: rows(300, seed: 2, shift: 0.5), columns: 3)
    let stable = try maximumMeanDiscrepancy(
      reference: reference, current: rows(300, seed: 3, shift: 0), columns: 3)
    #expect(drifted.pValue < 0.01)
    #expect(stable.pValue > 0.05)
    #expect(drifted.biased > 10 * stable.biased)
    let again = try maximumMeanDiscrepancy(
      reference: reference, current: rows(300, seed: 2, shift: 0.5), columns: 3)
    #expect(again == drifted)
  }

  @Test func `Random features come near the exact discrepancy`() throws {
    func rows(_ count: Int, seed: UInt64, shift: Double) -> [Double] {
      var generator = SeededGenerator(seed: seed)
      return (0..<count * 2).map { _ in generator.uniform() * 3 + shift }
    }
    let exact = try maximumMeanDiscrepancy(
      reference: rows(2_000, seed: 1, shift: 0), current: rows(2_000, seed: 2, shift: 0.4),
      columns: 2, gamma: 0.5, permutations: 9)
    let approximate = try maximumMeanDiscrepancy(
      reference: rows(2_001, seed: 1, shift: 0), current: rows(2_000, seed: 2, shift: 0.4),
      columns: 2, gamma: 0.5, permutations: 9)
    #expect(exact.randomFeatures == nil)
    #expect(approximate.randomFeatures == 256)
    #expect(agree(approximate.biased, exact.biased, within: 0.3))
    #expect(approximate.pValue == 0.1)
  }

  @Test func `Samples without values, or of one value, say so`() {
    let none: [Double] = []
    let same = [2.0, 2, 2, 2, 2, 2]
    #expect(throws: UndefinedStatistic.emptySample(.reference)) {
      try kolmogorovSmirnov(none, same)
    }
    #expect(throws: UndefinedStatistic.emptySample(.current)) {
      try wasserstein(same, none)
    }
    #expect(throws: UndefinedStatistic.constantSamples) {
      try andersonDarling(same, same)
    }
    #expect(throws: UndefinedStatistic.constantSamples) {
      try mannWhitney([Double](repeating: 1, count: 20), [Double](repeating: 1, count: 20))
    }
    #expect(throws: UndefinedStatistic.constantSamples) {
      try welchT(Moments(same), Moments(same))
    }
    #expect(throws: UndefinedStatistic.constantSamples) { try eppsSingleton(same, same) }
    #expect(throws: UndefinedStatistic.outOfRange) {
      try wasserstein(
        [-Double.greatestFiniteMagnitude], [Double.greatestFiniteMagnitude])
    }
  }
}
