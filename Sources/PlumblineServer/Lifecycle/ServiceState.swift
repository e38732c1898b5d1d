import Events
import Monitoring
import Synchronization
import Telemetry

/// What requests and background work share.
final class ServiceState: Sendable {
  let log: EventLog
  let registry: MetricRegistry
  let metrics: ServiceMetrics
  let now: @Sendable () -> Instant
  private let live: Mutex<Live>
  /// Bytes of bodies that are being taken in.
  private let bodies = Mutex(0)

  private struct Live {
    var configuration: ServiceConfiguration
    var tokens: AccessTokens
  }

  init(
    log: EventLog, registry: MetricRegistry, configuration: ServiceConfiguration,
    now: @escaping @Sendable () -> Instant
  ) throws {
    self.log = log
    self.registry = registry
    self.now = now
    metrics = try ServiceMetrics(registry)
    live = Mutex(Live(configuration: configuration, tokens: AccessTokens(configuration.tokens)))
  }

  var configuration: ServiceConfiguration { live.withLock { $0.configuration } }
  var tokens: AccessTokens { live.withLock { $0.tokens } }

  /// Takes over what can change while the service runs.
  func reload(_ configuration: ServiceConfiguration) {
    live.withLock {
      $0 = Live(configuration: configuration, tokens: AccessTokens(configuration.tokens))
    }
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

  var bytesInFlight: Int { bodies.withLock { $0 } }
}
