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
    do {
      try seal(model)
    } catch EventError.notKept(let reason) {
      // Who reads sends nothing that could come again.
      throw EventError.unusable(folder: folder, reason: reason)
    }
    return try reading {
      try present(of: model, kind).filter { segment in
        segment.lastTime >= from?.microseconds ?? .min
          && segment.firstTime < until?.microseconds ?? .max
      }
    } then: { segments in
      guard !segments.isEmpty else { return nil }
      return try lend(segments, of: model, kind, from: from, until: until, body)
    }
  }

  private func lend<Result>(
    _ segments: [Segment], of model: String, _ kind: EventKind, from: Instant?, until: Instant?,
    _ body: (Relation) throws -> Result
  ) throws -> Result {
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

  /// Calls `body` with the segments that `list` gives, whose files stay until it has ended.
  func reading<Result>(
    _ list: () throws -> [Segment], then body: ([Segment]) throws -> Result
  ) throws -> Result {
    let reader = readers.withLock { $0.begin() }
    defer { remove(readers.withLock { $0.end(reader) }) }
    let segments = try list()
    remove(readers.withLock { $0.note(segments.map(\.path), of: reader) })
    return try body(segments)
  }

  /// Removes files of segments that neither the journal nor the index has any more: now, or when nobody
  /// reads them any more.
  func discard(_ segments: [Segment]) {
    remove(readers.withLock { $0.discard(segments.map(\.path)) })
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
      guard !gone.isEmpty else { return 0 }
      // All at once, of whatever kind: where that fails the journal has forgotten none whose file stays.
      try self.journal.replace(batchesOf: "", .predictions, upTo: nil, segments: gone, by: [])
      self.index.remove(gone)
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
      // One day whose files cannot be joined keeps none of the others from it.
      var failure: (any Error)?
      for (_, segments) in days.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
      where segments.count >= max(2, count) {
        do { try self.join(segments) } catch { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }

  /// Joins segments of one day.
  private func join(_ segments: [Segment]) throws {
    guard let first = segments.first else { return }
    let files = segments.map { Dialect.duckDB.literal("\(folder)/\($0.path)") }
    let connection = try sealingEngine.connect()
    let joined = try SegmentWriter(
      folder: folder, connection: connection, model: first.model, kind: first.kind
    ).write(
      "SELECT * FROM read_parquet([\(files.joined(separator: ", "))], union_by_name=true, "
        + "hive_partitioning=false)")
    try exchange(segments, for: joined) {
      var entries: [KeyRun.Entry] = []
      for (place, segment) in joined.enumerated() {
        let part = UInt32(truncatingIfNeeded: place)
        entries += try hasher.keys(of: segment, in: folder, over: connection).map {
          KeyRun.Entry(hash: $0.hash, part: part)
        }
      }
      return entries
    } commit: {
      try journal.replace(
        batchesOf: first.model, first.kind, upTo: nil, segments: segments, by: joined)
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
