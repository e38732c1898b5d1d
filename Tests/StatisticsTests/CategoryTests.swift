import Statistics
import Testing

struct CountCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let reference: [Int]
  let current: [Int]
  let chiSquare: [Double]?
  let gTest: [Double]?
  let cramersV: [Double]?
  let psi: Double
  let js: Double
  let kl: Double
  let klReverse: Double
  let hellinger: Double
  let totalVariation: Double
  let lInfinity: Double
  let fisherExactP: Double?
  let zProportion: [Double]?

  var testDescription: String { name }
}

/// Tests and distances of counts, beside SciPy and statsmodels.
struct CategoryTests {
  static let cases: [CountCase] = (try? Fixture.load("counts")) ?? []

  @Test func `The fixture holds cases`() {
    #expect(Self.cases.count >= 12)
  }

  @Test(arguments: cases)
  func `χ² and G agree with SciPy`(_ example: CountCase) throws {
    let pearson = try chiSquare(reference: example.reference, current: example.current)
    #expect(agree(pearson.statistic, example.chiSquare?[0], floor: 1e-12))
    #expect(agree(pearson.pValue, example.chiSquare?[1]))
    #expect(Double(pearson.degreesOfFreedom) == example.chiSquare?[2])
    #expect(agree(pearson.cramersV, example.cramersV?[0], floor: 1e-7))
    let likelihood = try gTest(reference: example.reference, current: example.current)
    #expect(agree(likelihood.statistic, example.gTest?[0], floor: 1e-10))
    #expect(agree(likelihood.pValue, example.gTest?[1]))
  }

  @Test(arguments: cases.filter { $0.reference.count == 2 })
  func `Fisher's test and z agree with SciPy and statsmodels`(_ example: CountCase) throws {
    let exact = try fisherExact(reference: example.reference, current: example.current)
    #expect(
      agree(exact.pValue, example.fisherExactP),
      "\(exact.pValue) for \(example.fisherExactP ?? .nan)")
    let z = try zProportion(reference: example.reference, current: example.current)
    #expect(agree(z.statistic, example.zProportion?[0]))
    #expect(agree(z.pValue, example.zProportion?[1]))
  }

  @Test(arguments: cases)
  func `Distances of shares agree with NumPy`(_ example: CountCase) throws {
    let (r, c) = (example.reference, example.current)
    #expect(
      agree(
        try populationStabilityIndex(reference: r, current: c).statistic, example.psi, floor: 1e-14)
    )
    #expect(abs(try jensenShannon(reference: r, current: c).distance - example.js) < 1e-8)
    let divergence = try kullbackLeibler(reference: r, current: c)
    #expect(abs(divergence.statistic - example.kl) < 1e-12)
    #expect(abs(divergence.reverse - example.klReverse) < 1e-12)
    #expect(abs(try hellinger(reference: r, current: c) - example.hellinger) < 1e-12)
    #expect(abs(try totalVariation(reference: r, current: c) - example.totalVariation) < 1e-12)
    #expect(abs(try lInfinity(reference: r, current: c) - example.lInfinity) < 1e-12)
  }

  @Test func `A test of two categories refuses three`() {
    #expect(throws: UndefinedStatistic.needsTwoCategories(got: 3)) {
      try zProportion(reference: [1, 2, 3], current: [1, 2, 3])
    }
    #expect(throws: UndefinedStatistic.needsTwoCategories(got: 3)) {
      try fisherExact(reference: [1, 2, 3], current: [1, 2, 3])
    }
  }

  @Test func `An empty side has no statistic`() {
    #expect(throws: UndefinedStatistic.emptySample(.current)) {
      try chiSquare(reference: [1, 2], current: [0, 0])
    }
    #expect(throws: UndefinedStatistic.emptySample(.reference)) {
      try populationStabilityIndex(reference: [0, 0], current: [1, 0])
    }
  }
}
