import Foundation
import GRDB
import Monitoring

/// A request or a response, until the other comes.
struct PayloadHalf: Sendable {
  struct Key: Hashable, Sendable {
    var model: String
    var exchange: String
  }

  var key: Key
  var side: CloudEvent.Side
  var predictionID: String
  var time: Instant
  /// When it came.
  var receivedAt: Instant
  var version: String?
  var rows: [InferencePayload.Row]

  /// What is kept of it beside its key and side.
  fileprivate struct Content: Codable {
    var predictionID: String
    var time: Int64
    var version: String?
    var rows: [InferencePayload.Row]
  }
}

extension Journal {
  /// Keeps halves and forgets exchanges, in one transaction; says of each half whether it is new, and
  /// whether the other is there.
  func add(
    _ items: [PayloadJoiner.Item], finished: [PayloadHalf.Key]
  ) throws -> [PayloadJoiner.Outcome] {
    defer { checkpoints.note(items.reduce(0) { $0 + $1.size }) }
    return try database.write { database in
      let outcomes = try items.map { item -> PayloadJoiner.Outcome in
        switch item {
        case .done(let keys):
          try Self.forget(keys, database)
          return .init()
        case .half(let half): return try Self.add(half, database)
        }
      }
      try Self.forget(finished, database)
      return outcomes
    }
  }

  private static func add(
    _ half: PayloadHalf, _ database: GRDB.Database
  ) throws -> PayloadJoiner.Outcome {
    let content = PayloadHalf.Content(
      predictionID: half.predictionID, time: half.time.microseconds, version: half.version,
      rows: half.rows)
    try database.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO payload (model, exchange, side, received_at, content)
        VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      half.key.model, half.key.exchange, half.side.rawValue, half.receivedAt.microseconds,
      try JSONEncoder().encode(content),
    ])
    guard database.changesCount == 1 else { return .init() }
    let other = try Row.fetchOne(
      database,
      sql: """
        SELECT model, exchange, side, content, received_at FROM payload
        WHERE model = ? AND exchange = ? AND side <> ?
        """, arguments: [half.key.model, half.key.exchange, half.side.rawValue])
    return .init(isNew: true, other: try other.flatMap(half(of:)))
  }

  private static func forget(_ keys: [PayloadHalf.Key], _ database: GRDB.Database) throws {
    let statement = try database.cachedStatement(
      sql: "DELETE FROM payload WHERE model = ? AND exchange = ?")
    for key in keys { try statement.execute(arguments: [key.model, key.exchange]) }
  }

  /// Halves that came before a time, and both of exchanges of which one did, up to some bytes.
  func payloads(receivedBefore time: Int64, bytes: Int = 16 << 20) throws -> [PayloadHalf] {
    try database.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT model, exchange, side, content, received_at FROM payload WHERE (model, exchange) IN
            (SELECT model, exchange FROM (
              SELECT model, exchange, length(content) AS size,
                sum(length(content)) OVER (
                  ORDER BY received_at, model, exchange, side ROWS UNBOUNDED PRECEDING) AS upto
              FROM (SELECT * FROM payload WHERE received_at < ? ORDER BY received_at LIMIT 10000))
            WHERE upto - size < ?)
          """, arguments: [time, bytes]
      ).compactMap(Self.half(of:))
    }
  }

  private static func half(of row: Row) throws -> PayloadHalf? {
    guard let side = CloudEvent.Side(rawValue: row[2]) else { return nil }
    let content = try JSONDecoder().decode(PayloadHalf.Content.self, from: row[3])
    return PayloadHalf(
      key: .init(model: row[0], exchange: row[1]), side: side,
      predictionID: content.predictionID, time: Instant(microseconds: content.time),
      receivedAt: Instant(microseconds: row[4]), version: content.version, rows: content.rows)
  }
}
