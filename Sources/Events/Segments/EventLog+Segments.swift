import Columns
public import DataSources
import Foundation
public import Monitoring
import Synchronization

extension EventLog {
  /// Rows sealed at a time.
  private static var portion: Int { 500_000 }
  /// Bytes in the journal after which fewer rows are sealed at a time: the engine, which has to sort
  /// them, has several times that.
  private static var portionBytes: Int { 64 << 20 }
  /// The engine takes many tables of fewer rows more slowly than they are joined.
  static var smallRows: Int { 2_000 }

  /// Seals what waits of a model; of all where nil.
  public func seal(_ model: String? = nil) throws(EventError) {
    try onSealer {
      let waiting = self.unsealed.withLock { $0.filter { $1.rows > 0 }.keys }
      // One model whose events cannot be sealed keeps none of the others from it.
      var failure: (any Error)?
      for key in waiting where model == nil || key.model == model {
        do { try self.seal(key) } catch { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }

  /// Counts what was added to the journal, and seals in the background where that is enough.
  func sealWhereDue(_ added: [Journal.Entry]) {
    for entry in added {
      let key = ModelKey(model: entry.model, kind: entry.kind)
      let isDue = unsealed.withLock { unsealed in
        var waiting = unsealed[key] ?? Unsealed()
        waiting.rows += entry.table.rows
        let isDue = waiting.rows >= options.sealRows && !waiting.isDue
        if isDue { waiting.isDue = true }
        unsealed[key] = waiting
        return isDue
      }
      guard isDue else { continue }
      sealer.async {
        // What fails stays in the journal, and is tried again with the next batch.
        try? self.seal(key)
        self.unsealed.withLock { $0[key]?.isDue = false }
      }
    }
  }

  private func onSealer<Result>(_ body: () throws -> Result) throws(EventError) -> Result {
    do {
      return try sealer.sync(execute: body)
    } catch let error as EventError {
      throw error
    } catch {
      throw .unusable(folder: folder, reason: "\(error)")
    }
  }

  /// Seals what waits now; what comes meanwhile waits for the next time.
  private func seal(_ key: ModelKey) throws {
    var left = unsealed.withLock { $0[key]?.rows ?? 0 }
    while left > 0 {
      try checkClosing()
      let (sealed, last) = try sealPortion(key.model, key.kind)
      guard last != nil else { return }
      left -= sealed
    }
  }

  /// Throws where the log is being closed and has taken its time.
  private func checkClosing() throws {
    if let end = closing.withLock({ $0 }), ContinuousClock.now >= end { throw EventError.stopped }
  }

  private func sealPortion(_ model: String, _ kind: EventKind) throws -> (rows: Int, last: Int64?) {
    var tables: [MemoryTable] = []
    let last = try journal.batches(of: model, kind, upTo: Self.portion, Self.portionBytes) {
      tables.append($0)
    }
    guard let last else { return (0, nil) }
    let rows = tables.reduce(0) { $0 + $1.rows }
    tables = MemoryTable.joinedWhereSmall(tables, beneath: Self.smallRows)
    let connection = try sealingEngine.connect()
    let staged = "staged_" + UUID().uuidString.replacingOccurrences(of: "-", with: "")
    let types = tables.reduce(into: [String: CellType]()) { types, table in
      for column in table.columns { types[column.name] = column.type }
    }
    try connection.create(
      staged, of: tables, columns: types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    // It is in memory, and goes with the engine at the latest.
    defer { try? connection.execute("DROP TABLE \(staged)") }
    let segments = try SegmentWriter(
      folder: folder, connection: connection, model: model, kind: kind, check: checkClosing
    ).write(try unknown(of: staged, tables, model, kind))
    try journal.replace(batchesOf: model, kind, upTo: last, by: segments)
    unsealed.withLock { $0[ModelKey(model: model, kind: kind)]?.rows -= rows }
    return (rows, last)
  }

  /// The staged events that no segment of their times has.
  private func unknown(
    of staged: String, _ tables: [MemoryTable], _ model: String, _ kind: EventKind
  ) throws -> String {
    let times = tables.compactMap { table -> (Int64, Int64)? in
      guard case .timestamps(let times) = table.column(EventColumnName.timestamp)?.values,
        let first = times.min(), let last = times.max()
      else { return nil }
      return (first, last)
    }
    let first = times.map(\.0).min() ?? .min
    let last = times.map(\.1).max() ?? .max
    let known = try journal.segments(of: model, kind)
      .filter { $0.firstTime <= last && $0.lastTime >= first }
    guard !known.isEmpty else { return "SELECT * FROM \(staged)" }
    let files = known.map { Dialect.duckDB.literal("\(folder)/\($0.path)") }
    let same = kind.keyColumns.map {
      let name = Dialect.duckDB.identifier($0)
      return "known.\(name) = staged.\(name)"
    }
    return """
      SELECT * FROM \(staged) AS staged WHERE NOT EXISTS (
        SELECT 1 FROM read_parquet([\(files.joined(separator: ", "))], union_by_name=true) AS known
        WHERE \(same.joined(separator: " AND ")))
      """
  }

  /// Lends a model's events of a kind, sealed up to now, as a source; nil where there are none.
  ///
  /// - Parameters:
  ///   - from: the first time that is wanted; nil for all.
  ///   - until: the first time that is wanted no more; nil for all.
  public func withEvents<Result>(
    of model: String, _ kind: EventKind, from: Instant? = nil, until: Instant? = nil,
    _ body: (Relation) throws -> Result
  ) throws -> Result? {
    try seal(model)
    readers.withLock { $0.count += 1 }
    defer { finishReading() }
    let segments = try journal.segments(of: model, kind).filter { segment in
      segment.lastTime >= from?.microseconds ?? .min
        && segment.firstTime < until?.microseconds ?? .max
    }
    guard !segments.isEmpty else { return nil }
    let files = segments.map { Dialect.duckDB.literal("\(folder)/\($0.path)") }
    let relation = Relation(
      database: engine, name: "the \(kind.rawValue) of \(model)",
      from: "read_parquet([\(files.joined(separator: ", "))], union_by_name=true, "
        + "hive_partitioning=false)")
    let time = Dialect.duckDB.epochMicroseconds(
      of: Dialect.duckDB.identifier(EventColumnName.timestamp))
    let bounds = [
      from.map { "\(time) >= \($0.microseconds)" }, until.map { "\(time) < \($0.microseconds)" },
    ].compactMap { $0 }
    return try body(bounds.reduce(relation) { $0.filtered(by: $1) })
  }

  private func finishReading() {
    let doomed = readers.withLock { readers -> [String] in
      readers.count -= 1
      guard readers.count == 0 else { return [] }
      let doomed = readers.doomed
      readers.doomed = []
      return doomed
    }
    remove(doomed)
  }

  /// Removes files now, or when nobody reads them any more.
  private func discard(_ segments: [Segment]) {
    let paths = segments.map(\.path)
    let now = readers.withLock { readers -> [String] in
      guard readers.count > 0 else { return paths }
      readers.doomed += paths
      return []
    }
    remove(now)
  }

  private func remove(_ paths: [String]) {
    for path in paths {
      // What stays belongs to no segment any more: the next start removes it.
      try? FileManager.default.removeItem(atPath: "\(folder)/\(path)")
      let day = ("\(folder)/\(path)" as NSString).deletingLastPathComponent
      // Only an empty folder goes.
      rmdir(day)
    }
  }

  // MARK: Keeping in bounds

  /// Drops the oldest segments: those that ended before a time, and as many more as bring the rest
  /// within some bytes.
  ///
  /// - Returns: rows that were dropped.
  @discardableResult
  public func drop(endedBefore time: Instant?, beyondBytes bytes: Int?) throws(EventError) -> Int {
    try onSealer {
      var kept = try self.journal.segments().sorted { $0.lastTime > $1.lastTime }
      var gone: [Segment] = []
      if let time {
        gone += kept.filter { $0.lastTime < time.microseconds }
        kept.removeAll { $0.lastTime < time.microseconds }
      }
      if let bytes {
        var size = kept.reduce(0) { $0 + $1.bytes }
        while size > bytes, let oldest = kept.popLast() {
          size -= oldest.bytes
          gone.append(oldest)
        }
      }
      for (kind, segments) in Dictionary(grouping: gone, by: \.kind) {
        try self.journal.replace(batchesOf: "", kind, upTo: nil, segments: segments, by: [])
      }
      self.discard(gone)
      return gone.reduce(0) { $0 + $1.rows }
    }
  }

  /// Joins the small segments of a day into one, where there are many.
  public func compact(whereAtLeast count: Int = 8, smallerThan rows: Int = 100_000)
    throws(EventError)
  {
    try onSealer {
      let small = try self.journal.segments().filter { $0.rows < rows }
      let days = Dictionary(grouping: small) { [$0.model, $0.kind.rawValue, $0.day] }
      for segments in days.values where segments.count >= max(2, count) {
        guard let first = segments.first else { continue }
        let files = segments.map { Dialect.duckDB.literal("\(self.folder)/\($0.path)") }
        let joined = try SegmentWriter(
          folder: self.folder, connection: self.sealingEngine.connect(), model: first.model,
          kind: first.kind
        ).write(
          "SELECT * FROM read_parquet([\(files.joined(separator: ", "))], union_by_name=true, "
            + "hive_partitioning=false)")
        try self.journal.replace(
          batchesOf: first.model, first.kind, upTo: nil, segments: segments, by: joined)
        self.discard(segments)
      }
    }
  }

  /// The time of the newest event that is sealed; nil where there is none.
  public func newestSealedTime() throws(EventError) -> Instant? {
    do {
      return try journal.segments().map(\.lastTime).max().map { Instant(microseconds: $0) }
    } catch {
      throw .unusable(folder: folder, reason: "\(error)")
    }
  }

  /// Rows and bytes that are sealed, and rows that wait.
  public func figures() throws(EventError) -> (rows: Int, bytes: Int, waiting: Int) {
    do {
      let segments = try journal.segments()
      let waiting = unsealed.withLock { $0.values.reduce(0) { $0 + $1.rows } }
      return (
        segments.reduce(0) { $0 + $1.rows }, segments.reduce(0) { $0 + $1.bytes }, waiting
      )
    } catch {
      throw .unusable(folder: folder, reason: "\(error)")
    }
  }
}

extension MemoryTable {
  /// The tables in their order, each run of small ones joined to one.
  static func joinedWhereSmall(_ tables: [MemoryTable], beneath rows: Int) -> [MemoryTable] {
    var whole: [MemoryTable] = []
    var (run, count) = ([MemoryTable](), 0)
    func endRun() {
      // What cannot be joined stays as it is.
      whole += joined(run).map { [$0] } ?? run
      (run, count) = ([], 0)
    }
    for table in tables {
      if table.rows >= rows || count >= rows { endRun() }
      if table.rows >= rows {
        whole.append(table)
      } else {
        run.append(table)
        count += table.rows
      }
    }
    endRun()
    return whole
  }
}
