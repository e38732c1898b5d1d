import DataSources
import Events
import Foundation
import Logging
import Monitoring
import ServiceLifecycle
import Store
import Synchronization
import Telemetry

/// Makes checks when they are due, each after the other and never two of the same at once; what was
/// missed while nobody ran them is caught up with.
///
/// A check has a time limit. A thread that waits for a database cannot be ended, so one that takes
/// longer is *stuck*: its run is kept as a failure, its place goes to another check, and what it may
/// still find is thrown away. It is not due again before its thread has come back.
final class Scheduler: Service {
  private let state: ServiceState
  let history: History
  private let metrics: CheckMetrics
  private let alerts: AlertService
  let logger: Logger

  struct Key: Hashable {
    let model: String
    let check: String
  }

  struct Progress {
    /// When each check was last due and made, or since when it is watched.
    var last: [Key: Instant] = [:]
    /// Checks that are watched and were never made.
    var unmade: Set<Key> = []
    /// Checks of which it cannot be read when they were last made, with when they were first seen: they are
    /// not due before it can.
    var unknown: [Key: Instant] = [:]
    /// Checks that are claimed: they wait, are made or are stuck.
    var running: Set<Key> = []
    /// What waits for a place, first come first.
    var waiting: [Job] = []
    /// What has a place.
    var active: [Key: Job] = [:]
    /// What has taken too long and has not come back.
    var stuck: Set<Key> = []
    /// Nothing is kept any more: what runs still is made again at the next start.
    var isStopped = false
  }

  /// A check that is made for the time it is due.
  struct Job {
    let model: ModelConfiguration
    let check: CheckConfiguration
    let due: Instant
    /// When it was given its place, in monotonic nanoseconds.
    var begun: UInt64 = 0
    /// What it found is being kept: it is in time.
    var isEnding = false

    var key: Key { Key(model: model.name, check: check.name) }
  }

  /// Makes a check, which may take for ever.
  typealias Perform = @Sendable (CheckRunner, Instant) throws -> RunReport

  let progress = Mutex(Progress())
  private let perform: Perform
  private let monotonicNow: @Sendable () -> UInt64
  /// Checks keep cores busy: two at once leave none for more.
  static let places = 2
  /// Threads that may be stuck; beyond, those that take too long keep their places.
  static let stuckLimit = 64

  init(
    state: ServiceState, history: History, metrics: CheckMetrics, alerts: AlertService,
    logger: Logger, monotonicNow: @escaping @Sendable () -> UInt64 = MLMetrics.monotonicNanoseconds,
    perform: @escaping Perform = { try $0.run(due: $1) }
  ) {
    self.perform = perform
    self.monotonicNow = monotonicNow
    self.state = state
    self.history = history
    self.metrics = metrics
    self.alerts = alerts
    self.logger = logger
  }

  func run() async throws {
    restore()
    repeat { tick(at: state.now()) } while await goesOn(after: .seconds(1))
    // What runs is let finish, but not for longer than a stop may take: what is left out is made at
    // the next start.
    let seconds = Double(state.configuration.stopSeconds)
    let left = await finish(
      within: .seconds(seconds * StopLimit.shareForChecks), startingNoMore: true)
    for key in left {
      logger.warning(
        "a check did not end before the stop and is made again at the next start",
        metadata: ["model": "\(key.model)", "check": "\(key.check)"])
    }
  }

  /// Shows what the newest runs found, as it was before a restart.
  func restore() {
    for model in state.models {
      for check in model.checks {
        do {
          try restore(model, check)
        } catch {
          logger.error(
            "what a check found last cannot be read",
            metadata: [
              "model": "\(model.name)", "check": "\(check.name)", "error": "\(error.what)",
            ])
        }
      }
    }
  }

  private func restore(
    _ model: ModelConfiguration, _ check: CheckConfiguration
  ) throws(HistoryError) {
    // The newest of all says whether the figures of the newest that was made are still fresh.
    let last = try history.list(limit: 1, model: model.name, check: check.name).first
    let isStale = last?.kind == .failure
    guard let run = try history.newest(of: model.name, check: check.name),
      let due = run.dueAt.flatMap({ Instant($0) })
    else {
      if isStale { metrics.showStale(model, check) }
      return
    }
    metrics.show(run.report, of: model, check, due: due, isStale: isStale)
  }

  /// Starts what is due at a time and does not run already.
  func tick(at now: Instant) {
    giveUpWhatIsStuck()
    for model in state.models {
      for check in model.checks {
        guard let due = next(model, check, at: now) else { continue }
        start(model, check, due: due)
      }
    }
  }

  private func start(
    _ model: ModelConfiguration, _ check: CheckConfiguration, due: Instant
  ) {
    progress.withLock { $0.waiting.append(Job(model: model, check: check, due: due)) }
    giveOutPlaces()
  }

