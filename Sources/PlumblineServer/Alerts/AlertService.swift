import Alerting
import DataSources
import Foundation
import Logging
import Monitoring
import ServiceLifecycle
import Store
import Synchronization
import Telemetry

/// Looks at live traffic and at what checks found, and has channels tell people.
final class AlertService: Service {
  private let state: ServiceState
  private let history: History
  private let manager: AlertManager
  private let metrics: AlertMetrics
  let delivery: AlertDelivery
  private let logger: Logger
  private let shared: Mutex<Shared>

  private struct Shared {
    var configuration: AlertingConfiguration
    var meter = TrafficMeter()
    var nextLook: Instant?
    var nextBaseline: Instant?
    var nextThresholds: Instant?
    /// Whether thresholds were worked out that rules do not follow yet.
    var hasThresholds = false
    /// Whether what takes long is to end.
    var isStopping = false
  }

  /// How often the usual traffic is learned anew.
  private static let baselineMicroseconds: Int64 = 3_600_000_000

  /// - Parameter makeChannel: makes channels of their configuration.
  init(
    state: ServiceState, history: History, logger: Logger,
    makeChannel: @escaping AlertDelivery.MakeChannel = { try Channels.make($0, clock: $1) }
  ) throws {
    self.state = state
    self.history = history
    self.logger = logger
    let configuration = state.alerting
    let metrics = try AlertMetrics(state.registry)
    self.metrics = metrics
    manager = try AlertManager(configuration, history: history, now: state.now()) {
      metrics.count($0, givenUp: $1)
    }
    shared = Mutex(Shared(configuration: configuration))
    delivery = AlertDelivery(
      state: state, history: history, manager: manager, metrics: metrics, logger: logger,
      makeChannel: makeChannel)
    delivery.use(try delivery.channels(of: configuration))
  }

  func run() async throws {
    async let thresholds: Void = runThresholds()
    repeat { tick(at: state.now()) } while await goesOn(after: .seconds(1))
    await delivery.stop()
    await thresholds
  }

  // MARK: What the rest of the service tells it

  var records: [AlertRecord] { manager.records() }

  /// Looks at what a check found for the time it was due.
  func record(_ report: RunReport, of model: String, check: CheckConfiguration, due: Instant) {
    let labels = ["model_name": model, "check": check.name]
    var samples: [MetricSample]
    switch report {
    case .drift(let report): samples = MetricSample.samples(of: report, labels: labels, at: due)
    case .quality(let report): samples = MetricSample.samples(of: report, labels: labels, at: due)
    case .performance(let report):
      samples = MetricSample.samples(of: report, labels: labels, at: due)
    case .failure: samples = []
    }
    samples += missing(besides: samples, of: labels, at: due)
    let hasFailed = report.kind == .failure
    samples.append(
      MetricSample(metric: "check_failed", labels: labels, at: due, value: hasFailed ? 1 : 0))
    record(samples)
  }

  /// Series that a check has had and has no more, as those of a column that is gone: there is no data.
  private func missing(
    besides samples: [MetricSample], of labels: [String: String], at due: Instant
  ) -> [MetricSample] {
    let known = Set(samples.map { [$0.metric: $0.labels] })
    return manager.seriesByMetric { series in labels.allSatisfy { series[$0.key] == $0.value } }
      .flatMap { metric, series in
        series.filter { !known.contains([metric: $0]) }.map {
          MetricSample(metric: metric, labels: $0, at: due, value: nil)
        }
      }
  }

  func record(_ samples: [MetricSample]) {
    metrics.show(samples)
    do {
      log(try manager.record(samples, at: state.now()))
    } catch {
      logger.error("alerts could not be kept: \(error)")
    }
  }

  /// Takes another configuration; one whose channels cannot be made changes nothing.
  ///
  /// A history that cannot be written is no reason to go on with half of each: what is to be kept is at the
  /// next look.
  func reload(_ configuration: AlertingConfiguration) throws {
    // Before rules are: what they tell new channels needs somebody who delivers it.
    delivery.use(try delivery.channels(of: configuration))
    shared.withLock { $0.configuration = configuration }
    do {
      log(try manager.reload(configuration, at: state.now()))
    } catch {
      logger.error("alerts could not be kept with the configuration that was read again: \(error)")
    }
    // After: the next look has rules follow history that are in force now.
    shared.withLock { $0.nextLook = nil }
  }

  /// Shows no more what rules looked at of models and checks that were taken out.
  func keep(of models: [ModelConfiguration]) { metrics.keep(of: models) }

  // MARK: What time brings

