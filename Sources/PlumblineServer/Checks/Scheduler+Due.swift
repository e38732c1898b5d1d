import Logging
import Monitoring
import Store
import Synchronization

/// When checks are due, whatever the clock did.
extension Scheduler {
  /// Checks that were missed longer ago are not caught up with.
  static let catchUpLimit = 100

  /// The time a check is due at next, if that has come; claims it.
  func next(
    _ model: ModelConfiguration, _ check: CheckConfiguration, at now: Instant
  ) -> Instant? {
    let key = Key(model: model.name, check: check.name)
    guard isRemembered(key, at: now) else { return nil }
    let ready = Instant(microseconds: now.microseconds - (check.delay?.microseconds ?? 0))
    // When it was last made and whether it is being made are looked at together: a check that ends
    // in between would be made twice.
    let first = progress.withLock { progress -> Instant? in
      // The clock was ahead when the check was first seen: what is due from now on was never made.
      if progress.unmade.contains(key), let since = progress.last[key], now < since {
        progress.last[key] = now
      }
      // It was ahead when the check was made: hours are waited for, years are not.
      if let last = progress.last[key],
        last.microseconds > now.microseconds + Self.setBackMicroseconds
      {
        progress.last[key] = now
      }
      guard let last = progress.last[key], !progress.running.contains(key),
        let first = check.schedule.next(after: last), first <= ready
      else { return nil }
      progress.running.insert(key)
      return first
    }
    return first.map { Self.withinLimit($0, ready, check.schedule) }
  }

  /// How far a clock may be set back for what was made by it to count.
  private static let setBackMicroseconds: Int64 = 86_400_000_000

  /// The first of the last times it was due, where more were missed than are caught up with.
  ///
  /// It looks at ever longer stretches before the end, not at every minute of the years before.
  static func withinLimit(_ first: Instant, _ ready: Instant, _ schedule: CronSchedule) -> Instant {
    var stretch: Int64 = 7_200_000_000
    while true {
      let (start, isBeyond) = ready.microseconds.subtractingReportingOverflow(stretch)
      let isWhole = isBeyond || start <= first.microseconds
      var missed = isWhole ? [first] : []
      var last = isWhole ? first : Instant(microseconds: start)
      while let due = schedule.next(after: last), due <= ready {
        missed.append(due)
        if missed.count > catchUpLimit { missed.removeFirst() }
        last = due
      }
      if isWhole || missed.count >= catchUpLimit { return missed.first ?? first }
      stretch *= 2
    }
  }

  /// Looks up when a check was last due and made, where it has not been yet.
  ///
  /// - Returns: whether that is known then. What cannot be read is asked for again: a guess would lose what
  ///   was missed.
  private func isRemembered(_ key: Key, at now: Instant) -> Bool {
    guard progress.withLock({ $0.last[key] == nil }) else { return true }
    do {
      let last = try history.progress(of: key.model, check: key.check).flatMap { Instant($0) }
      progress.withLock { progress in
        let seen = progress.unknown.removeValue(forKey: key) ?? now
        progress.last[key] = last ?? seen
        if last == nil { progress.unmade.insert(key) }
      }
      return true
    } catch {
      let isNew = progress.withLock { progress in
        defer { progress.unknown[key] = progress.unknown[key] ?? now }
        return progress.unknown[key] == nil
      }
      // Once, and not each second.
      if isNew {
        logger.error("a check's progress cannot be read", metadata: ["error": "\(error)"])
      }
      return false
    }
  }
}
