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
      await maintain()
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

  private func maintain() async {
    let configuration = state.configuration
    let now = state.now()
    func daysAgo(_ days: Int) -> Instant {
      Instant(microseconds: now.microseconds - Int64(days) * 86_400_000_000)
    }
    let end = configuration.retentionDays.map(daysAgo)
    // Metrics and alerts stay as long as events, and for a season where those stay for good.
    let alertsEnd = daysAgo(configuration.retentionDays ?? 90)
    do {
      let dropped = try await Background.run { [log = state.log, history] in
        try log.seal()
        try log.compact()
        let dropped = try log.drop(endedBefore: end, beyondBytes: configuration.retentionBytes)
        try history.dropAlertHistory(before: alertsEnd)
        return dropped
      }
      if dropped > 0 { logger.info("old events were dropped", metadata: ["rows": "\(dropped)"]) }
    } catch {
      logger.error("the event log could not be maintained", metadata: ["error": "\(error)"])
    }
  }
}
