import Statistics

extension Correction {
  /// p-values adjusted for their number.
  func adjust(_ pValues: [Double]) -> [Double] {
    switch self {
    case .none: pValues
    case .bonferroni: PValueAdjustment.bonferroni(pValues)
    case .holm: PValueAdjustment.holm(pValues)
    case .benjaminiHochberg: PValueAdjustment.benjaminiHochberg(pValues)
    case .benjaminiYekutieli: PValueAdjustment.benjaminiYekutieli(pValues)
    }
  }
}
