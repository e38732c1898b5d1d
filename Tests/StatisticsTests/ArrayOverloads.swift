import Statistics

// The statistics of arrays, so that tests read as formulas.

func kolmogorovSmirnov(_ r: [Double], _ c: [Double]) throws -> KolmogorovSmirnov {
  try Statistics.kolmogorovSmirnov(r.span, c.span)
}

func kolmogorovSmirnovDistance(_ r: [Double], _ c: [Double]) throws -> Double {
  try Statistics.kolmogorovSmirnovDistance(r.span, c.span)
}

func wasserstein(_ r: [Double], _ c: [Double]) throws -> Double {
  try Statistics.wasserstein(r.span, c.span)
}

func energyDistance(_ r: [Double], _ c: [Double]) throws -> Double {
  try Statistics.energyDistance(r.span, c.span)
}

func mannWhitney(_ r: [Double], _ c: [Double]) throws -> MannWhitney {
  try Statistics.mannWhitney(r.span, c.span)
}

func andersonDarling(_ r: [Double], _ c: [Double]) throws -> AndersonDarling {
  try Statistics.andersonDarling(r.span, c.span)
}

func eppsSingleton(_ r: [Double], _ c: [Double]) throws -> EppsSingleton {
  try Statistics.eppsSingleton(r.span, c.span)
}

extension Moments {
  init(_ values: [Double]) {
    self.init(values.span)
  }
}

extension Cells {
  static func equalFrequency(sortedReference: [Double], count: Int) -> Cells {
    equalFrequency(sortedReference: sortedReference.span, count: count)
  }

  func counts(sorted: [Double]) -> [Int] {
    counts(sorted: sorted.span)
  }

  func count(_ values: [Double], into counts: inout [Int]) {
    count(values.span, into: &counts)
  }
}

func logLoss(_ probabilities: [Double]) throws -> Double {
  try Statistics.logLoss(ofTruth: probabilities.span)
}
