import Alerting
import Logging
import Monitoring
import Store
import Synchronization

/// Has channels deliver what waits for them, each on a thread of its own and one message at a time.
final class AlertDelivery: Sendable {
  typealias MakeChannel =
    @Sendable (_ configuration: ChannelConfiguration, _ clock: @escaping @Sendable () -> Instant)
    throws -> any NotificationChannel

  struct Channel {
    let dispatcher: ChannelDispatcher
    let channel: any NotificationChannel

    var name: String { dispatcher.configuration.name }
    var isAlertmanager: Bool { dispatcher.configuration.type == "alertmanager" }
  }

  private struct Shared {
    var channels: [Channel] = []
    /// Names of channels a thread is at, also of those a reload has removed.
    var busy: Set<String> = []
    var nextRefresh: [String: Instant] = [:]
    var isStopping = false
  }

  private let state: ServiceState
  private let history: History
  private let manager: AlertManager
  private let metrics: AlertMetrics
  private let logger: Logger
  private let makeChannel: MakeChannel
  private let shared = Mutex(Shared())

  /// How often an Alertmanager is told again what fires; it takes for over what it hears no more of.
  private static let refreshMicroseconds: Int64 = 60_000_000

  init(
    state: ServiceState, history: History, manager: AlertManager, metrics: AlertMetrics,
    logger: Logger, makeChannel: @escaping MakeChannel
  ) {
    self.state = state
    self.history = history
    self.manager = manager
    self.metrics = metrics
    self.logger = logger
    self.makeChannel = makeChannel
  }

  /// Makes the channels of a configuration, which go on where those of their names are.
  func channels(of configuration: AlertingConfiguration) throws -> [Channel] {
    let known = shared.withLock { $0.channels }
    return try configuration.channels.map { settings in
      let channel = try makeChannel(settings, state.now)
      return Channel(
        dispatcher: ChannelDispatcher(
          settings, channel: channel, history: history,
          seed: UInt64(bitPattern: state.now().microseconds),
          continuing: known.first { $0.name == settings.name }?.dispatcher
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

  /// Takes channels in place of those there are.
  func use(_ channels: [Channel]) {
    let names = Set(channels.map(\.name))
    shared.withLock { shared in
      shared.channels = channels
      shared.nextRefresh = shared.nextRefresh.filter { names.contains($0.key) }
    }
  }

  /// Begins to deliver what waits, where that is not being done.
  func deliver() {
    let free = shared.withLock { shared -> [Channel] in
      guard !shared.isStopping else { return [] }
      let free = shared.channels.filter { !shared.busy.contains($0.name) }
      shared.busy.formUnion(free.map(\.name))
      return free
    }
    for channel in free {
      Background.start {
        self.serve(channel)
        self.shared.withLock { _ = $0.busy.remove(channel.name) }
      }
    }
  }

  /// Has nothing more sent and waits for what is on its way: what was sent and is not kept as sent goes again
  /// after the next start.
  ///
  /// A stop that takes too long cancels its services, and with them this.
  func stop() async {
    shared.withLock { $0.isStopping = true }
    while shared.withLock({ !$0.busy.isEmpty }) {
      do {
        try await Task.sleep(for: .milliseconds(20))
      } catch {
        return
      }
    }
  }

  /// Whether nothing more is begun with.
  var isStopping: Bool { shared.withLock { $0.isStopping } }

  private func serve(_ channel: Channel) {
    do {
      while isInUse(channel) {
        if refresh(channel, at: state.now()) { continue }
        guard try channel.dispatcher.deliverNext(clock: state.now) else { return }
      }
    } catch {
      logger.error("messages could not be taken from the outbox: \(error)")
    }
  }

  /// Whether a channel is to make another attempt: none once a reload has put another in its place.
  private func isInUse(_ channel: Channel) -> Bool {
    shared.withLock { shared in
      !shared.isStopping && shared.channels.contains { $0.dispatcher === channel.dispatcher }
    }
  }

  /// An Alertmanager forgets what it is not told again and again; that is no message to people.
  ///
  /// Between messages, never beside one: it would fire again there where this came after that it is over.
  ///
  /// - Returns: whether it was told.
  private func refresh(_ channel: Channel, at now: Instant) -> Bool {
    guard channel.isAlertmanager else { return false }
    let isDue = shared.withLock { shared in
      guard
        AlertService.isDue(
          shared.nextRefresh[channel.name], at: now, every: Self.refreshMicroseconds)
      else { return false }
      shared.nextRefresh[channel.name] = Instant(
        microseconds: now.microseconds + Self.refreshMicroseconds)
      return true
    }
    guard isDue else { return false }
    let firing = manager.records(toldTo: channel.name)
    guard !firing.isEmpty else { return false }
    let message = AlertMessage(
      id: "refresh-\(now.microseconds)", kind: .firing, groupKey: "refresh", groupLabels: [:],
      alerts: firing, createdAt: now, externalURL: state.alerting.externalURL)
    do throws(DeliveryError) {
      _ = try channel.channel.send(message)
    } catch {
      logger.warning("an Alertmanager could not be told again: \(error.what)")
    }
    return true
  }
}
