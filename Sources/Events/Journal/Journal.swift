import Columns
import Foundation
import GRDB

/// What is durable but not in a segment yet, and what segments there are: a SQLite file in which
/// every commit is on the disk before it returns.
final class Journal: Sendable {
  struct Entry {
    var model: String
    var kind: EventKind
    var table: MemoryTable
  }

  /// Batches that wait to be sealed.
  struct Backlog: Equatable {
    var model: String
    var kind: EventKind
    var rows: Int
    /// Microseconds since 1970.
    var oldest: Int64
  }

  /// Readers have connections of their own, so that a long look keeps nobody from writing.
  let database: DatabasePool
  let checkpoints: Checkpoints

  init(path: String) throws {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      try database.execute(
        sql: """
          -- Batches are large: pages of a new file are too.
          PRAGMA page_size = 16384;
          -- What is sealed need not be written over with zeros.
          PRAGMA secure_delete = OFF;
          -- A commit returns when it is on the disk.
          PRAGMA synchronous = FULL;
          -- Checkpoints are made beside, and by who commits only where that falls far behind.
          PRAGMA wal_autocheckpoint = 8192;
          """)
    }
    database = try DatabasePool(path: path, configuration: configuration)
    try Self.migrations.migrate(database)
    checkpoints = try Checkpoints(database, configuration)
  }

  private static var migrations: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("journal") { database in
      try database.create(table: "batch") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("model", .text).notNull()
        table.column("kind", .text).notNull()
        table.column("received_at", .integer).notNull()
        table.column("rows", .integer).notNull()
        table.column("data", .blob).notNull()
      }
      try database.create(table: "event_column") { table in
        table.column("model", .text).notNull()
        table.column("kind", .text).notNull()
        table.column("name", .text).notNull()
        table.column("type", .text).notNull()
        table.primaryKey(["model", "kind", "name"])
      }
      try database.create(table: "segment") { table in
        table.primaryKey("path", .text)
        table.column("model", .text).notNull()
        table.column("kind", .text).notNull()
        table.column("day", .text).notNull()
        table.column("rows", .integer).notNull()
        table.column("bytes", .integer).notNull()
        table.column("first_time", .integer).notNull()
        table.column("last_time", .integer).notNull()
      }
    }
    migrator.registerMigration("payloads") { database in
      try database.create(table: "payload") { table in
        table.column("model", .text).notNull()
        table.column("exchange", .text).notNull()
        table.column("side", .text).notNull()
        table.column("received_at", .integer).notNull().indexed()
        table.column("content", .blob).notNull()
        table.primaryKey(["model", "exchange", "side"])
      }
    }
    migrator.registerMigration("refused payloads") { database in
      try database.alter(table: "payload") { table in
        table.add(column: "refused", .boolean).notNull().defaults(to: false)
      }
    }
    migrator.registerMigration("secret of the index") { database in
      try database.create(table: "secret") { table in
        table.column("key", .blob).notNull()
      }
      try database.execute(sql: "INSERT INTO secret (key) VALUES (randomblob(16))")
    }
    migrator.registerMigration("files that are to go") { database in
      try database.create(table: "discarded_file") { table in
        table.primaryKey("path", .text)
      }
    }
    return migrator
  }

  /// What hashes of events are made with, so that nobody else can make ids that share one.
  func secret() throws -> SipHash.Key {
    let key = try database.read { database in
      try Data.fetchOne(database, sql: "SELECT key FROM secret")
    }
    guard let key, key.count == 16 else {
      throw EventError.unusable(folder: database.path, reason: "the index's secret is damaged")
    }
    return key.withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
    }
  }

  // MARK: Batches

  /// Keeps entries, and columns that are new, in one transaction.
  func add(
    _ entries: [Entry],
    newColumns: [(model: String, kind: EventKind, name: String, type: CellType)],
    receivedAt: Int64
  ) throws {
    let coded = entries.map { Data(TableCoding.encode($0.table)) }
    try database.write { database in
      let batch = try database.cachedStatement(
        sql: "INSERT INTO batch (model, kind, received_at, rows, data) VALUES (?, ?, ?, ?, ?)")
      for (entry, data) in zip(entries, coded) {
        try batch.execute(arguments: [
          entry.model, entry.kind.rawValue, receivedAt, entry.table.rows, data,
        ])
      }
      try Self.insert(newColumns, into: database)
    }
    checkpoints.note(coded.reduce(0) { $0 + $1.count })
  }

  private static func insert(
    _ columns: [(model: String, kind: EventKind, name: String, type: CellType)],
    into database: GRDB.Database
  ) throws {
    for column in columns {
      try database.execute(
        sql: "INSERT INTO event_column (model, kind, name, type) VALUES (?, ?, ?, ?)",
        arguments: [column.model, column.kind.rawValue, column.name, column.type.rawValue])
    }
  }

  /// Calls `body` with the batches that wait, oldest first, up to some rows or bytes; gives the number
  /// of the last.
  func batches(
    of model: String, _ kind: EventKind, upTo rows: Int, _ bytes: Int = .max,
    _ body: (MemoryTable) throws -> Void
  ) throws -> Int64? {
    try database.read { database in
      let cursor = try Row.fetchCursor(
        database, sql: "SELECT id, data, rows FROM batch WHERE model = ? AND kind = ? ORDER BY id",
        arguments: [model, kind.rawValue])
      var (last, read, size): (Int64?, Int, Int) = (nil, 0, 0)
      while read < rows, size < bytes, let row = try cursor.next() {
        let data: Data = row[1]
        size += data.count
        guard let table = TableCoding.decode([UInt8](data)) else {
          throw EventError.unusable(folder: database.description, reason: "a batch is damaged")
        }
        try body(table)
        last = row[0]
        read += row[2] as Int
      }
      return last
    }
  }

  func backlog() throws -> [Backlog] {
    try database.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT model, kind, sum(rows), min(received_at) FROM batch GROUP BY model, kind
          ORDER BY model, kind
          """
      ).compactMap { row in
        EventKind(rawValue: row[1]).map {
          Backlog(model: row[0], kind: $0, rows: row[2], oldest: row[3])
        }
      }
    }
  }

  // MARK: Columns and segments

  func columns() throws -> [(model: String, kind: EventKind, name: String, type: CellType)] {
    try database.read { database in
      try Row.fetchAll(
        database, sql: "SELECT model, kind, name, type FROM event_column ORDER BY rowid"
      ).compactMap { row in
        guard let kind = EventKind(rawValue: row[1]), let type = CellType(rawValue: row[3]) else {
          return nil
        }
        return (row[0], kind, row[2], type)
      }
    }
  }

  func segments(of model: String? = nil, _ kind: EventKind? = nil) throws -> [Segment] {
    try database.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT model, kind, day, path, rows, bytes, first_time, last_time FROM segment
          WHERE (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR kind = ?2) ORDER BY day, path
          """, arguments: [model, kind?.rawValue]
      ).compactMap { row in
        EventKind(rawValue: row[1]).map {
          Segment(
            model: row[0], kind: $0, day: row[2], path: row[3], rows: row[4], bytes: row[5],
            firstTime: row[6], lastTime: row[7])
        }
      }
    }
  }

  /// Puts segments in the place of batches up to a number, or of other segments.
  func replace(
    batchesOf model: String, _ kind: EventKind, upTo last: Int64?, segments gone: [Segment] = [],
    by segments: [Segment],
    newColumns: [(model: String, kind: EventKind, name: String, type: CellType)] = []
  ) throws {
    try database.write { database in
      if let last {
        try database.execute(
          sql: "DELETE FROM batch WHERE model = ? AND kind = ? AND id <= ?",
          arguments: [model, kind.rawValue, last])
      }
      for segment in gone {
        try database.execute(sql: "DELETE FROM segment WHERE path = ?", arguments: [segment.path])
        // Its file can be removed from here on, also by a process that comes later.
        try database.execute(
          sql: "INSERT OR IGNORE INTO discarded_file (path) VALUES (?)", arguments: [segment.path])
      }
      for segment in segments {
        try database.execute(
          sql: """
            INSERT INTO segment (path, model, kind, day, rows, bytes, first_time, last_time)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            segment.path, segment.model, segment.kind.rawValue, segment.day, segment.rows,
            segment.bytes, segment.firstTime, segment.lastTime,
          ])
      }
      try Self.insert(newColumns, into: database)
    }
  }

  /// Files of segments that were replaced or dropped, and may be there still.
  func discarded() throws -> [String] {
    try database.read { database in
      try String.fetchAll(database, sql: "SELECT path FROM discarded_file ORDER BY path")
    }
  }

  func forget(discarded paths: [String]) throws {
    guard !paths.isEmpty else { return }
    try database.write { database in
      for path in paths {
        try database.execute(sql: "DELETE FROM discarded_file WHERE path = ?", arguments: [path])
      }
    }
  }

  func close() throws {
    try checkpoints.close()
    // From here on all is in one file, whoever copies it or loses the others. What cannot be brought over
    // is in its log, as it was while others wrote.
    _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try database.close()
  }
}
