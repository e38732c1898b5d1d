/// What is asked of a check of data quality.
public struct DataQualityOptions: Sendable, Equatable {
  /// How the two sides are cut and their columns understood; what it says of drift does not matter.
  public var comparison = DriftOptions()
  /// The findings that count; nil for all.
  public var checks: Set<QualityCheck>?
  /// How old the newest row may be; nil where that does not matter.
  public var freshness: TimeSpan?
  /// What the newest row's age is counted from.
  public var asOf: Instant?
  /// The newest row's time, where that is known and its row need not be among those that are compared; nil
  /// to look for it there.
  public var newest: Instant?
  /// The column of times that freshness is told by; nil for the schema's.
  public var timestamp: String?

  public init() {}
}
