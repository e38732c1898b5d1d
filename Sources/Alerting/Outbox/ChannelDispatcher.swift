import DataSources
import Foundation
public import Monitoring
public import Store
import Synchronization

/// Delivers the messages that wait for one channel: each at least once, those of a group in their order,
/// no more than the channel's rate limit allows.
///
/// What waits is in the history's file, so it outlives the process. Channels have a dispatcher each: one
/// that is dead holds up no other.
public final class ChannelDispatcher: Sendable {
  private struct State {
    var retry: RetrySchedule
    /// Until then the provider asked not to be called.
    var pausedUntil: Instant?
  }

  public let configuration: ChannelConfiguration
  private let channel: any NotificationChannel
  private let history: History
  private let state: Mutex<State>
  private let observe: @Sendable (DeliveryAttempt) -> Void

  /// The longest a provider may ask to wait.
  private static let longestPauseSeconds = 3_600.0

  /// - Parameters:
  ///   - channel: what makes the attempts.
  ///   - seed: of the pauses between attempts.
  ///   - observe: is told of every attempt.
  public init(
    _ configuration: ChannelConfiguration, channel: any NotificationChannel, history: History,
    seed: UInt64, observe: @escaping @Sendable (DeliveryAttempt) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.channel = channel
    self.history = history
    self.observe = observe
    state = Mutex(State(retry: RetrySchedule(seed: seed)))
  }

  /// A message to send, and the entries it stands for.
  private struct Parcel {
    var message: AlertMessage
    var entries: [QueuedNotification]
  }

  /// Makes one attempt at what is due; may block for as long as the channel's time-out.
  ///
  /// - Returns: whether there was something to do; then there may be more.
  public func deliverNext(clock: () -> Instant) throws(HistoryError) -> Bool {
    let now = clock()
    let waiting = try history.waitingNotifications(of: configuration.name)
    if let old = waiting.first(where: { isTooOld($0, at: now) }) {
      try giveUp([old], reason: "it could not be delivered in time", seconds: 0, at: now)
      return true
    }
    guard let parcel = try parcel(of: waiting, at: now) else { return false }
    let result: Result<DeliveryReceipt, DeliveryError>
    do throws(DeliveryError) {
      result = .success(try channel.send(parcel.message))
    } catch {
      result = .failure(error)
    }
    let end = clock()
    let seconds = Double(end.microseconds - now.microseconds) / 1e6
    switch result {
    case .success(let receipt):
      try finish(parcel, detail: receipt.detail, seconds: seconds, at: end)
    case .failure(.temporary(let reason, let retryAfter)):
      try postpone(parcel, reason, retryAfter: retryAfter, seconds: seconds, at: end)
    case .failure(.permanent(let reason)):
      try giveUp(parcel.entries, reason: reason, seconds: seconds, at: end)
    }
    return true
  }

  // MARK: What is due

  private func isTooOld(_ entry: QueuedNotification, at now: Instant) -> Bool {
    now.microseconds - entry.createdAt.microseconds
      > Int64(configuration.giveUpSeconds) * 1_000_000
  }

  private func parcel(
    of waiting: [QueuedNotification], at now: Instant
  ) throws(HistoryError) -> Parcel? {
    if let paused = state.withLock({ $0.pausedUntil }), paused > now { return nil }
    var keys: Set<String> = []
    let due = waiting.filter { keys.insert($0.orderKey).inserted && $0.nextAttemptAt <= now }
    guard let first = due.first else { return nil }
    guard let limit = configuration.rateLimit else { return Self.parcel(first) }
    let since = Instant(microseconds: now.microseconds - limit.per.microseconds)
    let left = limit.messages - (try history.deliveries(of: configuration.name, since: since).count)
    guard left > 0 else { return nil }
    // More than may be sent come together, with all that follows them.
    let all = waiting.filter { $0.nextAttemptAt <= now }
    guard all.count > left, !configuration.keepsIncidents else { return Self.parcel(first) }
    return Self.digest(all)
  }

  private static func message(of entry: QueuedNotification) -> AlertMessage? {
    try? JSONDecoder().decode(AlertMessage.self, from: entry.message)
  }

