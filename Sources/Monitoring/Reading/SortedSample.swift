import Columns
import Statistics

/// The numbers of one column of one side, sorted, with the rows that are not among them.
struct SortedSample: Sendable {
  /// Ascending and finite.
  let values: [Double]
  let missing: Int
  let nonFinite: Int
  let moments: Moments

  init(_ sample: consuming NumericSample) {
    missing = sample.missing
    nonFinite = sample.nonFinite
    var values = sample.values
    sortAscending(&values)
    moments = Moments(values.span)
    self.values = values
  }

  /// Several samples of the same column as one.
  init(merging samples: [NumericSample]) {
    if samples.count == 1, let only = samples.first {
      self.init(only)
      return
    }
    var whole = NumericSample()
    whole.values.reserveCapacity(samples.reduce(0) { $0 + $1.values.count })
    for sample in samples {
      whole.values += sample.values
      whole.missing += sample.missing
      whole.nonFinite += sample.nonFinite
    }
    self.init(whole)
  }

  var rows: Int { values.count + missing + nonFinite }

  /// The sample in a few numbers; nil where it is empty.
  var summary: NumericSummary? {
    guard let first = values.first, let last = values.last else { return nil }
    return NumericSummary(
      mean: moments.mean, standardDeviation: moments.standardDeviation, minimum: first,
      quantiles: NumericSummary.levels.compactMap { quantile(values.span, $0) }, maximum: last)
  }
}

extension NumericSummary {
  /// The levels of `quantiles`.
  static let levels = [0.05, 0.25, 0.5, 0.75, 0.95]
}
