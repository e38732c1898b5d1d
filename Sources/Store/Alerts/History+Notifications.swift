import Foundation
import GRDB
public import Monitoring

extension History {
  static func add(_ entry: QueuedNotification, _ database: GRDB.Database) throws {
    try database.execute(
      sql: """
        INSERT INTO notification
          (channel, order_key, message, created_at, next_attempt_at, attempts, state)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        entry.channel, entry.orderKey, entry.message, entry.createdAt.microseconds,
        entry.nextAttemptAt.microseconds, entry.attempts, entry.state.rawValue,
      ])
  }

  /// Messages of a channel that wait, oldest first.
  public func waitingNotifications(
    of channel: String, limit: Int = 500
  ) throws(HistoryError) -> [QueuedNotification] {
    try read { database in
      try Self.notifications(
        "channel = ? AND state = 'waiting' ORDER BY id LIMIT ?", [channel, limit], database)
    }
  }

  /// Messages of a channel whose turn it is, oldest first: those whose key has none before them that
  /// still waits for its time.
  ///
  /// - Parameter horizon: no message waits for longer; what says so was written by a clock that was wrong.
  public func dueNotifications(
    of channel: String, at now: Instant, horizon: Instant, limit: Int = 500
  ) throws(HistoryError) -> [QueuedNotification] {
    try read { database in
      try Self.notifications(
        """
        channel = ?1 AND state = 'waiting' AND order_key IN (
          SELECT order_key FROM notification WHERE id IN (
            SELECT min(id) FROM notification WHERE channel = ?1 AND state = 'waiting'
            GROUP BY order_key)
          AND (next_attempt_at <= ?2 OR next_attempt_at > ?3))
        ORDER BY id LIMIT ?4
        """, [channel, now.microseconds, horizon.microseconds, limit], database)
    }
  }

  /// Messages of a channel that were given up until a time and that have an alert that is over, oldest first.
  ///
  /// - Parameter from: no older ones.
  public func givenUpEnds(
    of channel: String, createdFrom from: Instant, until: Instant
  ) throws(HistoryError) -> [QueuedNotification] {
    try read { database in
      try Self.notifications(
        """
        channel = ?1 AND state = 'given_up' AND created_at >= ?2 AND next_attempt_at <= ?3
          AND instr(CAST(message AS TEXT), ?4) > 0
        ORDER BY id
        """,
        [
          channel, from.microseconds, until.microseconds,
          "\"\(AlertRecord.State.resolved.rawValue)\"",
        ], database)
    }
  }

  /// Whether a channel was or is to be told of an alert in a message of the same key after one.
  public func isTold(
    of fingerprint: String, after entry: QueuedNotification
  ) throws(HistoryError) -> Bool {
    try read { database in
      try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (
            SELECT 1 FROM notification WHERE channel = ? AND order_key = ? AND id > ?
              AND instr(CAST(message AS TEXT), ?) > 0)
          """, arguments: [entry.channel, entry.orderKey, entry.id, fingerprint]) ?? false
    }
  }

  private static func notifications(
    _ condition: String, _ arguments: StatementArguments, _ database: GRDB.Database
  ) throws -> [QueuedNotification] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT id, channel, order_key, message, created_at, next_attempt_at, attempts
        FROM notification WHERE \(condition)
        """, arguments: arguments
    ).map { row in
      // An empty message is one the dispatcher gives up as unreadable, and says so.
      var entry = QueuedNotification(
        id: row[0], channel: row[1], orderKey: row[2],
        message: (try? row.decode(Data.self, atIndex: 3)) ?? Data(),
        createdAt: Instant(microseconds: row[4]))
      entry.nextAttemptAt = Instant(microseconds: row[5])
      entry.attempts = row[6]
      return entry
    }
  }

  /// Keeps how an attempt went, and what becomes of the messages it was for.
  ///
  /// - Parameters:
  ///   - entries: with their state, attempts and next attempt as they are now.
  ///   - told: fingerprints of the alerts a channel has now been told of.
  ///   - events: of alerts whose messages were given up.
  ///   - pause: where the provider asked for one.
  public func record(
    _ attempt: DeliveryAttempt, of entries: [QueuedNotification], told: [String],
    events: [AlertEvent] = [], pause: ChannelPause? = nil
  ) throws(HistoryError) {
    try write { database in
      if let pause {
        try database.execute(
          sql: "INSERT OR REPLACE INTO channel_pause (channel, since, until) VALUES (?, ?, ?)",
          arguments: [attempt.channel, pause.since.microseconds, pause.until.microseconds])
      }
      for entry in entries {
        // What was given up during the attempt, as its channel is gone, does not wait again.
        try database.execute(
          sql: """
            UPDATE notification SET state = ?1, attempts = ?2, next_attempt_at = ?3
            WHERE id = ?4 AND (state = 'waiting' OR ?1 <> 'waiting')
            """,
          arguments: [
            entry.state.rawValue, entry.attempts, entry.nextAttemptAt.microseconds, entry.id,
          ])
      }
      // What was given up during the attempt may have been dropped by now: then there is nothing to log it of.
      try database.execute(
        sql: """
          INSERT INTO delivery_attempt (notification_id, channel, at, outcome, detail, seconds)
          SELECT ?1, ?2, ?3, ?4, ?5, ?6
          WHERE EXISTS (SELECT 1 FROM notification WHERE id = ?1)
          """,
        arguments: [
          attempt.notificationID, attempt.channel, attempt.at.microseconds,
          attempt.outcome.rawValue, attempt.detail, attempt.seconds,
        ])
      for fingerprint in told {
        try database.execute(
          sql: "UPDATE alert SET delivered_at = ? WHERE fingerprint = ?",
          arguments: [attempt.at.microseconds, fingerprint])
      }
      for event in events {
        // Not while another channel still tries to tell of it.
        try database.execute(
          sql: """
            UPDATE alert SET undelivered_at = ?1 WHERE fingerprint = ?2 AND NOT EXISTS (
              SELECT 1 FROM notification
              WHERE state = 'waiting' AND instr(CAST(message AS TEXT), ?2) > 0)
            """,
          arguments: [event.at.microseconds, event.alert.fingerprint])
        try Self.add(event, database)
      }
    }
  }

  /// When a channel took messages between two times, oldest first.
  public func deliveries(
    of channel: String, since: Instant, until: Instant = Instant(microseconds: .max)
  ) throws(HistoryError) -> [Instant] {
    try read { database in
      try Int64.fetchAll(
        database,
        sql: """
          SELECT at FROM delivery_attempt
          WHERE channel = ? AND outcome = 'delivered' AND at > ? AND at <= ? ORDER BY at
          """, arguments: [channel, since.microseconds, until.microseconds]
      ).map { Instant(microseconds: $0) }
    }
  }

  /// The pause a channel's provider asked for last; nil for none.
  public func pause(of channel: String) throws(HistoryError) -> ChannelPause? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT since, until FROM channel_pause WHERE channel = ?",
        arguments: [channel]
      ).map {
        ChannelPause(
          since: Instant(microseconds: $0[0]), until: Instant(microseconds: $0[1]))
      }
    }
  }

  /// The log of attempts, newest first.
  ///
  /// - Parameter outcomes: only with these; empty for all.
  public func deliveryAttempts(
    of channel: String? = nil, outcomes: [DeliveryAttempt.Outcome] = [], limit: Int
  ) throws(HistoryError) -> [DeliveryAttempt] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT notification_id, delivery_attempt.channel, at, outcome, detail, seconds,
            CASE WHEN json_valid(CAST(message AS TEXT))
              THEN json_extract(CAST(message AS TEXT), '$.kind') END
          FROM delivery_attempt JOIN notification ON notification.id = notification_id
          WHERE (?1 IS NULL OR delivery_attempt.channel = ?1)
            AND (?3 = '' OR instr(?3, ',' || outcome || ',') > 0)
          ORDER BY delivery_attempt.id DESC LIMIT ?2
          """,
        arguments: [
          channel, limit,
          outcomes.isEmpty ? "" : ",\(outcomes.map(\.rawValue).joined(separator: ",")),",
        ]
      ).map { row in
        // What the message of an attempt told is only shown: where it cannot be read it is not known.
        DeliveryAttempt(
          notificationID: row[0], channel: row[1], at: Instant(microseconds: row[2]),
          outcome: .init(rawValue: row[3]) ?? .delayed, detail: row[4], seconds: row[5],
          kind: try? row.decode(String?.self, atIndex: 6))
      }
    }
  }

  /// How many messages wait or were given up, by channel.
  public func notificationCounts() throws(HistoryError) -> [String: (waiting: Int, givenUp: Int)] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT channel, sum(state = 'waiting'), sum(state = 'given_up') FROM notification
          GROUP BY channel
          """
      ).reduce(into: [:]) { $0[$1[0]] = (waiting: $1[1], givenUp: $1[2]) }
    }
  }
}