  func tick(at now: Instant) {
    if shared.withLock({ $0.hasThresholds }) { followThresholds() }
    lookAtTraffic(at: now)
    do {
      log(try manager.advance(to: now))
      try manager.giveUpGone(at: now)
      let counts = try history.notificationCounts().mapValues(\.waiting)
      metrics.show(manager.records().map { $0.seen(at: now) }, waiting: counts)
    } catch {
      logger.error("alerts could not be kept: \(error)")
    }
    delivery.deliver()
  }

  /// Whether something that is done again and again is due; a clock that was set back by more than a
  /// pause is not waited for.
  static func isDue(_ next: Instant?, at now: Instant, every pause: Int64) -> Bool {
    guard let next else { return true }
    return now >= next || next.microseconds - now.microseconds > pause
  }

  private func lookAtTraffic(at now: Instant) {
    let isDue = shared.withLock { shared in
      let pause = Int64(shared.configuration.intervalSeconds) * 1_000_000
      guard Self.isDue(shared.nextLook, at: now, every: pause) else { return false }
      shared.nextLook = Instant(microseconds: now.microseconds + pause)
      return true
    }
    guard isDue else { return }
    followThresholds()
    learnBaseline(at: now)
    let traffic = state.metrics.traffic()
    let models = Set(state.models.map(\.name))
    let samples = shared.withLock { shared in
      shared.meter.longestPauseSeconds =
        2 * max(Int64(shared.configuration.intervalSeconds), TrafficMeter.windowSeconds)
      return shared.meter.samples(of: traffic, models: models, at: now)
    }
    if !samples.isEmpty { record(samples) }
  }

  // MARK: Thresholds that follow history

  /// Works thresholds out beside the looks, which do not wait for it: one time after another, so that it is never
  /// done twice at once.
  private func runThresholds() async {
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        repeat { await workOutThresholds(at: state.now()) } while await goesOn(after: .seconds(1))
      } onGracefulShutdown: {
        self.stopThresholds()
      }
    } onCancel: {
      stopThresholds()
    }
  }

  /// A thread that computes cannot be ended; it ends before the next rule.
  private func stopThresholds() { shared.withLock { $0.isStopping = true } }

  /// Works thresholds out where that is due; rules follow them from the next tick on.
  func workOutThresholds(at now: Instant) async {
    let due = shared.withLock { shared -> [AlertRule]? in
      let pause = ThresholdKeeper.pauseMicroseconds
      guard Self.isDue(shared.nextThresholds, at: now, every: pause) else { return nil }
      shared.nextThresholds = Instant(microseconds: now.microseconds + pause)
      return shared.configuration.rules
    }
    guard let due else { return }
    let keeper = keeper
    do {
      try await Background.run {
        try keeper.update(due, at: now) { !self.shared.withLock { $0.isStopping } }
      }
    } catch {
      logger.error("thresholds could not be worked out: \(error)")
    }
    shared.withLock { $0.hasThresholds = true }
  }

  /// Has rules follow the thresholds that are in force.
  private func followThresholds() {
    let rules = shared.withLock { shared in
      shared.hasThresholds = false
      return shared.configuration.rules
    }
    do {
      try keeper.follow(rules)
    } catch {
      logger.error("rules could not follow the thresholds in force: \(error)")
    }
  }

  private var keeper: ThresholdKeeper {
    ThresholdKeeper(history: history, manager: manager, logger: logger)
  }

  private func learnBaseline(at now: Instant) {
    let isDue = shared.withLock { shared in
      guard Self.isDue(shared.nextBaseline, at: now, every: Self.baselineMicroseconds) else {
        return false
      }
      shared.nextBaseline = Instant(microseconds: now.microseconds + Self.baselineMicroseconds)
      return true
    }
    guard isDue else { return }
    let from = Instant(
      microseconds: now.microseconds - TrafficBaseline.days * 24 * Self.baselineMicroseconds)
    // The hour that runs is what is compared, not what it is compared with.
    let until = Instant(microseconds: now.microseconds - Self.baselineMicroseconds)
    do {
      let baseline = TrafficBaseline(
        try history.samples(of: "prediction_rate", from: from, until: until))
      shared.withLock { $0.meter.baseline = baseline }
    } catch {
      logger.error("the usual traffic could not be learned: \(error)")
    }
  }

  private func log(_ transitions: [AlertTransition]) {
    for transition in transitions where transition.kind != .pending && transition.kind != .cleared {
      logger.notice(
        transition.kind == .firing ? "an alert fires" : "an alert is over",
        metadata: [
          "rule": "\(transition.record.rule)", "severity": "\(transition.record.severity.rawValue)",
          "fingerprint": "\(transition.record.fingerprint)",
          "description": "\(transition.record.description)",
        ])
    }
  }
}
