import Foundation
import GRDB
public import Monitoring

extension History {
  /// Keeps a silence and gives its id.
  @discardableResult
  public func add(_ silence: Silence) throws(HistoryError) -> Int64 {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO silence (matchers, starts_at, ends_at, created_by, created_at, comment)
          VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          String(decoding: try Self.encoded(silence.matchers), as: UTF8.self),
          silence.startsAt.microseconds, silence.endsAt.microseconds, silence.createdBy,
          silence.createdAt.microseconds, silence.comment,
        ])
      return database.lastInsertedRowID
    }
  }

  /// Silences that have not ended; all where `now` is nil, the newest first.
  public func silences(notEndedAt now: Instant? = nil) throws(HistoryError) -> [Silence] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, matchers, starts_at, ends_at, created_by, created_at, comment FROM silence
          WHERE ends_at > ? ORDER BY id DESC
          """, arguments: [now?.microseconds ?? .min]
      ).compactMap { row in
        // One that cannot be read silences nothing.
        guard let text = try? row.decode(String.self, atIndex: 1),
          let matchers = try? JSONDecoder().decode([LabelMatcher].self, from: Data(text.utf8))
        else { return nil }
        return Silence(
          id: row[0], matchers: matchers,
          startsAt: Instant(microseconds: row[2]), endsAt: Instant(microseconds: row[3]),
          createdBy: row[4], createdAt: Instant(microseconds: row[5]), comment: row[6])
      }
    }
  }

  /// Ends a silence now.
  ///
  /// - Returns: false where there is none of this id that has not ended.
  public func endSilence(_ id: Int64, at now: Instant) throws(HistoryError) -> Bool {
    try write { database in
      try database.execute(
        sql: "UPDATE silence SET ends_at = ?1 WHERE id = ?2 AND ends_at > ?1",
        arguments: [now.microseconds, id])
      return database.changesCount > 0
    }
  }
}
