import Foundation
import Statistics
import Testing

/// The analysis of experiments, beside what SciPy, statsmodels and other ways to compute say.
struct ExperimentTests {
  struct Reference: Decodable {
    let comparisons: [Comparison]
    let covariate: Covariate
    let clusters: Clusters
    let sequential: [Sequential]
    let sizes: [Size]
    let ratios: [Ratio]
  }

  struct Comparison: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let control: [Double]
    let treatment: [Double]
    let p: Double
    let df: Double
    let interval: [Double]
    let lift: [Double]
    var testDescription: String { name }
  }

  struct Covariate: Decodable, Sendable {
    let x: [Double]
    let y: [Double]
    let controls: Int
    let slope: Double
    let difference: Double
  }

  struct Clusters: Decodable, Sendable {
    let sizes: [Double]
    let sums: [Double]
    let ratio: Double
    let variance: Double
  }

  struct Sequential: Decodable, Sendable, CustomTestStringConvertible {
    let fractions: [Double]
    let alpha: Double
    let spending: String
    let sides: Int
    let z: [Double]
    let spent: [Double]
    var testDescription: String { "\(spending) at \(fractions), \(sides) sides" }
  }

  struct Size: Decodable, Sendable, CustomTestStringConvertible {
    let sd: Double?
    let baseline: Double
    let effect: Double
    let alpha: Double
    let power: Double
    let n: Int
    var testDescription: String { "\(sd.map { "mean, sd \($0)" } ?? "share"), \(effect)" }

    var design: ExperimentDesign {
      ExperimentDesign(
        metric: sd.map { .mean(standardDeviation: $0) } ?? .proportion, baseline: baseline,
        minimumEffect: effect, alpha: alpha)
    }
  }

  struct Ratio: Decodable, Sendable {
    let counts: [Int]
    let shares: [Double]
    let p: Double
  }

  static let reference: Reference? = try? Fixture.load("experiments")

  private func estimate(_ values: [Double]) -> MeanEstimate { MeanEstimate(Moments(values)) }

  @Test func `The fixture holds cases`() throws {
    let reference: Reference = try Fixture.load("experiments")
    #expect(reference.comparisons.count >= 6 && reference.sequential.count >= 9)
  }

  @Test(arguments: reference?.comparisons ?? [])
  func `Difference, interval and lift`(_ example: Comparison) throws {
    let result = try VariantComparison(
      control: estimate(example.control), treatment: estimate(example.treatment))
    #expect(agree(result.pValue, example.p))
    #expect(agree(result.degreesOfFreedom, example.df))
    #expect(agree(result.interval.lower, example.interval[0], within: 1e-8))
    #expect(agree(result.interval.upper, example.interval[1], within: 1e-8))
    #expect(agree(result.lift, example.lift[0], within: 1e-8))
    #expect(agree(result.liftInterval?.lower, example.lift[1], within: 1e-8))
    #expect(agree(result.liftInterval?.upper, example.lift[2], within: 1e-8))
    let leavesOutZero = result.interval.lower > 0 || result.interval.upper < 0
    #expect((result.pValue < 0.05) == leavesOutZero)
  }

  @Test func `What cannot be compared says why`() {
    #expect(throws: UndefinedStatistic.tooFewObservations(required: 2, got: 1)) {
      try VariantComparison(control: estimate([1]), treatment: estimate([1, 2]))
    }
    #expect(throws: UndefinedStatistic.constantSamples) {
      try VariantComparison(control: estimate([1, 1]), treatment: estimate([2, 2]))
    }
    let zero = try? VariantComparison(control: estimate([-1, 1]), treatment: estimate([1, 2]))
    #expect(zero != nil && zero?.lift == nil)
  }

  @Test func `A covariate takes out of the metric what regression takes out`() throws {
    let example = try #require(Self.reference?.covariate)
    var arms = [PairedMoments(), PairedMoments()]
    for (index, (x, y)) in zip(example.x, example.y).enumerated() {
      arms[index < example.controls ? 0 : 1].add(x, y)
    }
    let slope = PairedMoments.commonSlope(arms)
    #expect(agree(slope, example.slope))
    let adjusted = arms.map { $0.adjusted(slope: slope, around: 3) }
    let result = try VariantComparison(control: adjusted[0], treatment: adjusted[1])
    #expect(agree(result.difference, example.difference))
    let plain = try VariantComparison(control: arms[0].plain, treatment: arms[1].plain)
    #expect(result.standardError < 0.6 * plain.standardError)
  }

  @Test func `Units with several values count as one`() throws {
    let example = try #require(Self.reference?.clusters)
    var units = PairedMoments()
    for (size, sum) in zip(example.sizes, example.sums) { units.add(size, sum) }
    #expect(agree(units.ratio?.mean, example.ratio))
    #expect(agree(units.ratio?.variance, example.variance))
  }

  @Test func `Accumulators of shards merge to those of the whole, in either order`() throws {
    let example = try #require(Self.reference?.covariate)
    var (whole, first, second) = (PairedMoments(), PairedMoments(), PairedMoments())
    for (index, (x, y)) in zip(example.x, example.y).enumerated() {
      whole.add(x, y)
      if index % 3 == 0 { first.add(x, y) } else { second.add(x, y) }
    }
    for (a, b) in [(first, second), (second, first), (whole, PairedMoments())] {
      var merged = a
      merged.merge(b)
      #expect(merged.count == whole.count)
      #expect(agree(merged.meanY, whole.meanY) && agree(merged.meanX, whole.meanX))
      #expect(agree(merged.squaresY, whole.squaresY) && agree(merged.products, whole.products))
    }
    let copied = try JSONDecoder().decode(PairedMoments.self, from: JSONEncoder().encode(whole))
    #expect(copied == whole)
  }

  @Test(arguments: reference?.sequential ?? [])
  func `Boundaries spend what may be spent`(_ example: Sequential) throws {
    let spending = try #require(SpendingFunction(rawValue: example.spending))
    let boundaries = try #require(
      GroupSequentialBoundaries(
        spending: spending, fractions: example.fractions, alpha: example.alpha,
        sides: example.sides))
    for (look, (z, spent)) in zip(boundaries.looks, zip(example.z, example.spent)) {
      // The reference integrates by trapezoids.
      #expect(agree(look.z, z, within: 1e-6), "\(look.z ?? .nan) for \(z)")
      #expect(agree(look.alphaSpent, spent))
    }
  }

  @Test func `Published boundaries of five equal looks`() throws {
    let fifths = [0.2, 0.4, 0.6, 0.8, 1]
    let boundaries = try #require(
      GroupSequentialBoundaries(spending: .obrienFleming, fractions: fifths, alpha: 0.05))
    for (look, z) in zip(boundaries.looks, [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]) {
      #expect(abs((look.z ?? 0) - z) < 5e-5)
    }
    let many = try #require(
      GroupSequentialBoundaries(
        spending: .pocock, fractions: (1...100).map { Double($0) / 100 }, alpha: 0.05))
    #expect(abs((many.looks.last?.alphaSpent ?? 0) - 0.05) < 1e-12)
    #expect(many.looks.allSatisfy { ($0.z ?? 0) > 2.2 && ($0.z ?? 0) < 3.6 })
    for wrong in [[0.5, 0.4], [0, 1], [1, 1.2]] {
      #expect(
        GroupSequentialBoundaries(spending: .pocock, fractions: wrong, alpha: 0.05) == nil)
    }
  }

  @Test(arguments: reference?.sizes ?? [])
  func `Sample size, power and detectable effect belong together`(_ example: Size) throws {
    let design = example.design
    let n = try #require(design.units(power: example.power))
    #expect(n == example.n)
    #expect(try #require(design.power(units: n)) >= example.power - 1e-12)
    #expect(try #require(design.power(units: n - 1)) < example.power)
    let effect = try #require(design.effect(units: n, power: example.power))
    #expect(abs(effect) <= abs(example.effect) * 1.06)
    #expect(design.units(power: 1) == nil)
  }

  @Test func `A split that is not kept shows`() throws {
    for example in Self.reference?.ratios ?? [] {
      let p = try sampleRatioPValue(counts: example.counts, shares: example.shares)
      #expect(agree(p, example.p))
    }
    #expect(throws: UndefinedStatistic.noRows) {
      try sampleRatioPValue(counts: [0, 0], shares: [0.5, 0.5])
    }
  }

  /// Peeks at two streams without a difference after every 25 pairs, up to 2000.
  private func rejections(
    _ experiments: Int, _ isRejected: (_ difference: Double, _ variance: Double) -> Bool
  ) -> Int {
    var generator = SeededGenerator(seed: 11)
    var rejected = 0
    for _ in 0..<experiments {
      var (a, b) = (PairedMoments(), PairedMoments())
      for pair in 1...2_000 {
        // Skewed, as metrics are.
        a.add(0, -log(1 - generator.uniform()))
        b.add(0, -log(1 - generator.uniform()))
        guard pair >= 100, pair % 25 == 0 else { continue }
        let (x, y) = (a.plain, b.plain)
        if isRejected(y.mean - x.mean, x.variance + y.variance) {
          rejected += 1
          break
        }
      }
    }
    return rejected
  }

  @Test func `Peeking is safe with always-valid inference and is not with a plain test`() {
    let runs = 600
    let valid = AlwaysValid(shortestAt: 2.0 / 2_000, alpha: 0.05)
    let safe = rejections(runs) { valid.pValue(difference: $0, variance: $1) <= 0.05 }
    let naive = rejections(runs) { abs($0) > 1.96 * $1.squareRoot() }
    #expect(Double(safe) / Double(runs) <= 0.05)
    #expect(Double(naive) / Double(runs) > 0.2)
  }

  @Test func `Looks at group-sequential boundaries keep the level`() throws {
    let looks = (1...20).map { Double($0) / 20 }
    let boundaries = try #require(
      GroupSequentialBoundaries(spending: .obrienFleming, fractions: looks, alpha: 0.05))
    var generator = SeededGenerator(seed: 5)
    var (stopped, naive) = (0, 0)
    for _ in 0..<4_000 {
      var (score, crossed, crossedNaive) = (0.0, false, false)
      for look in boundaries.looks {
        // A normal increment as the sum of twelve uniforms would be too light in its tails.
        let radius = (-2 * log(1 - generator.uniform())).squareRoot()
        score += radius * cos(2 * .pi * generator.uniform()) * 0.05.squareRoot()
        let z = abs(score) / look.informationFraction.squareRoot()
        if let limit = look.z, z >= limit { crossed = true }
        if z >= 1.96 { crossedNaive = true }
      }
      stopped += crossed ? 1 : 0
      naive += crossedNaive ? 1 : 0
    }
    #expect((0.040...0.060).contains(Double(stopped) / 4_000))
    #expect(Double(naive) / 4_000 > 0.2)
  }

  @Test func `The interval leaves out 0 where the always-valid p-value says so`() {
    let valid = AlwaysValid(mixture: 0.3)
    for difference in stride(from: -2.0, through: 2, by: 0.01) {
      let p = valid.pValue(difference: difference, variance: 0.05)
      let interval = valid.interval(difference: difference, variance: 0.05, alpha: 0.05)
      #expect((p < 0.05) == (interval.lower > 0 || interval.upper < 0))
    }
  }
}
