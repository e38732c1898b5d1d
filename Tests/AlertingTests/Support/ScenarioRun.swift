import Alerting
import Foundation
import GRDB
import Monitoring
import Store
import Support
import Synchronization

/// A scenario as it goes: a manager and dispatchers on a file, which may be dropped at any step.
final class ScenarioRun {
  enum Trouble: CaseIterable {
    case none
    /// The manager and the dispatchers are dropped and opened anew before every step.
    case restarts
    /// Nothing can be kept at the first try of every step.
    case failingCommits
  }

  private let folder: TemporaryFolder
  private let path: String
  private let trouble: Trouble
  private var configuration: AlertingConfiguration
  private(set) var history: History
  private(set) var manager: AlertManager
  private var dispatchers: [ChannelDispatcher] = []
  private var channels: [String: ScriptedChannel] = [:]
  private(set) var lines: [String] = []

  init(_ configuration: AlertingConfiguration, _ trouble: Trouble = .none) throws {
    folder = try TemporaryFolder()
    path = folder.path + "/history.db"
    self.configuration = configuration
    self.trouble = trouble
    history = try History(path: path)
    manager = try AlertManager(configuration, history: history, now: Scenario.time(0))
    for channel in configuration.channels { channels[channel.name] = ScriptedChannel() }
    makeDispatchers()
  }

  private func makeDispatchers() {
    dispatchers = configuration.channels.compactMap { channel in
      channels[channel.name].map {
        ChannelDispatcher(channel, channel: $0, history: history, seed: 1)
      }
    }
  }

  static func transcript(_ scenario: Scenario, _ trouble: Trouble = .none) throws -> ScenarioRun {
    let run = try ScenarioRun(scenario.configuration, trouble)
    let (actions, _) = try scenario.read()
    for minute in 0...(actions.keys.max() ?? 0) { try run.step(minute, actions[minute] ?? []) }
    return run
  }

  func messages(of channel: String) -> [AlertMessage] { channels[channel]?.taken ?? [] }

  /// Transitions that were kept, and messages, in the order of their times.
  private func step(_ minute: Int, _ actions: [Scenario.Action]) throws {
    let now = Scenario.time(minute)
    var samples: [MetricSample] = []
    for action in actions { if case .sample(let sample) = action { samples.append(sample) } }
    for action in actions { try perform(action, at: now) }
    if !samples.isEmpty { try look(minute) { try $0.record(samples, at: now) } }
    try look(minute) { try $0.advance(to: now) }
    try deliver(minute)
  }

  private func perform(_ action: Scenario.Action, at now: Instant) throws {
    switch action {
    case .sample, .advance: break
    case .acknowledge(let name):
      for alert in manager.records() where alert.name == name {
        _ = try history.acknowledge(alert.fingerprint, by: "ann", at: now)
      }
    case .silence(let matcher, let minutes):
      try history.add(
        Silence(
          matchers: [matcher], startsAt: now, endsAt: now.adding(minutes: minutes),
          createdBy: "ann", createdAt: now, comment: "known"))
    case .endSilences:
      for silence in try history.silences(notEndedAt: now) {
        _ = try history.endSilence(silence.id, at: now)
      }
    case .without(let rule):
      configuration.rules.removeAll { $0.name == rule }
      let changed = configuration
      try look(Int((now.microseconds - Scenario.start) / 60_000_000)) {
        try $0.reload(changed, at: now)
      }
    case .down(let channel, let isDown):
      channels[channel]?.state.withLock {
        $0.always = isDown ? .temporary(reason: "down", retryAfter: nil) : nil
      }
    }
  }

  private func look(
    _ minute: Int, _ body: (AlertManager) throws -> [AlertTransition]
  ) throws {
    let now = Scenario.time(minute)
    let before = try history.alertEvents(limit: 1).first?.id ?? 0
    switch trouble {
    case .none: _ = try body(manager)
    case .restarts:
      history = try History(path: path)
      manager = try AlertManager(configuration, history: history, now: now)
      makeDispatchers()
      _ = try body(manager)
    case .failingCommits:
      try Trigger.failing(path) {
        do {
          _ = try body(manager)
        } catch is HistoryError {}
      }
      _ = try manager.advance(to: now)
    }
    let kinds: [AlertEvent.Kind] = [.pending, .firing, .resolved, .cleared]
    let events = try history.alertEvents(limit: 1_000).reversed()
    for event in events where event.id > before && kinds.contains(event.kind) {
      lines.append("\(minute)m \(event.alert.name) \(event.kind.rawValue)")
    }
  }

  private func deliver(_ minute: Int) throws {
    let now = Scenario.time(minute)
    for dispatcher in dispatchers {
      let name = dispatcher.configuration.name
      let before = channels[name]?.taken.count ?? 0
      while try dispatcher.deliverNext(clock: { now }) {}
      for message in channels[name]?.taken.dropFirst(before) ?? [] {
        let alerts = message.alerts.map { "\($0.name):\($0.state.rawValue)" }
        lines.append("\(minute)m \(name) \(message.kind.rawValue) \(alerts.joined(separator: " "))")
      }
    }
  }
}

/// Has writing fail as a full disk does, in a file that is open.
enum Trigger {
  static let tables = ["alert", "alert_event", "notification", "metric_sample", "delivery_attempt"]

  static func failing(_ path: String, tables: [String] = tables, _ body: () throws -> Void) throws {
    let database = try DatabaseQueue(path: path)
    try database.write { database in
      for table in tables {
        try database.execute(
          sql: """
            CREATE TRIGGER full_\(table) BEFORE INSERT ON \(table)
            BEGIN SELECT RAISE(ABORT, 'no room'); END
            """)
      }
    }
    defer {
      try? database.write { database in
        for table in tables { try database.execute(sql: "DROP TRIGGER full_\(table)") }
      }
    }
    try body()
  }
}

extension Instant {
  func adding(minutes: Int) -> Instant {
    Instant(microseconds: microseconds + Int64(minutes) * 60_000_000)
  }
}
