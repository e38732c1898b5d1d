import Events
import Logging
import Monitoring
import ServiceLifecycle

/// Seals what waits, joins small segments and drops old ones, again and again.
struct Maintenance: Service {
  let state: ServiceState
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
      maintain()
    }
  }

  func maintain() {
    let configuration = state.configuration
    do {
      try state.log.seal()
      try state.log.compact()
      let end = configuration.retentionDays.map { days in
        Instant(microseconds: state.now().microseconds - Int64(days) * 86_400_000_000)
      }
      let dropped = try state.log.drop(
        endedBefore: end, beyondBytes: configuration.retentionBytes)
      if dropped > 0 { logger.info("old events were dropped", metadata: ["rows": "\(dropped)"]) }
    } catch {
      logger.error("the event log could not be maintained", metadata: ["error": "\(error)"])
    }
  }
}
