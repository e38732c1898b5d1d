public import Monitoring

/// How far one rule is with one series, from the first failure until nobody needs to know any more.
///
/// inactive → pending → firing → resolved → inactive; a series that is not tracked is inactive, and one
/// that is resolved may become pending again.
public struct TrackedAlert: Codable, Sendable, Equatable {
  public enum Phase: String, Codable, Sendable {
    /// It fails, but not for long or often enough.
    case pending
    case firing
    /// It fired, and is over; kept to tell whether it starts again too often.
    case resolved
  }

  public var phase: Phase
  /// Failures in a row.
  public var failures: Int
  /// The first failure of this time.
  public var activeSince: Instant
  public var startsAt: Instant?
  public var endsAt: Instant?
  /// The first of the values that were well while firing; nil where the last one was not.
  public var calmSince: Instant?
  /// When it fired lately, oldest first.
  public var starts: [Instant] = []
  public var updatedAt: Instant
  public var value: Double?
  public var threshold: Double?
  public var reference: Double?
  /// Why it is over, where that is not for its values.
  public var reason: String?

  init(failingSince instant: Instant) {
    phase = .pending
    failures = 0
    activeSince = instant
    updatedAt = instant
  }

  /// Whether it starts too often.
  func isFlapping(_ flapping: AlertingConfiguration.Flapping, at now: Instant) -> Bool {
    let length = Instant.length(flapping.withinSeconds, of: 1_000_000)
    return starts.count { now.since($0) < length } >= flapping.starts
  }

  /// Has nothing be later than now of what a clock that was ahead wrote.
  func setBack(to now: Instant, after limit: Instant) -> TrackedAlert {
    func known(_ instant: Instant) -> Instant { instant > limit ? now : instant }
    var alert = self
    alert.activeSince = known(activeSince)
    alert.startsAt = startsAt.map(known)
    alert.endsAt = endsAt.map(known)
    alert.calmSince = calmSince.map(known)
    alert.starts = starts.map(known)
    alert.updatedAt = known(updatedAt)
    return alert
  }

  /// Begins another time, as a resolved alert does that fails again.
  mutating func restart(at instant: Instant) {
    phase = .pending
    failures = 0
    activeSince = instant
    calmSince = nil
    reason = nil
  }
}

/// That an alert has come to be in another state.
public struct AlertTransition: Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The first failure.
    case pending
    case firing
    case resolved
    /// It failed, but never enough to fire.
    case cleared
  }

  public var kind: Kind
  public var at: Instant
  public var record: AlertRecord
}
