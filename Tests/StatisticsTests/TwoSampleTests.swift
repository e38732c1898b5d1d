import Statistics
import Testing

struct NumericCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let reference: Sample
  let current: Sample
  let ks: [Double]?
  let ksLess: [Double]?
  let ksGreater: [Double]?
  let cramerVonMises: [Double]?
  let andersonDarling: [Double]?
  let mannWhitney: [Double]?
  let welchT: [Double]?
  let eppsSingleton: [Double]?
  let wasserstein: [Double]?
  let energy: [Double]?
  let moments: [[Double]]
  let quantiles: [Double]
  let psi: Double
  let js: Double

  var testDescription: String { name }
}

/// Each method on each pair of samples, beside what SciPy says of them.
struct TwoSampleTests {
  static let cases: [NumericCase] = (try? Fixture.load("numeric")) ?? []

  @Test func `The fixture holds cases`() {
    #expect(Self.cases.count >= 25)
  }

  @Test(arguments: cases)
  func `Kolmogorov–Smirnov agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    for (alternative, expected) in [
      (Alternative.twoSided, example.ks), (.less, example.ksLess), (.greater, example.ksGreater),
    ] {
      let test = try kolmogorovSmirnov(r.span, c.span, alternative: alternative)
      #expect(agree(test.statistic, expected?[0], within: 1e-12, floor: 1e-15), "\(alternative)")
      #expect(
        agree(test.pValue, expected?[1]),
        "\(alternative): \(test.pValue) for \(expected?[1] ?? .nan)")
    }
    #expect(
      abs(try kolmogorovSmirnovDistance(r.span, c.span) - (example.ks?[0] ?? -1)) < 1e-12)
  }

  @Test(arguments: cases)
  func `Cramér–von Mises agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let test = try? cramerVonMises(r.span, c.span)
    // T is a small difference of large numbers: SciPy itself keeps nine digits of it.
    #expect(
      abs((test?.statistic ?? -1) - (example.cramerVonMises?[0] ?? -1)) < 1e-8
        * max(1, Double(r.count + c.count) / 1e4))
    #expect(
      agree(
        test?.pValue, example.cramerVonMises?[1], within: r.count > 5_000 ? 1e-6 : 1e-9,
        floor: 1e-8), "\(test?.pValue ?? .nan) for \(example.cramerVonMises?[1] ?? .nan)")
  }

  @Test(arguments: cases)
  func `Anderson–Darling agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let test = try? andersonDarling(r.span, c.span)
    #expect(agree(test?.statistic, example.andersonDarling?[0]))
    #expect(agree(test?.pValue, example.andersonDarling?[1]))
  }

  @Test(arguments: cases)
  func `Mann–Whitney agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let test = try? mannWhitney(r.span, c.span)
    #expect(agree(test?.statistic, example.mannWhitney?[0]))
    #expect(
      agree(test?.pValue, example.mannWhitney?[1]),
      "\(test?.pValue ?? .nan) for \(example.mannWhitney?[1] ?? .nan)")
  }

  @Test(arguments: cases)
  func `Welch's t agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let test = try? welchT(Moments(r.span), Moments(c.span))
    // Means of numbers near 1e9 are only known to 1e-7 by plain summation, which SciPy uses.
    let tolerance = example.name == "large offsets" ? 1e-5 : 1e-9
    #expect(agree(test?.statistic, example.welchT?[0], within: tolerance, floor: 1e-12))
    #expect(agree(test?.pValue, example.welchT?[1], within: tolerance))
    #expect(agree(test?.degreesOfFreedom, example.welchT?[2], within: 1e-8))
  }

  @Test(arguments: cases)
  func `Epps–Singleton agrees with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let test = try? eppsSingleton(r.span, c.span)
    // Cosines of numbers of 1e9 keep seven digits.
    let tolerance = example.name == "large offsets" ? 1e-3 : 1e-8
    #expect(
      agree(test?.statistic, example.eppsSingleton?[0], within: tolerance, floor: 1e-12),
      "\(test?.statistic ?? .nan) for \(example.eppsSingleton?[0] ?? .nan)")
    #expect(agree(test?.pValue, example.eppsSingleton?[1], within: tolerance))
  }

  @Test(arguments: cases)
  func `Wasserstein and energy distance agree with SciPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    #expect(agree(try wasserstein(r.span, c.span), example.wasserstein?[0], floor: 1e-15))
    #expect(
      agree(try energyDistance(r.span, c.span), example.energy?[0], within: 1e-8, floor: 1e-9))
  }

  @Test(arguments: cases)
  func `Moments and quantiles agree with NumPy`(_ example: NumericCase) throws {
    for (sample, expected) in zip([example.reference, example.current], example.moments) {
      let moments = Moments(sample.sorted.span)
      #expect(agree(moments.mean, expected[0], floor: 1e-15))
      let tolerance = example.name == "large offsets" ? 1e-6 : 1e-9
      #expect(agree(moments.populationVariance, expected[1], within: tolerance))
      #expect(moments.minimum == expected[2])
      #expect(moments.maximum == expected[3])
    }
    let r = example.reference.sorted
    for (q, expected) in zip([0, 0.05, 0.25, 0.5, 0.9, 1], example.quantiles) {
      #expect(agree(quantile(r.span, q), expected, within: 1e-14, floor: 1e-18))
    }
  }

  @Test(arguments: cases)
  func `PSI and Jensen–Shannon on deciles agree with NumPy`(_ example: NumericCase) throws {
    let (r, c) = (example.reference.sorted, example.current.sorted)
    let cells = Cells.equalFrequency(sortedReference: r.span, count: 10)
    let counts = (cells.counts(sorted: r.span), cells.counts(sorted: c.span))
    let psi = try populationStabilityIndex(reference: counts.0, current: counts.1)
    #expect(agree(psi.statistic, example.psi, floor: 1e-15))
    let js = try jensenShannon(reference: counts.0, current: counts.1)
    #expect(abs(js.distance - example.js) < 1e-8)
  }
}
