public import Statistics

/// A metric's value at a time, as alert rules look at it.
public struct MetricSample: Sendable, Equatable {
  public var metric: String
  public var labels: [String: String]
  public var at: Instant
  /// nil (and NaN) where there is no data: that is neither a failure nor a recovery.
  public var value: Double?
  /// What the value is compared with by conditions on change; nil where there is nothing.
  public var reference: Double?
  /// What holds the true value with 95 % confidence; nil where that is not known.
  public var interval: Interval?

  public init(
    metric: String, labels: [String: String], at: Instant, value: Double?,
    reference: Double? = nil, interval: Interval? = nil
  ) {
    self.metric = metric
    self.labels = labels
    self.at = at
    self.value = value
    self.reference = reference
    self.interval = interval
  }
}
