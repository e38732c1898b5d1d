import Monitoring

/// Sums that stay within the range of instants: times come from outside, and none may stop the process.
extension Instant {
  func adding(microseconds length: Int64) -> Instant {
    let (sum, overflows) = microseconds.addingReportingOverflow(length)
    return overflows ? Instant(microseconds: length < 0 ? .min : .max) : Instant(microseconds: sum)
  }

  /// NaN is no time at all.
  func adding(seconds: Double) -> Instant {
    guard !seconds.isNaN else { return self }
    return adding(
      microseconds: Int64(exactly: (seconds * 1e6).rounded()) ?? (seconds < 0 ? .min : .max))
  }

  /// Microseconds from another instant to this one.
  func since(_ other: Instant) -> Int64 {
    let (length, overflows) = microseconds.subtractingReportingOverflow(other.microseconds)
    return overflows ? (self < other ? .min : .max) : length
  }

  /// So many units of a length in microseconds, as configuration has them.
  static func length(_ count: Int, of unit: Int64) -> Int64 {
    let (length, overflows) = Int64(count).multipliedReportingOverflow(by: unit)
    return overflows ? (count < 0 ? .min : .max) : length
  }
}
