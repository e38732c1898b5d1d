/// How a diagnosis is made.
public struct DiagnosisOptions: Sendable, Equatable {
  public var seed: UInt64 = 0
  /// Rows of a side that models of the loss learn from and are applied to; more are thinned out evenly.
  public var rows = 20_000
  /// Pairs of rows that features are exchanged between.
  public var pairs = 2_000
  /// Trees of each model, and how deep.
  public var trees = 60
  public var depth = 3
  /// A cause is named the primary one where its score is at least this.
  public var blameAt = 0.5
  /// `latency_p99_ms` above this is a spike: the requirement's 500.
  public var latencyLimit = 500.0
  /// CPU and memory in percent above this are under pressure: the requirement's 90.
  public var utilizationLimit = 90.0
  /// GPU utilization in percent below this is low.
  public var gpuLimit = 20.0
  /// Share of requests that fail above which something is wrong.
  public var errorLimit = 0.05
  /// Times the usual traffic from which there is a spike.
  public var trafficLimit = 2.0
  /// Newest rows older than this are stale; nil not to judge.
  public var freshness: TimeSpan?

  public init() {}
}