  /// Begins what waits, as far as there are places.
  private func giveOutPlaces() {
    let begun = progress.withLock { progress -> [Job] in
      var begun: [Job] = []
      while progress.active.count < Self.places, !progress.waiting.isEmpty {
        var job = progress.waiting.removeFirst()
        job.begun = monotonicNow()
        progress.active[job.key] = job
        begun.append(job)
      }
      return begun
    }
    // A thread for each, and none of a pool, which threads that never come back would use up.
    for job in begun { Thread.detachNewThread { self.make(job) } }
  }

  private func make(_ job: Job) {
    let report = Result {
      try perform(
        CheckRunner(log: state.log, sources: state.sources, model: job.model, check: job.check),
        job.due)
    }
    let isInTime = progress.withLock { progress in
      // What it reads from is being closed, which is no failure of the check.
      guard !progress.isStopped else {
        progress.active[job.key] = nil
        return false
      }
      guard !progress.stuck.contains(job.key) else {
        progress.stuck.remove(job.key)
        progress.running.remove(job.key)
        metrics.stuck.set(Double(progress.stuck.count))
        return false
      }
      progress.active[job.key]?.isEnding = true
      return true
    }
    guard isInTime else { return }
    switch report {
    case .success(let report): keep(report, of: job)
    case .failure(let error):
      if let error = error as? EventError, error.what != error.whatForOthers {
        logger.error("\(error.what)", metadata: ["model": "\(job.model.name)"])
      }
      keep(
        failure: (error as? EventError)?.whatForOthers ?? (error as? any ExplainedError)?.what
          ?? "\(error)", of: job)
    }
    progress.withLock { progress in
      progress.last[job.key] = job.due
      progress.unmade.remove(job.key)
      progress.running.remove(job.key)
      progress.active[job.key] = nil
    }
    giveOutPlaces()
  }

  /// Keeps checks that take longer than they may as failures, and gives their places to others.
  private func giveUpWhatIsStuck() {
    let now = monotonicNow()
    let stuck = progress.withLock { progress -> [Job] in
      let late = progress.active.values.filter {
        !$0.isEnding
          && now &- $0.begun >= UInt64(clamping: $0.check.timeout.microseconds) * 1_000
      }.sorted { $0.begun < $1.begun }.prefix(max(0, Self.stuckLimit - progress.stuck.count))
      for job in late {
        progress.active[job.key] = nil
        progress.stuck.insert(job.key)
        // It stays claimed until its thread comes back.
        progress.last[job.key] = job.due
        progress.unmade.remove(job.key)
      }
      metrics.stuck.set(Double(progress.stuck.count))
      return Array(late)
    }
    for job in stuck {
      keep(
        failure:
          "it took longer than its timeout of \(job.check.timeout); see whether what it reads "
          + "from answers", of: job)
    }
    if !stuck.isEmpty { giveOutPlaces() }
  }

  private func keep(failure reason: String, of job: Job) {
    // A history that cannot be read cannot be written either, which is told there.
    let cached = (try? history.newest(of: job.model.name, check: job.check.name))?.id
    keep(.failure(RunFailure(reason: reason, cachedRun: cached)), of: job)
  }

  private func keep(_ report: RunReport, of job: Job) {
    let (model, check, due) = (job.model, job.check, job.due)
    let seconds = Double(monotonicNow() &- job.begun) * 1e-9
    metrics.record(report, of: model, check, due: due, seconds: seconds)
    // Before the run is kept: one that is made again after a stop is not looked at again.
    alerts.record(report, of: model.name, check: check, due: due)
    let about: Logger.Metadata = [
      "model": "\(model.name)", "check": "\(check.name)", "due": "\(due.iso8601)",
      "status": "\(report.status.rawValue)",
    ]
    do {
      try history.add(
        Run(
          command: "serve", createdAt: state.now().iso8601, model: model.name, check: check.name,
          dueAt: due.iso8601, report: report))
    } catch {
      logger.error("a run could not be kept: \(error)", metadata: about)
    }
    if case .failure(let failure) = report {
      logger.warning("a check could not be made: \(failure.reason)", metadata: about)
    } else {
      logger.info("checked", metadata: about)
    }
  }

  /// Waits until nothing runs but what is stuck, for some time at most or until it is cancelled.
  ///
  /// - Parameters:
  ///   - limit: the longest it waits; nil for as long as it takes.
  ///   - startingNoMore: whether it is the end: what waits is left out, and what runs still when this returns
  ///     is not kept.
  /// - Returns: the checks that run still.
  @discardableResult
  func finish(
    within limit: Duration? = nil, startingNoMore: Bool = false
  ) async -> [(model: String, check: String)] {
    if startingNoMore { progress.withLock { $0.waiting = [] } }
    let clock = ContinuousClock()
    let end = limit.map { clock.now + $0 }
    func left(isLast: Bool = false) -> [(model: String, check: String)] {
      progress.withLock { progress in
        if isLast, startingNoMore { progress.isStopped = true }
        return (progress.waiting.map(\.key) + progress.active.keys).map { ($0.model, $0.check) }
      }
    }
    while !left().isEmpty, end.map({ clock.now < $0 }) ?? true {
      do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
    }
    return left(isLast: true)
  }
}
