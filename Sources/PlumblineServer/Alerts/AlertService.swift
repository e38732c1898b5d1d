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
  private let logger: Logger
  private let shared: Mutex<Shared>

  private struct Shared {
    var configuration: AlertingConfiguration
    var channels: [Channel]
    /// Channels that an attempt is being made at.
    var busy: Set<String> = []
    var meter = TrafficMeter()
    var nextLook: Instant?
    var nextBaseline: Instant?
    var nextRefresh: Instant?
    var nextThresholds: Instant?
  }

  private struct Channel {
    var dispatcher: ChannelDispatcher
    var channel: any NotificationChannel
  }

  /// How often the usual traffic is learned anew.
  private static let baselineMicroseconds: Int64 = 3_600_000_000
  /// How often an Alertmanager is told again what fires; it takes for over what it hears no more of.
  private static let refreshMicroseconds: Int64 = 60_000_000

  init(state: ServiceState, history: History, logger: Logger) throws {
    self.state = state
    self.history = history
    self.logger = logger
    let configuration = state.alerting
    let metrics = try AlertMetrics(state.registry)
    self.metrics = metrics
    manager = try AlertManager(configuration, history: history, now: state.now()) {
      metrics.count($0, givenUp: $1)
    }
    shared = Mutex(Shared(configuration: configuration, channels: []))
    let channels = try channels(of: configuration)
    shared.withLock { $0.channels = channels }
  }

  private func channels(of configuration: AlertingConfiguration) throws -> [Channel] {
    try configuration.channels.map { settings in
      let channel = try Channels.make(settings, clock: state.now)
      return Channel(
        dispatcher: ChannelDispatcher(
          settings, channel: channel, history: history,
          seed: UInt64(bitPattern: state.now().microseconds)
        ) { [metrics, logger] attempt, givenUp in
          metrics.count(attempt, givenUp: givenUp)
          guard attempt.outcome != .delivered else { return }
          logger.warning(
            "a message was not delivered",
            metadata: [
              "channel": "\(attempt.channel)", "outcome": "\(attempt.outcome.rawValue)",
              "reason": "\(attempt.detail)",
            ])
        }, channel: channel)
    }
  }

  func run() async throws {
    repeat { tick(at: state.now()) } while await goesOn(after: .seconds(1))
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

  private func record(_ samples: [MetricSample]) {
    metrics.show(samples)
    do {
      log(try manager.record(samples, at: state.now()))
    } catch {
      logger.error("alerts could not be kept: \(error)")
    }
  }

  /// Takes another configuration; one whose channels cannot be made changes nothing.
  func reload(_ configuration: AlertingConfiguration) throws {
    let channels = try channels(of: configuration)
    log(try manager.reload(configuration, at: state.now()))
    shared.withLock { shared in
      shared.configuration = configuration
      shared.channels = channels
      shared.nextLook = nil
    }
  }

  /// Shows no more what rules looked at of models and checks that were taken out.
  func keep(of models: [ModelConfiguration]) { metrics.keep(of: models) }

  // MARK: What time brings

  private func tick(at now: Instant) {
    lookAtTraffic(at: now)
    do {
      log(try manager.advance(to: now))
      let counts = try history.notificationCounts().mapValues(\.waiting)
      metrics.show(manager.records().map { $0.seen(at: now) }, waiting: counts)
    } catch {
      logger.error("alerts could not be kept: \(error)")
    }
    deliver()
    refresh(at: now)
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
    followHistory(at: now)
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

  private func followHistory(at now: Instant) {
    let keeper = ThresholdKeeper(history: history, manager: manager, logger: logger)
    let (rules, isDue) = shared.withLock { shared in
      let isDue = Self.isDue(
        shared.nextThresholds, at: now, every: ThresholdKeeper.pauseMicroseconds)
      if isDue {
        shared.nextThresholds = Instant(
          microseconds: now.microseconds + ThresholdKeeper.pauseMicroseconds)
      }
      return (shared.configuration.rules, isDue)
    }
    do {
      if isDue { try keeper.update(rules, at: now) }
      try keeper.follow(rules)
    } catch {
      logger.error("thresholds could not follow history: \(error)")
    }
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

  /// Has every channel deliver what waits for it, each on a thread of its own.
  private func deliver() {
    let free = shared.withLock { shared in
      let free = shared.channels.filter {
        !shared.busy.contains($0.dispatcher.configuration.name)
      }
      shared.busy.formUnion(free.map(\.dispatcher.configuration.name))
      return free.map(\.dispatcher)
    }
    for dispatcher in free {
      Background.start {
        do {
          while try dispatcher.deliverNext(clock: self.state.now) {}
        } catch {
          self.logger.error("messages could not be taken from the outbox: \(error)")
        }
        self.shared.withLock { _ = $0.busy.remove(dispatcher.configuration.name) }
      }
    }
  }

  /// An Alertmanager forgets what it is not told again and again; that is no message to people.
  private func refresh(at now: Instant) {
    let channels = shared.withLock { shared -> [Channel] in
      guard Self.isDue(shared.nextRefresh, at: now, every: Self.refreshMicroseconds) else {
        return []
      }
      shared.nextRefresh = Instant(microseconds: now.microseconds + Self.refreshMicroseconds)
      return shared.channels.filter { $0.dispatcher.configuration.type == "alertmanager" }
    }
    for channel in channels {
      let firing = manager.records(toldTo: channel.dispatcher.configuration.name)
      guard !firing.isEmpty else { continue }
      let message = AlertMessage(
        id: "refresh-\(now.microseconds)", kind: .firing, groupKey: "refresh", groupLabels: [:],
        alerts: firing, createdAt: now, externalURL: state.alerting.externalURL)
      Background.start {
        do throws(DeliveryError) {
          _ = try channel.channel.send(message)
        } catch {
          self.logger.warning("an Alertmanager could not be told again: \(error.what)")
        }
      }
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
