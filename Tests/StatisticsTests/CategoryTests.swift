import Statistics
import Testing

struct CountCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let reference: [Int]
  let current: [Int]
  let chi_square: [Double]?
  let g_test: [Double]?
  let cramers_v: [Double]?
  let psi: Double
  let js: Double
  let kl: Double
  let kl_reverse: Double
  let hellinger: Double
  let total_variation: Double
  let l_infinity: Double
  let fisher_exact_p: Double?
  let z_proportion: [Double]?

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
    #expect(agree(pearson.statistic, example.chi_square?[0], floor: 1e-12))
    #expect(agree(pearson.pValue, example.chi_square?[1]))
    #expect(Double(pearson.degreesOfFreedom) == example.chi_square?[2])
    #expect(agree(pearson.cramersV, example.cramers_v?[0], floor: 1e-7))
    let likelihood = try gTest(reference: example.reference, current: example.current)
    #expect(agree(likelihood.statistic, example.g_test?[0], floor: 1e-10))
    #expect(agree(likelihood.pValue, example.g_test?[1]))
  }

  @Test(arguments: cases.filter { $0.reference.count == 2 })
  func `Fisher's test and z agree with SciPy and statsmodels`(_ example: CountCase) throws {
    let exact = try fisherExact(reference: example.reference, current: example.current)
    #expect(
      agree(exact.pValue, example.fisher_exact_p),
      "\(exact.pValue) for \(example.fisher_exact_p ?? .nan)")
    let z = try zProportion(reference: example.reference, current: example.current)
    #expect(agree(z.statistic, example.z_proportion?[0]))
    #expect(agree(z.pValue, example.z_proportion?[1]))
  }

  @Test(arguments: cases)
  func `Distances of shares agree with NumPy`(_ example: CountCase) throws {
    let (r, c) = (example.reference, example.current)
    #expect(
      agree(
        try populationStabilityIndex(reference: r, current: c).statistic, example.psi, floor: 1e-14))
    #expect(abs(try jensenShannon(reference: r, current: c).distance - example.js) < 1e-8)
    let divergence = try kullbackLeibler(reference: r, current: c)
    #expect(abs(divergence.statistic - example.kl) < 1e-12)
    #expect(abs(divergence.reverse - example.kl_reverse) < 1e-12)
    #expect(abs(try hellinger(reference: r, current: c) - example.hellinger) < 1e-12)
    #expect(abs(try totalVariation(reference: r, current: c) - example.total_variation) < 1e-12)
    #expect(abs(try lInfinity(reference: r, current: c) - example.l_infinity) < 1e-12)
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
