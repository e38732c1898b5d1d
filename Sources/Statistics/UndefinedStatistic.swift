/// Why a statistic has no value for the samples it was asked for.
public enum UndefinedStatistic: Error, Equatable, Sendable, CustomStringConvertible {
  case emptySample(Side)
  case tooFewObservations(required: Int, got: Int)
  /// Nothing varies, so that there is nothing to compare by.
  case constantSamples
  /// Each side has one value only, and they differ: a difference without a scale to measure it by.
  case differentConstants
  case needsTwoCategories(got: Int)
  /// Only one class occurs, where two are told apart.
  case oneClassOnly
  /// The truth does not vary, so that none of its variance can be explained.
  case constantTruth
  case noRows
  /// A result left the range of floating-point numbers.
  case outOfRange

  public var description: String {
    switch self {
    case .emptySample(let side): "\(side.rawValue) has no values"
    case .tooFewObservations(let required, let got):
      "\(required) values a side are needed, and there are only \(got)"
    case .constantSamples: "every value is the same on both sides"
    case .differentConstants: "each side has one value only, another than the other side's"
    case .needsTwoCategories(let got):
      "exactly two categories are needed, and there \(got == 1 ? "is one" : "are \(got)")"
    case .oneClassOnly: "only one class occurs"
    case .constantTruth: "the truth is the same in every row"
    case .noRows: "there are no rows"
    case .outOfRange: "the values are too large or too small for double precision"
    }
  }
}
