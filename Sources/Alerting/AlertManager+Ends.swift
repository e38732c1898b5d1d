import Foundation
import Monitoring
import Store

extension AlertManager {
  /// Seconds between two tries at least, however short a rule's cooldown is.
  private static let leastPauseSeconds = 300

  /// Ends that channels refused where what is not told to be over stays open: they are told again after the
  /// cooldown, for as long as the channel tries to deliver anything, while the alert does not fire.
  ///
  /// Each alert counts by itself: of its group others may fire, which the same message or a later one tells.
  ///
  /// - Parameter firing: fingerprints of what fires.
  func endsToTellAgain(
    _ configuration: AlertingConfiguration, firing: Set<String>, at now: Instant
  ) throws(HistoryError) -> [QueuedNotification] {
    let cooldowns = Dictionary(
      configuration.rules.map { ($0.name, Instant.length($0.cooldownMinutes, of: 60_000_000)) },
      uniquingKeysWith: { first, _ in first })
    var again: [QueuedNotification] = []
    for channel in configuration.channels where channel.keepsOpen {
      let length = Instant.length(channel.giveUpSeconds, of: 1_000_000)
      let refused = try history.givenUpEnds(
        of: channel.name, createdFrom: now.adding(microseconds: length == .max ? .min : -length),
        until: now.adding(seconds: -Double(Self.leastPauseSeconds)))
      for entry in refused {
        // What cannot be read, as a later version may have written it, cannot be told again.
        guard var content = try? JSONDecoder().decode(AlertMessage.self, from: entry.message)
        else { continue }
        var ends: [AlertRecord] = []
        for alert in content.alerts
        where alert.state == .resolved && !firing.contains(alert.fingerprint) {
          // Where another message tells of it, that one counts.
          if try !history.isTold(of: alert.fingerprint, after: entry) { ends.append(alert) }
        }
        (content.kind, content.alerts, content.truncatedAlerts) = (.resolved, ends, 0)
        let cooldown = ends.map { cooldowns[$0.rule] ?? 15 * 60_000_000 }.max()
        // What was read as a message can be written as one.
        guard let cooldown, now.since(entry.nextAttemptAt) >= cooldown,
          let message = try? JSONEncoder.sorted.encode(content)
        else { continue }
        // As old as the first: its age is what ends the tries.
        again.append(
          QueuedNotification(
            channel: channel.name, orderKey: entry.orderKey, message: message,
            createdAt: entry.createdAt))
      }
    }
    return again
  }
}
