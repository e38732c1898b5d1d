import Columns
import DataSources
import Foundation
import Monitoring
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
        QueryCancellation.$current.withValue(self.sealing) { try? self.seal(key) }
        self.unsealed.withLock { $0[key]?.isDue = false }
      }
    }
    // Many models may have few events each.
    if unsealedKeys.withLock({ $0.count }) >= options.unsealedEvents / 2 { sealAll() }
  }

  /// Seals everything that waits, in the background.
  func sealAll() {
    let isScheduled = isSealingAll.withLock { isSealing in
      defer { isSealing = true }
      return isSealing
    }
    guard !isScheduled else { return }
    sealer.async {
      self.isSealingAll.withLock { $0 = false }
      for key in self.unsealed.withLock({ $0.filter { $1.rows > 0 }.keys }) {
        // What fails stays in the journal, and is tried again with what comes.
        QueryCancellation.$current.withValue(self.sealing) { try? self.seal(key) }
      }
    }
  }

  func onSealer<Result>(_ body: () throws -> Result) throws(EventError) -> Result {
    do {
      // Who reads may give up; what is written for everybody is written to its end, or to the log's.
      return try sealer.sync {
        try QueryCancellation.$current.withValue(sealing) { try body() }
      }
    } catch let error as EventError {
      throw error
    } catch {
      throw .unusable(folder: folder, reason: EventError.reason(error))
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
  private func checkClosing() throws { try checkClosing(beforeColumns: 0) }

  /// Throws where the log is being closed and has no time for so many columns: the engine, which takes up to a
  /// millisecond for each, does not end in the middle of them.
  private func checkClosing(beforeColumns count: Int) throws {
    guard let end = closing.withLock({ $0 }) else { return }
    if ContinuousClock.now + .milliseconds(count) >= end { throw EventError.stopped }
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
    try checkClosing(beforeColumns: types.count)
    try connection.create(
      staged, of: tables, columns: types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    // It is in memory, and goes with the engine at the latest.
    defer { try? connection.execute("DROP TABLE \(staged)") }
    let segments = try SegmentWriter(
      folder: folder, connection: connection, model: model, kind: kind, check: checkClosing
    ).write("SELECT * FROM \(staged)")
    let keys = tables.map { hasher.keys(of: $0, model: model, kind) }
    let version = try exchange([], for: segments) {
      try Self.entries(tables, keys, segments)
    } commit: {
      try journal.replace(batchesOf: model, kind, upTo: last, by: segments)
    }
    for keys in keys {
      // Some at a time, so that nobody who writes has to wait for all.
      for first in stride(from: 0, to: keys.count, by: 10_000) {
        unsealedKeys.withLock {
          $0.remove(keys[first..<min(first + 10_000, keys.count)], knownSince: version)
        }
      }
    }
    unsealed.withLock { $0[ModelKey(model: model, kind: kind)]?.rows -= rows }
    return (rows, last)
  }

  /// Puts segments in the place of others, in the index by the hashes that `entries` gives and in the journal
  /// by `commit`; leaves all as it was, and no file of a new one, where that fails.
  ///
  /// The index knows the new ones before the journal forgets what is in them, and the old ones until
  /// then: an event is known at any time.
  @discardableResult
  func exchange(
    _ old: [Segment], for new: [Segment], entries: () throws -> [KeyRun.Entry],
    commit: () throws -> Void
  ) throws -> Int {
    do {
      let version = try index.add(entries(), of: new)
      try commit()
      index.remove(old)
      discard(old)
      return version
    } catch {
      index.remove(new)
      discard(new)
      throw error
    }
  }

  /// The hashes of tables' events, each with the segments of the day of its time: nearly always one.
  private static func entries(
    _ tables: [MemoryTable], _ keys: [[EventKey]], _ segments: [Segment]
  ) throws -> [KeyRun.Entry] {
    func day(_ time: Int64) -> Int64 { (time - (time < 0 ? 86_399_999_999 : 0)) / 86_400_000_000 }
    var parts: [Int64: [UInt32]] = [:]
    for (place, segment) in segments.enumerated() {
      parts[day(segment.firstTime), default: []].append(UInt32(truncatingIfNeeded: place))
    }
    var entries: [KeyRun.Entry] = []
    entries.reserveCapacity(keys.reduce(0) { $0 + $1.count })
    for (table, keys) in zip(tables, keys) {
      guard case .timestamps(let times) = table.column(EventColumnName.timestamp)?.values else {
        throw EventError.notKept(reason: "events have no times")
      }
      for (key, time) in zip(keys, times) {
        guard let parts = parts[day(time)] else {
          throw EventError.notKept(reason: "events of a day are in no segment")
        }
        for part in parts { entries.append(KeyRun.Entry(hash: key.hash, part: part)) }
      }
    }
    return entries
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
