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
  /// When it was sent; nil where the event does not say.
  var time: Instant?
  /// When it came.
  var receivedAt: Instant
  var version: String?
  var rows: [InferencePayload.Row]
  /// Why a response is none that events could be made of: its request is refused with it.
  var refusal: String?

  /// The time of events made of it.
  var eventTime: Instant { time ?? receivedAt }
}

extension PayloadHalf {
  /// What is kept of it beside its key and side, as JSON.
  fileprivate var content: [UInt8] {
    var members: [String: JSONValue] = [
      "predictionID": .text(predictionID), "time": .text(String(eventTime.microseconds)),
      "hasTime": .boolean(time != nil), "rows": .list(rows.map { .object($0) }),
    ]
    members["version"] = version.map { .text($0) }
    members["refusal"] = refusal.map { .text($0) }
    var bytes: [UInt8] = []
    JSONValue.object(members).write(to: &bytes)
    return bytes
  }

  fileprivate init(
    key: Key, side: CloudEvent.Side, receivedAt: Instant, content: [UInt8]
  ) throws(EventError) {
    let content = try JSONValue(written: content)
    let time =
      content["time"]?.text.flatMap { Int64($0) }
      ?? content["time"]?.number.flatMap { Int64(exactly: $0) }
    guard let id = content["predictionID"]?.text, let time, let rows = content["rows"]?.list else {
      throw .unreadablePayload(reason: "what waits for its other half is damaged")
    }
    // Halves of versions that did not note it have the time they came at where they had none.
    let hasTime =
      content["hasTime"].map { $0 == .boolean(true) } ?? (time != receivedAt.microseconds)
    self.init(
      key: key, side: side, predictionID: id, time: hasTime ? Instant(microseconds: time) : nil,
      receivedAt: receivedAt, version: content["version"]?.text, rows: rows.compactMap(\.object),
      refusal: content["refusal"]?.text)
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
    // A response that was refused may come again, mended.
    try database.cachedStatement(
      sql: """
        INSERT INTO payload (model, exchange, side, received_at, content, refused)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (model, exchange, side) DO UPDATE
          SET received_at = excluded.received_at, content = excluded.content, refused = 0
          WHERE refused AND NOT excluded.refused
        """
    ).execute(arguments: [
      half.key.model, half.key.exchange, half.side.rawValue, half.receivedAt.microseconds,
      Data(half.content), half.refusal != nil,
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
    let content: Data = row[3]
    return try PayloadHalf(
      key: .init(model: row[0], exchange: row[1]), side: side,
      receivedAt: Instant(microseconds: row[4]), content: [UInt8](content))
  }
}
