import Events
import Logging
import Monitoring
import ServiceLifecycle
import Store

/// Seals what waits, joins small segments and drops old ones, and gives up waiting for halves of
/// exchanges, again and again.
struct Maintenance: Service {
  let state: ServiceState
  let history: History
  let logger: Logger
  /// How long to wait between rounds.
  var pause = Duration.seconds(30)

  func run() async throws {
    while true {
      do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
      } catch {
        return
      }
      await flush()
      maintain()
    }
  }

  private func flush() async {
    let wait = Int64(state.configuration.joinSeconds) * 1_000_000
    do {
      try await state.joiner.flush(
        receivedBefore: Instant(microseconds: state.now().microseconds - wait)
      ) { state.metrics.count($1, of: $0, .predictions) }
    } catch {
      logger.error("requests without response could not be kept", metadata: ["error": "\(error)"])
    }
  }

  private func maintain() {
    let configuration = state.configuration
    do {
      try state.log.seal()
      try state.log.compact()
      let end = configuration.retentionDays.map { days in
        Instant(microseconds: state.now().microseconds - Int64(days) * 86_400_000_000)
      }
      let dropped = try state.log.drop(
        endedBefore: end, beyondBytes: configuration.retentionBytes)
      // Metrics and alerts stay as long as events, and for a season where those stay for good.
      let days = Int64(configuration.retentionDays ?? 90)
      try history.dropAlertHistory(
        before: Instant(microseconds: state.now().microseconds - days * 86_400_000_000))
      if dropped > 0 { logger.info("old events were dropped", metadata: ["rows": "\(dropped)"]) }
    } catch {
      logger.error("the event log could not be maintained", metadata: ["error": "\(error)"])
    }
  }
}
