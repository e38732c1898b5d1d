import Foundation
import GRDB
public import Monitoring

extension History {
  /// What one look at alerts changed: kept together or not at all.
  public struct AlertChanges: Sendable {
    public var samples: [MetricSample] = []
    public var alerts: [KeptAlert] = []
    public var events: [AlertEvent] = []
    public var notifications: [QueuedNotification] = []
    /// When each group was last told of.
    public var groups: [String: Instant] = [:]

    public init() {}

    public var isEmpty: Bool {
      samples.isEmpty && alerts.isEmpty && events.isEmpty && notifications.isEmpty
        && groups.isEmpty
    }
  }

  /// Keeps changes, in one transaction.
  public func commit(_ changes: AlertChanges) throws(HistoryError) {
    guard !changes.isEmpty else { return }
    try write { database in
      try Self.add(changes.samples, database)
      for alert in changes.alerts { try Self.put(alert, database) }
      for event in changes.events { try Self.add(event, database) }
      for entry in changes.notifications { try Self.add(entry, database) }
      for (key, sentAt) in changes.groups {
        try database.execute(
          sql: "INSERT OR REPLACE INTO alert_group (key, sent_at) VALUES (?, ?)",
          arguments: [key, sentAt.microseconds])
      }
    }
  }

  /// Acknowledgements and deliveries are others' to write: they stay as they are while an alert fires,
  /// and what somebody took on is not what fires anew.
  private static func put(_ alert: KeptAlert, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO alert
          (fingerprint, state, starts_at, kept, record, told, told_at, told_channels)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (fingerprint) DO UPDATE SET state = excluded.state,
          starts_at = excluded.starts_at, kept = excluded.kept, record = excluded.record,
          told = excluded.told, told_at = excluded.told_at,
          told_channels = excluded.told_channels,
          acknowledged_by = CASE WHEN excluded.state = 'firing'
            AND acknowledged_at >= excluded.starts_at THEN acknowledged_by END,
          acknowledged_at = CASE WHEN excluded.state = 'firing'
            AND acknowledged_at >= excluded.starts_at THEN acknowledged_at END
        """,
      arguments: [
        alert.record.fingerprint, alert.record.state.rawValue,
        alert.record.startsAt?.microseconds, alert.kept, try encoded(alert.record),
        alert.told?.rawValue, alert.toldAt?.microseconds,
        String(decoding: try encoded(alert.toldChannels), as: UTF8.self),
      ])
  }

  static func add(_ event: AlertEvent, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO alert_event (at, fingerprint, kind, detail, record) VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        event.at.microseconds, event.alert.fingerprint, event.kind.rawValue, event.detail,
        try encoded(event.alert),
      ])
  }

  /// Alerts that are kept, the newest first; of those that cannot be read nothing is known.
  ///
  /// - Parameter isOpen: only those that are not through: not inactive, or not told to be over.
  public func alerts(isOpen: Bool = false) throws(HistoryError) -> [KeptAlert] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM alert
          WHERE NOT ? OR state <> 'inactive' OR told IN ('firing', 'acknowledged')
          ORDER BY starts_at DESC, fingerprint
          """, arguments: [isOpen]
      ).compactMap {
        // One that cannot be read, as another version wrote it, is not worth all others.
        try? Self.alert($0)
      }
    }
  }

  /// One alert; nil where it is not known, or cannot be read.
  public func alert(_ fingerprint: String) throws(HistoryError) -> KeptAlert? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM alert WHERE fingerprint = ?", arguments: [fingerprint]
      ).flatMap { try? Self.alert($0) }
    }
  }

  private static func alert(_ row: Row) throws -> KeptAlert {
    var alert = KeptAlert(
      record: try JSONDecoder().decode(
        AlertRecord.self, from: row.decode(Data.self, forColumn: "record")),
      kept: try row.decode(Data?.self, forColumn: "kept"))
    alert.told = (row["told"] as String?).flatMap(KeptAlert.Told.init)
    alert.toldAt = instant(row["told_at"])
    if let channels: String = row["told_channels"] {
      // Where it cannot be read nobody is known to have been told: everybody is told again.
      alert.toldChannels =
        (try? JSONDecoder().decode([String].self, from: Data(channels.utf8))) ?? []
    }
    alert.deliveredAt = instant(row["delivered_at"])
    alert.undeliveredAt = instant(row["undelivered_at"])
    alert.acknowledgedBy = row["acknowledged_by"]
    alert.acknowledgedAt = instant(row["acknowledged_at"])
    return alert
  }

  static func instant(_ microseconds: Int64?) -> Instant? {
    microseconds.map { Instant(microseconds: $0) }
  }

  static func encoded(_ value: some Encodable) throws -> Data { try JSONEncoder().encode(value) }

  /// What others wrote about an alert.
  public struct AlertActions: Sendable, Equatable {
    public var deliveredAt: Instant?
    public var undeliveredAt: Instant?
    public var acknowledgedBy: String?
    public var acknowledgedAt: Instant?
  }

  /// What was delivered and acknowledged of alerts that are not through, by fingerprint.
  public func alertActions() throws(HistoryError) -> [String: AlertActions] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT fingerprint, delivered_at, undelivered_at, acknowledged_by, acknowledged_at
          FROM alert
          WHERE (state <> 'inactive' OR told IN ('firing', 'acknowledged'))
            AND coalesce(delivered_at, undelivered_at, acknowledged_at) IS NOT NULL
          """
      ).reduce(into: [:]) {
        $0[$1[0]] = AlertActions(
          deliveredAt: Self.instant($1[1]), undeliveredAt: Self.instant($1[2]),
          acknowledgedBy: $1[3], acknowledgedAt: Self.instant($1[4]))
      }
    }
  }

  /// When groups were last told of.
  public func groups() throws(HistoryError) -> [String: Instant] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT key, sent_at FROM alert_group").reduce(into: [:]) {
        $0[$1[0]] = Instant(microseconds: $1[1])
      }
    }
  }

  /// What came of taking an alert on.
  public enum Acknowledgement: Sendable, Equatable {
    case taken(AlertRecord)
    /// Somebody has: the alert as it is, unchanged.
    case takenBefore(AlertRecord)
    /// There is no such alert that fires.
    case notFiring
  }

  /// Somebody takes an alert on: it is not told again, and channels that keep incidents are told so.
  ///
  /// It stays with whoever took it on first; to do so again changes nothing.
  ///
  /// - Parameter takesOver: whether it is taken from somebody else who has taken it on; what happened to the
  ///   alert then names both.
  public func acknowledge(
    _ fingerprint: String, by person: String, takesOver: Bool = false, at now: Instant
  ) throws(HistoryError) -> Acknowledgement {
    try write { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT * FROM alert WHERE fingerprint = ?", arguments: [fingerprint])
      guard var alert = try row.map(Self.alert), alert.record.state == .firing else {
        return .notFiring
      }
      if let before = alert.acknowledgedBy {
        if before == person { return .taken(alert.whole) }
        if !takesOver { return .takenBefore(alert.whole) }
      }
      alert.acknowledgedBy = person
      alert.acknowledgedAt = now
      try database.execute(
        sql: """
          UPDATE alert SET acknowledged_by = ?, acknowledged_at = ? WHERE fingerprint = ?
          """, arguments: [person, now.microseconds, fingerprint])
      try Self.add(
        AlertEvent(at: now, kind: .acknowledged, detail: person, alert: alert.whole), database)
      return .taken(alert.whole)
    }
  }

  /// What happened to alerts, newest first.
  ///
  /// - Parameters:
  ///   - fingerprint: of one alert only; nil for all.
  ///   - model: of alerts of this model, and those that name none; nil for all.
  ///   - kinds: only these; nil for all.
  ///   - from: the first time that counts; nil for all.
  ///   - until: the first time that counts no more; nil for all.
  ///   - limit: of what counts, as many are given.
  ///   - before: only those whose id is less.
  public func alertEvents(
    of fingerprint: String? = nil, model: String? = nil, kinds: [AlertEvent.Kind]? = nil,
    from: Instant? = nil, until: Instant? = nil, limit: Int, before: Int64? = nil
  ) throws(HistoryError) -> [AlertEvent] {
    let kinds = kinds.map { "," + $0.map(\.rawValue).joined(separator: ",") + "," }
    return try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, at, kind, detail, record FROM alert_event
          WHERE (?1 IS NULL OR fingerprint = ?1) AND (?2 IS NULL OR id < ?2) AND at >= ?3 AND at < ?4
            AND (?5 IS NULL OR instr(?5, ',' || kind || ',') > 0)
            AND (?6 IS NULL OR coalesce(
              CASE WHEN json_valid(CAST(record AS TEXT))
                THEN json_extract(CAST(record AS TEXT), '$.labels.model_name') END, ?6) = ?6)
          ORDER BY id DESC LIMIT ?7
          """,
        arguments: [
          fingerprint, before, from?.microseconds ?? .min, until?.microseconds ?? .max, kinds,
          model,
          limit,
        ]
      ).compactMap { row in
        // One that cannot be read, as another version wrote it, is not worth all others.
        guard let kind = AlertEvent.Kind(rawValue: row[2]),
          let data = try? row.decode(Data.self, atIndex: 4),
          let record = try? JSONDecoder().decode(AlertRecord.self, from: data)
        else { return nil }
        return AlertEvent(
          id: row[0], at: Instant(microseconds: row[1]),
          kind: kind, detail: row[3], alert: record)
      }
    }
  }
}
