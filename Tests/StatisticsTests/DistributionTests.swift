import Statistics
import Testing

struct DistributionTests {
  @Test func `The two-sided Kolmogorov distribution agrees with SciPy`() throws {
    let cases: [[Double]] = try Fixture.load("kolmogorov")
    #expect(cases.count > 200)
    for example in cases {
      let p = KolmogorovTwoSided.sf(example[0], n: Int(example[1]))
      #expect(agree(p, example[2]), "x \(example[0]), n \(example[1]): \(p) for \(example[2])")
    }
  }

  struct AdjustmentCase: Decodable {
    let p: [Double]
    let bonferroni: [Double]
    let holm: [Double]
    let benjaminiHochberg: [Double]
    let benjaminiYekutieli: [Double]
  }

  @Test func `Adjusted p-values agree with statsmodels`() throws {
    let cases: [AdjustmentCase] = try Fixture.load("adjustments")
    for example in cases {
      for (actual, expected) in [
        (PValueAdjustment.bonferroni(example.p), example.bonferroni),
        (PValueAdjustment.holm(example.p), example.holm),
        (PValueAdjustment.benjaminiHochberg(example.p), example.benjaminiHochberg),
        (PValueAdjustment.benjaminiYekutieli(example.p), example.benjaminiYekutieli),
      ] {
        #expect(zip(actual, expected).allSatisfy { agree($0, $1, within: 1e-12) })
      }
    }
    #expect(PValueAdjustment.benjaminiHochberg([]).isEmpty)
  }

  struct DiscrepancyCase: Decodable {
    let columns: Int
    let reference: [Double]
    let current: [Double]
    let gamma: Double?
    let expectedGamma: Double
    let biased: Double
    let unbiased: Double
  }

  @Test func `The maximum mean discrepancy agrees with SciPy's distances`() throws {
    let cases: [DiscrepancyCase] = try Fixture.load("discrepancies")
    for example in cases {
      let found = try maximumMeanDiscrepancy(
        reference: example.reference, current: example.current, columns: example.columns,
        gamma: example.gamma, permutations: 50)
      #expect(agree(found.gamma, example.expectedGamma, within: 1e-12))
      #expect(agree(found.biased, example.biased))
      #expect(agree(found.unbiased, example.unbiased, within: 1e-8))
    }
  }
}
