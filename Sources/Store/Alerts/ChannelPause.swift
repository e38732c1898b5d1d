public import Monitoring

/// That a provider asked not to be called for a time.
public struct ChannelPause: Sendable, Equatable {
  /// When it asked.
  public var since: Instant
  public var until: Instant

  public init(since: Instant, until: Instant) {
    self.since = since
    self.until = until
  }

  /// Whether it lasts; one that is yet to begin in minutes was written by a clock that was ahead, and does not.
  public func lasts(at now: Instant) -> Bool {
    let (ahead, overflows) = since.microseconds.subtractingReportingOverflow(now.microseconds)
    let hasBegun = since <= now || (!overflows && ahead <= 300_000_000)
    return hasBegun && now < until
  }
}
