/// Where most of a sample lies, and how far it is spread, whatever a minority of it does.
///
/// centre = the median; scale = 1.4826 · median |x − centre|, which for normal numbers is their standard
/// deviation. Where more than half of the values are equal that is 0, and the scale is taken from the
/// range of the inner nine tenths, (q.95 − q.05) / 3.2897; where that is 0 too, so is the scale. In the
/// sample's unit; O(n log n).
///
/// Source: Rousseeuw and Croux (1993), "Alternatives to the Median Absolute Deviation", Journal of the
/// American Statistical Association 88.
public struct RobustSpread: Sendable, Equatable {
  public let centre: Double
  public let scale: Double

  /// - Returns: nil for an empty sample. Values that are not finite are left out.
  public init?(_ values: [Double]) {
    var sorted = values.filter(\.isFinite)
    sortAscending(&sorted)
    guard let centre = quantile(sorted.span, 0.5) else { return nil }
    self.centre = centre
    var deviations = sorted.map { abs($0 - centre) }
    sortAscending(&deviations)
    let deviation = 1.4826 * (quantile(deviations.span, 0.5) ?? 0)
    if deviation > 0 || sorted.count < 2 {
      scale = deviation
    } else {
      let (low, high) = (quantile(sorted.span, 0.05) ?? 0, quantile(sorted.span, 0.95) ?? 0)
      scale = (high - low) / 3.2897
    }
  }
}
