/// What is counted or measured under one name and one set of labels.
public protocol Instrument: AnyObject, Sendable {
  static var kind: MetricKind { get }

  /// Writes its samples as they are now.
  func write(to writer: inout ExpositionWriter, _ series: SeriesName)
}

/// As Prometheus calls its types.
public enum MetricKind: String, Sendable {
  case counter, gauge, histogram, summary

  /// A label the type itself adds to its samples.
  var ownLabel: String? {
    switch self {
    case .histogram: "le"
    case .summary: "quantile"
    case .counter, .gauge: nil
    }
  }
}
