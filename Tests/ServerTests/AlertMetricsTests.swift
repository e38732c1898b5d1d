import Alerting
import Events
import Foundation
import Logging
import Monitoring
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What /metrics says of alerts and of messages about them.
struct AlertMetricsTests {
  private let registry = MetricRegistry()
  private static let now = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  private var text: String { String(decoding: registry.render(.text), as: UTF8.self) }

  private func record(_ severity: AlertSeverity, minutesAgo: Int64) -> AlertRecord {
    var record = AlertRecord(
      fingerprint: "\(severity) \(minutesAgo)", rule: "r", metric: "m", severity: severity,
      state: .firing, labels: [:], title: "t", description: "d", updatedAt: Self.now)
    record.startsAt = Instant(microseconds: Self.now.microseconds - minutesAgo * 60_000_000)
    return record
  }

  @Test func `Messages for a channel that is gone are given up, and count as that alone`() throws {
    let folder = try TemporaryFolder()
    let history = try History(path: folder.path + "/history.db")
    var changes = History.AlertChanges()
    let message = AlertMessage(
      id: "1", kind: .resolved, groupKey: "g", groupLabels: [:],
      alerts: [record(.warning, minutesAgo: 1)], createdAt: Self.now)
    changes.notifications = [try JSONEncoder().encode(message), Data("{".utf8)].map {
      QueuedNotification(channel: "gone", orderKey: "g", message: $0, createdAt: Self.now)
    }
    try history.commit(changes)
    let log = try EventLog(folder: folder.path + "/data", clock: { Self.now })
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: registry,
      configuration: try ConfigurationReader.read(
        "alerting: {}", path: "plumbline.yaml", environment: [:]), now: { Self.now })
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    _ = try AlertService(state: state, history: history, logger: logger)
    #expect(try history.notificationCounts()["gone"]?.givenUp == 2)
    #expect(
      text.contains(
        "plumbline_notifications_given_up_total{channel=\"gone\",kind=\"resolved\"} 1"), "\(text)")
    #expect(!text.contains("plumbline_notification_attempts_total{channel=\"gone\""), "\(text)")
  }

  @Test func `An attempt counts where one was made`() throws {
    let metrics = try AlertMetrics(registry)
    for outcome in DeliveryAttempt.Outcome.allCases {
      metrics.count(
        DeliveryAttempt(
          notificationID: 1, channel: "chat", at: Self.now, outcome: outcome, detail: "", seconds: 0
        ), givenUp: outcome == .givenUp ? [.firing] : [])
    }
    let attempts = text.split(separator: "\n").filter {
      $0.hasPrefix("plumbline_notification_attempts_total{")
    }
    #expect(attempts.count == 3 && !attempts.contains { $0.contains("given_up") }, "\(attempts)")
    #expect(
      text.contains("plumbline_notifications_given_up_total{channel=\"chat\",kind=\"firing\"} 1"))
  }

  @Test func `Alerts that nobody took on in time are counted by severity`() throws {
    let metrics = try AlertMetrics(registry)
    var taken = record(.warning, minutesAgo: 90)
    taken.acknowledgedBy = "ann"
    let records = [
      record(.critical, minutesAgo: 4), record(.critical, minutesAgo: 6),
      record(.warning, minutesAgo: 59), record(.warning, minutesAgo: 61),
      record(.warning, minutesAgo: 62), taken,
    ].map { $0.seen(at: Self.now) }
    metrics.show(records, waiting: [:])
    for line in [
      "{severity=\"critical\"} 1", "{severity=\"warning\"} 2", "{severity=\"info\"} 0",
    ] {
      #expect(text.contains("plumbline_alerts_overdue\(line)\n"), "\(text)")
    }
    metrics.show([], waiting: [:])
    #expect(text.contains("plumbline_alerts_overdue{severity=\"warning\"} 0\n"))
  }
}
