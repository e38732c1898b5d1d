public import DataSources
import Foundation
public import Monitoring
import Synchronization

extension EventLog {
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
    beginReading()
    defer { finishReading() }
    let segments = try present(of: model, kind).filter { segment in
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
    do {
      return try body(bounds.reduce(relation) { $0.filtered(by: $1) })
    } catch {
      // Whatever was asked for, a file that is not what it was is why it could not be had.
      throw damage(among: segments, for: error) ?? error
    }
  }

  /// What is wrong with the first of some segments that is damaged, where reading them failed; nil where none is.
  private func damage(among segments: [Segment], for error: any Error) -> EventError? {
    if let damage = segments.lazy.compactMap({ $0.damage(in: self.folder) }).first { return damage }
    guard Segment.isOfDamage(error) else { return nil }
    // One may be as long as it was: what the engine says need not name it, and it is looked for.
    for segment in segments {
      let file = Dialect.duckDB.literal("\(folder)/\(segment.path)")
      do {
        try engine.connect().execute(
          "SELECT bit_xor(hash(known)) FROM read_parquet(\(file), hive_partitioning=false) AS known"
        )
      } catch {
        guard segment.isDamaged(in: folder, for: error) else { continue }
        return .damaged(path: segment.path, reason: EventError.reason(error))
      }
    }
    return nil
  }

  /// Segments whose files are there.
  func present(of model: String? = nil, _ kind: EventKind? = nil) throws -> [Segment] {
    try journal.segments(of: model, kind).filter { !missing.contains($0.path) }
  }

  /// Has files stay until ``finishReading()``.
  func beginReading() { readers.withLock { $0.count += 1 } }

  func finishReading() {
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
  func discard(_ segments: [Segment]) {
    let paths = segments.map(\.path)
    let now = readers.withLock { readers -> [String] in
      guard readers.count > 0 else { return paths }
      readers.doomed += paths
      return []
    }
    remove(now)
  }

  private func remove(_ paths: [String]) {
    guard !paths.isEmpty else { return }
    // What stays belongs to no segment any more: the next start removes it.
    try? journal.forget(discarded: DurableFiles.remove(paths, in: folder))
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
        self.index.remove(segments)
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
      let small = try self.present().filter { $0.rows < rows }
      let days = Dictionary(grouping: small) { [$0.model, $0.kind.rawValue, $0.day] }
      for segments in days.values where segments.count >= max(2, count) {
        guard let first = segments.first else { continue }
        let files = segments.map { Dialect.duckDB.literal("\(self.folder)/\($0.path)") }
        let connection = try self.sealingEngine.connect()
        let joined = try SegmentWriter(
          folder: self.folder, connection: connection, model: first.model, kind: first.kind
        ).write(
          "SELECT * FROM read_parquet([\(files.joined(separator: ", "))], union_by_name=true, "
            + "hive_partitioning=false)")
        var entries: [KeyRun.Entry] = []
        for (place, segment) in joined.enumerated() {
          let part = UInt32(truncatingIfNeeded: place)
          entries += try self.hasher.keys(of: segment, in: self.folder, over: connection).map {
            KeyRun.Entry(hash: $0.hash, part: part)
          }
        }
        try self.exchange(segments, for: joined, entries) {
          try self.journal.replace(
            batchesOf: first.model, first.kind, upTo: nil, segments: segments, by: joined)
        }
      }
    }
  }

  /// Rows and bytes that are sealed, and rows that wait.
  public func figures() throws(EventError) -> (rows: Int, bytes: Int, waiting: Int) {
    do {
      let segments = try present()
      let waiting = unsealed.withLock { $0.values.reduce(0) { $0 + $1.rows } }
      return (
        segments.reduce(0) { $0 + $1.rows }, segments.reduce(0) { $0 + $1.bytes }, waiting
      )
    } catch {
      throw .unusable(folder: folder, reason: EventError.reason(error))
    }
  }
}
