import DataSources
import Events
import Foundation
import Logging
import Monitoring
import Synchronization
import Telemetry

/// What requests and background work share.
final class ServiceState: Sendable {
  let log: EventLog
  let joiner: PayloadJoiner
  let registry: MetricRegistry
  let metrics: ServiceMetrics
  let now: @Sendable () -> Instant
  private let logger: Logger
  private let live: Mutex<Live>
  /// Bytes of bodies that are being taken in.
  private let bodies = Mutex(0)
  /// Whether the newest events that came could not be written.
  private let isUnwritable = Mutex(false)

  private struct Live {
    var configuration: Configuration
    var tokens: AccessTokens
    var sources: SourceOpener

    init(_ configuration: Configuration) {
      self.configuration = configuration
      tokens = AccessTokens(configuration.service.tokens)
      sources = SourceOpener(connections: configuration.connections, readsStandardInput: false)
    }
  }

  init(
    log: EventLog, joiner: PayloadJoiner, registry: MetricRegistry,
    configuration: Configuration, now: @escaping @Sendable () -> Instant,
    logger: Logger = Logger(label: "plumbline")
  ) throws {
    self.logger = logger
    self.log = log
    self.joiner = joiner
    self.registry = registry
    self.now = now
    metrics = try ServiceMetrics(registry)
    live = Mutex(Live(configuration))
    log.setRetention(days: configuration.service.retentionDays)
  }

  var configuration: ServiceConfiguration { live.withLock { $0.configuration.service } }
  var models: [ModelConfiguration] { live.withLock { $0.configuration.models } }
  var alerting: AlertingConfiguration { live.withLock { $0.configuration.alerting } }
  var diagnosis: DiagnosisConfiguration { live.withLock { $0.configuration.diagnosis } }
  var experiments: [ExperimentConfig] { live.withLock { $0.configuration.experiments } }
  var sources: SourceOpener { live.withLock { $0.sources } }
  var tokens: AccessTokens { live.withLock { $0.tokens } }

  /// Takes over what can change while the service runs.
  func reload(_ configuration: Configuration) {
    live.withLock { $0 = Live(configuration) }
    log.setRetention(days: configuration.service.retentionDays)
  }

  /// Counts what became of a batch.
  ///
  /// - Parameter seconds: for which its events have waited here.
  func count(
    _ events: EventLog.Ingested, of model: String, _ kind: EventKind, waited seconds: Int = 0
  ) {
    let live = (ServiceMetrics.liveSeconds + Int64(seconds)) * 1_000_000
    metrics.count(
      events, of: model, kind, liveSince: Instant(microseconds: now().microseconds - live))
  }

  /// Reserves room for a body; false where there is none now.
  func reserve(_ bytes: Int) -> Bool {
    let limit = configuration.pendingLimit
    return bodies.withLock { taken in
      guard taken == 0 || taken + bytes <= limit else { return false }
      taken += bytes
      return true
    }
  }

  func giveBack(_ bytes: Int) {
    bodies.withLock { $0 -= bytes }
  }

  /// Notes how writing what came in last went, and says so where that is another than before.
  ///
  /// - Parameter failure: why it could not be written; nil where it was.
  func noteWrite(_ failure: EventError?) {
    let isChange = isUnwritable.withLock { isUnwritable in
      defer { isUnwritable = failure != nil }
      return isUnwritable != (failure != nil)
    }
    guard isChange else { return }
    if let failure {
      logger.error(
        "events cannot be written, and are refused until they can be",
        metadata: ["error": "\(failure.what)", "data_folder": "\(configuration.dataFolder)"])
    } else {
      logger.notice("events can be written again")
    }
  }

  /// Whether events can be written, as far as is known.
  ///
  /// Where the last could not be, it is tried: who is not ready is sent nothing that could show it.
  func canWrite() -> Bool {
    guard isUnwritable.withLock({ $0 }) else { return true }
    let path = log.scratchFile(ending: "probe")
    // There may be none; what stays goes at the next start.
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      // As much as a batch may need; where there is no room for it others fail too.
      try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
    } catch {
      return false
    }
    noteWrite(nil)
    return true
  }

  var bytesInFlight: Int { bodies.withLock { $0 } }
}
