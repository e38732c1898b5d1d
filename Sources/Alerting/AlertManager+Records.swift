import Foundation
public import Monitoring
import Store

extension JSONEncoder {
  /// The same value gives the same bytes; a figure may be infinite.
  static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  /// Reads what ``JSONEncoder/sorted`` wrote.
  static var sorted: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

extension AlertEvent {
  init(_ transition: AlertTransition) {
    let kind: Kind =
      switch transition.kind {
      case .pending: .pending
      case .firing: .firing
      case .resolved: .resolved
      case .cleared: .cleared
      }
    self.init(
      at: transition.at, kind: kind, detail: transition.record.reason, alert: transition.record)
  }
}

extension QueuedNotification {
  /// What its message tells; nil where it cannot be read.
  var kind: AlertMessage.Kind? {
    // Of what cannot be read it is not known, and is counted as none.
    (try? JSONDecoder().decode(AlertMessage.self, from: message))?.kind
  }

  /// That its alerts could not be told to a channel.
  func undelivered(channel: String, reason: String, at now: Instant) -> [AlertEvent] {
    // Which alerts a message was about that cannot be read is not known.
    guard let content = try? JSONDecoder().decode(AlertMessage.self, from: message),
      content.kind != .test
    else { return [] }
    return content.alerts.map {
      AlertEvent(at: now, kind: .undelivered, detail: "\(channel): \(reason)", alert: $0)
    }
  }
}

extension KeptAlert {
  /// Whether people were told that it fires and not that it is over.
  var isOpen: Bool { told == .firing || told == .acknowledged }

  /// Whether the last that was to be told was given up by every channel.
  var reachedNobody: Bool {
    guard isOpen, let toldAt, let undeliveredAt, undeliveredAt >= toldAt else { return false }
    return deliveredAt.map { $0 < toldAt } ?? true
  }

  static func isBefore(_ one: KeptAlert, _ other: KeptAlert) -> Bool {
    one.record.fingerprint < other.record.fingerprint
  }
}

extension AlertRecord {
  /// Firing before pending before the rest, the severest first, then the oldest.
  public static func comesFirst(_ one: AlertRecord, _ other: AlertRecord) -> Bool {
    func rank(_ alert: AlertRecord) -> (Int, Int, Int64, String) {
      let states: [State] = [.firing, .pending, .unknown, .resolved, .inactive]
      return (
        states.firstIndex(of: alert.state) ?? states.count,
        AlertSeverity.allCases.firstIndex(of: alert.severity) ?? 0,
        alert.startsAt?.microseconds ?? alert.updatedAt.microseconds, alert.fingerprint
      )
    }
    return rank(one) < rank(other)
  }
}

extension AlertManager {
  static func decoded(_ data: Data) -> AlertEngine.Kept? {
    // What another version wrote and this one cannot read begins anew.
    try? JSONDecoder.sorted.decode(AlertEngine.Kept.self, from: data)
  }

  /// The end of an alert whose rule is gone, with all that was known of it.
  static func named(_ end: AlertTransition, after alert: KeptAlert) -> AlertTransition {
    var end = end
    var record = alert.record
    record.state = end.record.state
    record.endsAt = end.record.endsAt
    record.updatedAt = end.record.updatedAt
    record.reason = end.record.reason
    end.record = record
    return end
  }

  static func queued(_ message: NotificationPlan.Message) throws -> QueuedNotification {
    QueuedNotification(
      channel: message.channel, orderKey: message.orderKey,
      message: try JSONEncoder.sorted.encode(message.content),
      createdAt: message.content.createdAt)
  }

  /// Gives up what waits for channels that are no longer configured: an alert would count as being told.
  func giveUpNotifications(
    besides configuration: AlertingConfiguration, at now: Instant
  ) throws(HistoryError) {
    let known = Set(configuration.channels.map(\.name))
    let gone = try history.notificationCounts().filter { !known.contains($0) && $1.waiting > 0 }
    for channel in gone.keys.sorted() {
      let reason = "the channel is no longer configured"
      while case let waiting = try history.waitingNotifications(of: channel), !waiting.isEmpty {
        for entry in waiting {
          var given = entry
          given.state = .givenUp
          given.nextAttemptAt = now
          let attempt = DeliveryAttempt(
            notificationID: entry.id, channel: channel, at: now, outcome: .givenUp,
            detail: reason, seconds: 0, kind: entry.kind?.rawValue)
          try history.record(
            attempt, of: [given], told: [],
            events: entry.undelivered(channel: channel, reason: reason, at: now))
          observe(attempt, entry.kind.map { [$0] } ?? [])
        }
      }
    }
  }
}
