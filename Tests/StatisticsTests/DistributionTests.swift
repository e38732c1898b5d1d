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
    let benjamini_hochberg: [Double]
    let benjamini_yekutieli: [Double]
  }

  @Test func `Adjusted p-values agree with statsmodels`() throws {
    let cases: [AdjustmentCase] = try Fixture.load("adjustments")
    for example in cases {
      for (actual, expected) in [
        (PValueAdjustment.bonferroni(example.p), example.bonferroni),
        (PValueAdjustment.holm(example.p), example.holm),
        (PValueAdjustment.benjaminiHochberg(example.p), example.benjamini_hochberg),
        (PValueAdjustment.benjaminiYekutieli(example.p), example.benjamini_yekutieli),
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
    let expected_gamma: Double
    let biased: Double
    let unbiased: Double
  }

  @Test func `The maximum mean discrepancy agrees with SciPy's distances`() throws {
    let cases: [DiscrepancyCase] = try Fixture.load("discrepancies")
    for example in cases {
      let found = try maximumMeanDiscrepancy(
        reference: example.reference, current: example.current, columns: example.columns,
        gamma: example.gamma, permutations: 50)
      #expect(agree(found.gamma, example.expected_gamma, within: 1e-12))
      #expect(agree(found.biased, example.biased))
      #expect(agree(found.unbiased, example.unbiased, within: 1e-8))
    }
  }
}
