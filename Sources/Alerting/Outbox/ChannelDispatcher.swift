import DataSources
import Foundation
public import Monitoring
public import Store
import Synchronization

/// Delivers the messages that wait for one channel: each at least once, those of a group in their order,
/// no more than the channel's rate limit allows, but for some that are critical.
///
/// What waits is in the history's file, so it outlives the process. Channels have a dispatcher each: one
/// that is dead holds up no other.
public final class ChannelDispatcher: Sendable {
  private struct State: Sendable {
    var retry: RetrySchedule
    /// What became of an attempt and could not be kept; until it is, nothing else is sent, or people
    /// would get the same message again and again.
    var unkept: Outcome?
    /// Messages that were refused as part of a digest: one may be to blame for all, so each goes alone.
    var single: Set<Int64> = []
  }

  /// What a dispatcher knows and the file does not; that of the same channel after a reload goes on with it.
  private final class Memory: Sendable {
    private let state: Mutex<State>

    init(_ state: State) { self.state = Mutex(state) }

    func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
      state.withLock { body(&$0) }
    }
  }

  /// What became of an attempt.
  private struct Outcome: Sendable {
    var attempt: DeliveryAttempt
    var entries: [QueuedNotification]
    var told: [String] = []
    var events: [AlertEvent] = []
    var pause: ChannelPause?
    /// Kinds of the messages that are given up with it.
    var givenUp: [AlertMessage.Kind] = []
  }

  public let configuration: ChannelConfiguration
  private let channel: any NotificationChannel
  private let history: History
  private let state: Memory
  private let observe: @Sendable (DeliveryAttempt, _ givenUp: [AlertMessage.Kind]) -> Void

  /// The longest a provider may ask to wait.
  private static let longestPauseSeconds = 86_400.0

  /// - Parameters:
  ///   - channel: what makes the attempts.
  ///   - seed: of the pauses between attempts.
  ///   - other: the channel's dispatcher before a reload, which makes no more attempts; nil for none. What it
  ///     sent and could not keep as sent is not sent again.
  ///   - observe: is told of every attempt, and of what kinds the messages were that were given up with it.
  public init(
    _ configuration: ChannelConfiguration, channel: any NotificationChannel, history: History,
    seed: UInt64, continuing other: ChannelDispatcher? = nil,
    observe: @escaping @Sendable (DeliveryAttempt, _ givenUp: [AlertMessage.Kind]) -> Void = {
      _, _ in
    }
  ) {
    self.configuration = configuration
    self.channel = channel
    self.history = history
    self.observe = observe
    state = other?.state ?? Memory(State(retry: RetrySchedule(seed: seed)))
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
    if let unkept = state.withLock({ $0.unkept }) {
      try keep(unkept)
      return true
    }
    let waiting = try history.dueNotifications(
      of: configuration.name, at: now,
      // What is to wait for longer than any pause between attempts was written by a clock that was ahead.
      horizon: now.adding(seconds: RetrySchedule.longestSeconds))
    guard let first = waiting.first else { return false }
    // What has waited long for its turn has a right to one attempt.
    if first.attempts > 0, isTooOld(first, at: now) {
      try giveUp([first], reason: "it could not be delivered in time", at: now)
      return true
    }
    guard Self.message(of: first) != nil else {
      try giveUp([first], reason: "it cannot be read any more", at: now)
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
    let seconds = max(0, Double(end.since(now)) / 1e6)
    switch result {
    case .success(let receipt):
      try finish(parcel, detail: receipt.detail, seconds: seconds, at: end)
    case .failure(.temporary(let reason, let retryAfter)):
      try postpone(parcel, reason, retryAfter: retryAfter, seconds: seconds, at: end)
    case .failure(.permanent(let reason)) where parcel.entries.count > 1:
      state.withLock { $0.single.formUnion(parcel.entries.map(\.id)) }
      try postpone(parcel, reason, retryAfter: nil, seconds: seconds, at: end)
    case .failure(.permanent(let reason)):
      try giveUp(parcel.entries, reason: reason, afterSeconds: seconds, at: end)
    }
    return true
  }

  // MARK: What is due

  private func isTooOld(_ entry: QueuedNotification, at now: Instant) -> Bool {
    now.since(entry.createdAt) > Instant.length(configuration.giveUpSeconds, of: 1_000_000)
  }

  private func parcel(
    of waiting: [QueuedNotification], at now: Instant
  ) throws(HistoryError) -> Parcel? {
    if try history.pause(of: configuration.name)?.lasts(at: now) == true { return nil }
    let single = state.withLock { $0.single }
    guard let first = waiting.first else { return nil }
    guard let limit = configuration.rateLimit else { return Self.parcel([first]) }
    let since = now.adding(microseconds: -limit.per.microseconds)
    let taken = try history.deliveries(
      of: configuration.name, since: since, until: AlertEngine.latest(at: now))
    let left = limit.messages - taken.count
    if left > 0 { return parcel(of: waiting, first, left: left, single) }
    let more = left + limit.criticalMessages
    guard more > 0 else { return nil }
    let urgent = Self.urgent(waiting)
    guard let next = urgent.first(where: { Self.message(of: $0) != nil }) else { return nil }
    return parcel(of: urgent, next, left: more, single)
  }

  private func parcel(
    of waiting: [QueuedNotification], _ first: QueuedNotification, left: Int, _ single: Set<Int64>
  ) -> Parcel? {
    guard waiting.count > left, !configuration.keepsIncidents, !single.contains(first.id) else {
      return Self.parcel([first])
    }
    // More than may be sent come together.
    let keys = Set(waiting.filter { single.contains($0.id) }.map(\.orderKey))
    return Self.parcel(waiting.filter { !keys.contains($0.orderKey) })
  }

  /// Messages that tell of critical alerts that fire, and those of the same keys that come before them.
  private static func urgent(_ waiting: [QueuedNotification]) -> [QueuedNotification] {
    var last: [String: Int64] = [:]
    let word = Data("\"\(AlertSeverity.critical.rawValue)\"".utf8)
    // Most are not, which is seen without reading them.
    for entry in waiting where entry.message.range(of: word) != nil {
      guard let message = message(of: entry), message.kind == .firing, message.severity == .critical
      else { continue }
      last[entry.orderKey] = entry.id
    }
    return waiting.filter { entry in last[entry.orderKey].map { entry.id <= $0 } ?? false }
  }

  /// nil where it cannot be read, as a later version may have written it: it is given up, and that is told.
  private static func message(of entry: QueuedNotification) -> AlertMessage? {
    try? JSONDecoder().decode(AlertMessage.self, from: entry.message)
  }

  /// Messages as one: each alert as the last of them has it.
  private static func parcel(_ entries: [QueuedNotification]) -> Parcel? {
    let readable = entries.compactMap { entry in message(of: entry).map { (entry, $0) } }
    guard let (_, last) = readable.last else { return nil }
    guard readable.count > 1 else { return Parcel(message: last, entries: readable.map(\.0)) }
    let messages = readable.map(\.1)
    var newest: [String: AlertRecord] = [:]
    for alert in messages.flatMap(\.alerts) { newest[alert.fingerprint] = alert }
    let alerts = newest.values.sorted(by: AlertRecord.comesFirst)
    var digest = AlertMessage(
      id: AlertEngine.fingerprint("digest", ["of": messages.map(\.id).joined(separator: " ")]),
      kind: .digest, groupKey: "digest", groupLabels: [:],
      alerts: Array(alerts.prefix(NotificationPlan.messageLimit)), createdAt: last.createdAt,
      externalURL: last.externalURL)
    digest.truncatedAlerts =
      max(0, alerts.count - NotificationPlan.messageLimit)
      + messages.reduce(0) { $0 + max(0, min($1.truncatedAlerts, 1_000_000)) }
    return Parcel(message: digest, entries: readable.map(\.0))
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
    // A digest stands for all of its messages, also for the alerts there was no room for in it.
    let told = parcel.entries.compactMap(Self.message(of:)).filter { $0.kind != .test }
      .flatMap(\.alerts).map(\.fingerprint)
    state.withLock { $0.single.subtract(entries.map(\.id)) }
    try record(
      .delivered, detail, of: entries, told: Set(told).sorted(), seconds: seconds, at: now)
  }

  private func postpone(
    _ parcel: Parcel, _ reason: String, retryAfter: Double?, seconds: Double, at now: Instant
  ) throws(HistoryError) {
    let attempts = (parcel.entries.map(\.attempts).max() ?? 0) + 1
    let next = now.adding(seconds: state.withLock { $0.retry.seconds(afterAttempts: attempts) })
    var pause: ChannelPause?
    if let retryAfter, !retryAfter.isNaN {
      let asked = now.adding(seconds: min(retryAfter, Self.longestPauseSeconds))
      // In the file, so that a restart is no reason to call the provider before.
      pause = ChannelPause(since: now, until: max(asked, next))
    }
    let entries = parcel.entries.map { entry in
      var entry = entry
      entry.attempts = attempts
      entry.nextAttemptAt = next
      return entry
    }
    try record(.delayed, reason, of: entries, pause: pause, seconds: seconds, at: now)
    let earliest = max(next, pause?.until ?? next)
    // No attempt is made after `give_up_after`: where the next one would be, people need not wait for it. What
    // is too old already has just had the one attempt it has a right to, or the clock is wrong.
    let late = entries.filter { !isTooOld($0, at: now) && isTooOld($0, at: earliest) }
    if !late.isEmpty {
      try giveUp(
        late,
        reason: "the next attempt, at \(earliest.iso8601), would be after give_up_after", at: now)
    }
  }

  /// - Parameter seconds: of the attempt after which they are given up; nil where none was made.
  private func giveUp(
    _ entries: [QueuedNotification], reason: String, afterSeconds seconds: Double? = nil,
    at now: Instant
  ) throws(HistoryError) {
    let given = entries.map { entry in
      var entry = entry
      entry.state = .givenUp
      entry.nextAttemptAt = now
      entry.attempts += seconds == nil ? 0 : 1
      return entry
    }
    state.withLock { $0.single.subtract(entries.map(\.id)) }
    let events = entries.flatMap {
      $0.undelivered(channel: configuration.name, reason: reason, at: now)
    }
    try record(
      seconds == nil ? .givenUp : .refused, reason, of: given, events: events,
      givenUp: entries.compactMap { Self.message(of: $0)?.kind }, seconds: seconds ?? 0, at: now)
  }

  private func record(
    _ outcome: DeliveryAttempt.Outcome, _ detail: String, of entries: [QueuedNotification],
    told: [String] = [], events: [AlertEvent] = [], pause: ChannelPause? = nil,
    givenUp: [AlertMessage.Kind] = [], seconds: Double, at now: Instant
  ) throws(HistoryError) {
    guard let first = entries.first else { return }
    let attempt = DeliveryAttempt(
      notificationID: first.id, channel: configuration.name, at: now, outcome: outcome,
      detail: detail, seconds: seconds, kind: Self.message(of: first)?.kind.rawValue)
    try keep(
      Outcome(
        attempt: attempt, entries: entries, told: told, events: events, pause: pause,
        givenUp: givenUp))
  }

  private func keep(_ outcome: Outcome) throws(HistoryError) {
    state.withLock { $0.unkept = outcome }
    try history.record(
      outcome.attempt, of: outcome.entries, told: outcome.told, events: outcome.events,
      pause: outcome.pause)
    state.withLock { $0.unkept = nil }
    observe(outcome.attempt, outcome.givenUp)
  }
}
