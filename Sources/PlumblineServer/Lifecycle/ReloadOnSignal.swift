import DataSources
import Logging
import Monitoring
import ServiceLifecycle
import UnixSignals

/// SIGHUPs, from the moment they are trapped: one that comes before the service runs waits for it.
public struct ReloadSignals: Sendable {
  let sequence: UnixSignalsSequence

  /// Traps SIGHUP, which would end the process otherwise.
  public static func trapped() async -> ReloadSignals {
    ReloadSignals(sequence: await UnixSignalsSequence(trapping: .sighup))
  }
}

/// Reads the configuration again at SIGHUP; one with mistakes changes nothing.
struct ReloadOnSignal: Service, CustomStringConvertible {
  let state: ServiceState
  let alerts: AlertService
  let checks: CheckMetrics
  let logger: Logger
  /// What the service started with: where it listens does not change until it ends, whatever
  /// configurations are read meanwhile.
  let started: ServiceConfiguration
  /// Trapped before the service began to start, so that one that comes early is not lost.
  let signals: ReloadSignals
  let read: @Sendable () throws -> Configuration

  /// For the log of services, which says nothing of their configuration.
  var description: String { "ReloadOnSignal" }

  func run() async throws {
    for await _ in signals.sequence.cancelOnGracefulShutdown() { reload() }
  }

  func reload() {
    do {
      let whole = try read()
      let fresh = whole.service
      // The socket stays where it is: what the new file says of `listen` protects nobody. And one that
      // the next start would refuse is refused now, while somebody looks.
      if !started.isLoopback || !fresh.isLoopback, fresh.tokens.isEmpty,
        !fresh.allowsUnauthenticated
      {
        logger.error("the configuration was kept: without tokens only the loopback is served")
        return
      }
      // A file that was cut short has none; who means it says so.
      if state.tokens.isRequired, fresh.tokens.isEmpty, !fresh.allowsUnauthenticated {
        logger.error(
          """
          the configuration was kept: it drops all tokens; set service.allow_unauthenticated: true \
          where that is meant
          """)
        return
      }
      let waiting = fresh.keysOfNextStart(after: started)
      if !waiting.isEmpty {
        logger.warning(
          "some of the configuration changes at the next start only",
          metadata: ["keys": "\(waiting.joined(separator: ", "))"])
      }
      try alerts.reload(whole.alerting)
      state.reload(whole)
      checks.keep(of: whole.models)
      alerts.keep(of: whole.models)
      whole.logDoubts(to: logger)
      logger.notice("the configuration was read again")
    } catch let error as any ExplainedError {
      logger.error(
        "the configuration has mistakes and was kept as it was",
        metadata: ["error": "\(error.what)"])
    } catch {
      logger.error("the configuration was kept as it was", metadata: ["error": "\(error)"])
    }
  }
}

extension ServiceConfiguration {
  /// Keys that are otherwise than when the service started, and that it looks at only then.
  func keysOfNextStart(after started: ServiceConfiguration) -> [String] {
    let changes: [(key: String, isChanged: Bool)] = [
      ("data_folder", dataFolder != started.dataFolder),
      ("listen", host != started.host || port != started.port),
      ("tls", tls != started.tls),
      ("limits.pending_bytes", pendingLimit != started.pendingLimit),
      ("limits.unsealed_rows", unsealedRows != started.unsealedRows),
      ("limits.models", modelLimit != started.modelLimit),
      ("limits.series", seriesLimit != started.seriesLimit),
      ("limits.idle_seconds", idleSeconds != started.idleSeconds),
      ("stop_seconds", stopSeconds != started.stopSeconds),
      ("log.level", logLevel != started.logLevel),
      ("log.format", logFormat != started.logFormat),
    ]
    return changes.filter(\.isChanged).map(\.key)
  }
}

extension Configuration {
  /// Says what will hardly do what was meant; it is no reason not to run.
  func logDoubts(to logger: Logger) {
    for doubt in doubts {
      logger.warning(
        "the configuration may not do what was meant",
        metadata: ["line": "\(doubt.line)", "doubt": "\(doubt.text)"])
    }
  }
}