  /// What cannot be read any more, as another version wrote it, is told as an empty message.
  private static func parcel(_ entry: QueuedNotification) -> Parcel {
    let message =
      message(of: entry)
      ?? AlertMessage(
        id: "unreadable-\(entry.id)", kind: .digest, groupKey: entry.orderKey, groupLabels: [:],
        alerts: [], createdAt: entry.createdAt)
    return Parcel(message: message, entries: [entry])
  }

  /// Messages as one: each alert as the last of them has it.
  private static func digest(_ entries: [QueuedNotification]) -> Parcel {
    let messages = entries.compactMap(message(of:))
    var newest: [String: AlertRecord] = [:]
    for alert in messages.flatMap(\.alerts) { newest[alert.fingerprint] = alert }
    let alerts = newest.values.sorted(by: AlertRecord.comesFirst)
    var digest = AlertMessage(
      id: AlertEngine.fingerprint("digest", ["of": messages.map(\.id).joined(separator: " ")]),
      kind: .digest, groupKey: "digest", groupLabels: [:],
      alerts: Array(alerts.prefix(NotificationPlan.messageLimit)),
      createdAt: entries.last?.createdAt ?? Instant(microseconds: 0),
      externalURL: messages.last?.externalURL)
    digest.truncatedAlerts =
      max(0, alerts.count - NotificationPlan.messageLimit)
      + messages.reduce(0) { $0 + $1.truncatedAlerts }
    return Parcel(message: digest, entries: entries)
  }

  // MARK: What became of it

  private func finish(
    _ parcel: Parcel, detail: String, seconds: Double, at now: Instant
  ) throws(HistoryError) {
    let entries = parcel.entries.enumerated().map { index, entry in
      var entry = entry
      entry.state = index == 0 ? .delivered : .digested
      entry.attempts += 1
      return entry
    }
    let told = parcel.message.kind == .test ? [] : parcel.message.alerts.map(\.fingerprint)
    try record(.delivered, detail, of: entries, told: told, seconds: seconds, at: now)
  }

  private func postpone(
    _ parcel: Parcel, _ reason: String, retryAfter: Double?, seconds: Double, at now: Instant
  ) throws(HistoryError) {
    let attempts = (parcel.entries.map(\.attempts).max() ?? 0) + 1
    let pause = state.withLock { state in
      let own = state.retry.seconds(afterAttempts: attempts)
      guard let retryAfter else { return own }
      let asked = min(max(retryAfter, own), Self.longestPauseSeconds)
      state.pausedUntil = now.adding(seconds: asked)
      return asked
    }
    let entries = parcel.entries.map { entry in
      var entry = entry
      entry.attempts = attempts
      entry.nextAttemptAt = now.adding(seconds: pause)
      return entry
    }
    try record(.delayed, reason, of: entries, told: [], seconds: seconds, at: now)
  }

  private func giveUp(
    _ entries: [QueuedNotification], reason: String, seconds: Double, at now: Instant
  ) throws(HistoryError) {
    let given = entries.map { entry in
      var entry = entry
      entry.state = .givenUp
      return entry
    }
    let alerts = entries.compactMap(Self.message(of:)).filter { $0.kind != .test }.flatMap(\.alerts)
    let events = alerts.map {
      AlertEvent(at: now, kind: .undelivered, detail: "\(configuration.name): \(reason)", alert: $0)
    }
    try record(.refused, reason, of: given, told: [], events: events, seconds: seconds, at: now)
  }

  private func record(
    _ outcome: DeliveryAttempt.Outcome, _ detail: String, of entries: [QueuedNotification],
    told: [String], events: [AlertEvent] = [], seconds: Double, at now: Instant
  ) throws(HistoryError) {
    guard let first = entries.first else { return }
    let attempt = DeliveryAttempt(
      notificationID: first.id, channel: configuration.name, at: now, outcome: outcome,
      detail: detail, seconds: seconds)
    try history.record(attempt, of: entries, told: told, events: events)
    observe(attempt)
  }
}

extension Instant {
  func adding(seconds: Double) -> Instant {
    Instant(microseconds: microseconds + Int64(seconds * 1e6))
  }
}
