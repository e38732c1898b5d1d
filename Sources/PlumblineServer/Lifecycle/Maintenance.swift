import Events
import Logging
import Monitoring
import ServiceLifecycle
import Store
import Telemetry

/// Seals what waits, joins small segments and drops old ones, and gives up waiting for halves of
/// exchanges, again and again.
struct Maintenance: Service, CustomStringConvertible {
  let state: ServiceState
  let history: History
  let logger: Logger
  /// How long to wait between rounds.
  var pause = Duration.seconds(30)
  private let watch = IndexWatch()

  init(state: ServiceState, history: History, logger: Logger) {
    self.state = state
    self.history = history
    self.logger = logger
  }

  var description: String { "Maintenance" }

  func run() async throws {
    await withGracefulShutdownHandler {
      while await goesOn(after: pause) {
        await flush()
        await maintain()
      }
    } onGracefulShutdown: {
      // A round that is being made is waited for.
      state.log.prepareClosing()
    }
  }

  func flush() async {
    let seconds = state.configuration.joinSeconds
    do {
      try await state.joiner.flush(
        receivedBefore: Instant(
          microseconds: state.now().microseconds - Int64(seconds) * 1_000_000),
        refused: { refused in
          state.metrics.rejected.with(refused.model, EventKind.predictions.rawValue)
            .increment(by: Double(refused.rows))
          logger.warning(
            "events that waited are refused",
            metadata: [
              "model": "\(refused.model)", "rows": "\(refused.rows)",
              "error": "\(refused.error.what)",
            ])
        }, each: { state.count($1, of: $0, .predictions, waited: seconds) })
    } catch {
      logger.error("requests without response could not be kept", metadata: ["error": "\(error)"])
    }
  }

  /// Keeps everything in bounds. What makes room comes first, and nothing that fails keeps the rest
  /// from being done: sealing needs room, which on a full disk only dropping gives.
  func maintain() async {
    let configuration = state.configuration
    let now = state.log.retentionTime
    func daysAgo(_ days: Int) -> Instant {
      Instant(microseconds: now.microseconds - Int64(days) * Self.dayMicroseconds)
    }
    let end = configuration.retentionDays.map(daysAgo)
    // Metrics, alerts and runs stay as long as events, and for a season where those stay for good.
    let historyEnd = daysAgo(configuration.retentionDays ?? 90)
    await step("old events could not be dropped") { [log = state.log, logger] in
      let dropped = try log.drop(endedBefore: end, beyondBytes: configuration.retentionBytes)
      if dropped > 0 { logger.info("old events were dropped", metadata: ["rows": "\(dropped)"]) }
    }
    await step("old alerts could not be dropped") { [history] in
      try history.dropAlertHistory(before: historyEnd)
    }
    await step("old runs could not be dropped") { [history] in
      try history.dropRuns(before: historyEnd)
    }
    await step("events could not be sealed") { [log = state.log] in try log.seal() }
    await step("small files could not be joined") { [log = state.log] in try log.compact() }
    let index = state.log.indexState
    state.metrics.show(index)
    watch.look(at: index, logger)
  }

  private static let dayMicroseconds: Int64 = 86_400_000_000

  private func step(_ failure: String, _ work: @escaping @Sendable () throws -> Void) async {
    do {
      try await Background.run(work)
    } catch {
      logger.error("\(failure)", metadata: ["error": "\(error)"])
    }
  }
}
