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
final class Scheduler: Service {
  private let state: ServiceState
  private let history: History
  private let metrics: CheckMetrics
  private let alerts: AlertService
  private let logger: Logger
  /// Checks that were missed longer ago are not caught up with.
  static let catchUpLimit = 100

  private struct Key: Hashable {
    let model: String
    let check: String
  }

  private struct Progress {
    /// When each check was last due and made, or since when it is watched.
    var last: [Key: Instant] = [:]
    /// Checks that are watched and were never made.
    var unmade: Set<Key> = []
    var running: Set<Key> = []
  }

  private let progress = Mutex(Progress())
  private let workers = OperationQueue()

  init(
    state: ServiceState, history: History, metrics: CheckMetrics, alerts: AlertService,
    logger: Logger
  ) {
    self.state = state
    self.history = history
    self.metrics = metrics
    self.alerts = alerts
    self.logger = logger
    // Checks keep cores busy: two at once leave none for more.
    workers.maxConcurrentOperationCount = 2
  }

  func run() async throws {
    restore()
    while true {
      tick(at: state.now())
      do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
      } catch {
        break
      }
    }
    // What runs is let finish; a stop that takes too long ends it.
    await finish()
  }

  /// Shows what the newest runs found, as it was before a restart.
  private func restore() {
    for model in state.models {
      for check in model.checks {
        guard let run = try? history.newest(of: model.name, check: check.name),
          let due = run.dueAt.flatMap({ Instant($0) })
        else { continue }
        metrics.show(run.report, of: model, check, due: due, isStale: false)
      }
    }
  }

  /// Starts what is due at a time and does not run already.
  func tick(at now: Instant) {
    for model in state.models {
      for check in model.checks {
        guard let due = next(model, check, at: now) else { continue }
        start(model, check, due: due)
      }
    }
  }

  /// The time a check is due at next, if that has come; claims it.
  private func next(
    _ model: ModelConfiguration, _ check: CheckConfiguration, at now: Instant
  ) -> Instant? {
    let key = Key(model: model.name, check: check.name)
    if progress.withLock({ $0.last[key] == nil }) {
      let since = remembered(key)
      progress.withLock { progress in
        progress.last[key] = since ?? now
        if since == nil { progress.unmade.insert(key) }
      }
    }
    let ready = Instant(microseconds: now.microseconds - (check.delay?.microseconds ?? 0))
    // When it was last made and whether it is being made are looked at together: a check that ends
    // in between would be made twice.
    return progress.withLock { progress in
      // The clock was ahead when the check was first seen: what is due from now on was never made.
      if progress.unmade.contains(key), let since = progress.last[key], now < since {
        progress.last[key] = now
      }
      guard let last = progress.last[key], !progress.running.contains(key),
        let first = check.schedule.next(after: last), first <= ready
      else { return nil }
      progress.running.insert(key)
      return Self.withinLimit(first, ready, check.schedule)
    }
  }

  /// The first of the last times it was due, where more were missed than are caught up with.
  private static func withinLimit(
    _ first: Instant, _ ready: Instant, _ schedule: CronSchedule
  ) -> Instant {
    var missed = [first]
    while let last = missed.last, let due = schedule.next(after: last), due <= ready {
      missed.append(due)
      if missed.count > catchUpLimit { missed.removeFirst() }
    }
    return missed[0]
  }

  private func remembered(_ key: Key) -> Instant? {
    do {
      return try history.progress(of: key.model, check: key.check).flatMap { Instant($0) }
    } catch {
      logger.error("a check's progress cannot be read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  private func start(
    _ model: ModelConfiguration, _ check: CheckConfiguration, due: Instant
  ) {
    let key = Key(model: model.name, check: check.name)
    workers.addOperation {
      self.make(model, check, due: due)
      self.progress.withLock { progress in
        progress.last[key] = due
        progress.unmade.remove(key)
        progress.running.remove(key)
      }
    }
  }

  private func make(_ model: ModelConfiguration, _ check: CheckConfiguration, due: Instant) {
    let begun = MLMetrics.monotonicNanoseconds()
    let runner = CheckRunner(log: state.log, sources: state.sources, model: model, check: check)
    var report: RunReport
    do {
      report = try runner.run(due: due)
    } catch {
      let reason = (error as? any ExplainedError)?.what ?? "\(error)"
      let cached = (try? history.newest(of: model.name, check: check.name))?.id
      report = .failure(RunFailure(reason: reason, cachedRun: cached))
    }
    let seconds = Double(MLMetrics.monotonicNanoseconds() &- begun) * 1e-9
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

  /// Waits until nothing runs.
  func finish() async {
    await withCheckedContinuation { continuation in
      workers.addBarrierBlock { continuation.resume() }
    }
  }
}
