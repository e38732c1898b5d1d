import DataSources
import Logging
import Monitoring
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at SIGHUP; one with mistakes changes nothing.
struct ReloadOnSignal: Service {
  let state: ServiceState
  let alerts: AlertService
  let logger: Logger
  let read: @Sendable () throws -> Configuration

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() { reload() }
  }

  private func reload() {
    do {
      let whole = try read()
      let fresh = whole.service
      let before = state.configuration
      if fresh.host != before.host || fresh.port != before.port || fresh.tls != before.tls
        || fresh.dataFolder != before.dataFolder
      {
        logger.warning("listen, tls and data_folder change at the next start only")
      }
      if !fresh.isLoopback, fresh.tokens.isEmpty, !fresh.allowsUnauthenticated {
        logger.error("the configuration was kept: without tokens only the loopback is served")
        return
      }
      try alerts.reload(whole.alerting)
      state.reload(whole)
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
