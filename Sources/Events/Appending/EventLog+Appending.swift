public import Columns
import DataSources
import Foundation
import Monitoring
import Synchronization

extension EventLog {
  /// Reads a batch of JSON and appends its good rows.
  ///
  /// - Parameter complete: adds to the good rows what they lack.
  /// - Returns: once what is accepted is on the disk.
  public func append(
    _ text: some Collection<UInt8> & Sendable, _ format: EventReader.Format, to model: String,
    _ kind: EventKind, completing complete: (inout MemoryTable) -> Void = { _ in }
  ) async throws(EventError) -> Ingested {
    try await append(to: model, kind, complete) { (reader) throws(EventError) in
      try reader.read(text, format)
    }
  }

  /// Reads a Parquet file and appends its good rows, some thousands at a time.
  ///
  /// - Parameters:
  ///   - path: a file whose columns are features and what else events have.
  ///   - complete: adds to the good rows what they lack.
  ///   - each: is given what became of every portion.
  /// - Returns: once what is accepted is on the disk; where it throws, portions before may be kept.
  public func append(
    parquet path: String, to model: String, _ kind: EventKind,
    completing complete: (inout MemoryTable) -> Void = { _ in },
    each: (Ingested) -> Void = { _ in }
  ) async throws(EventError) -> IngestedFile {
    guard Self.isModelName(model) else { throw .invalidModel(name: model) }
    let file = try await ParquetEvents.open(path, kind, engine: engine, options)
    var whole = IngestedFile()
    while let portion = try await file.next() {
      // A file can bring more than sealing keeps up with: it waits, rather than be refused half way.
      await waitForSealing()
      var events = try await append(to: model, kind, complete) { $0.read(portion.rows) }
      for index in events.read.rejected.indices {
        let row = events.read.rejected[index].index
        events.read.rejected[index].index = Int(truncatingIfNeeded: portion.numbers[row])
      }
      whole.add(events)
      each(events)
    }
    return whole
  }

  private func append(
    to model: String, _ kind: EventKind, _ complete: (inout MemoryTable) -> Void,
    _ read: (EventReader) throws(EventError) -> ReadEvents
  ) async throws(EventError) -> Ingested {
    guard Self.isModelName(model) else { throw .invalidModel(name: model) }
    try checkRoom(for: model)
    while true {
      let (now, types) = (clock(), types(of: model, kind))
      var read = try read(EventReader(kind: kind, types: types, now: now, times: times(at: now)))
      complete(&read.batch)
      if let kept = try await append(read.batch, to: model, kind, columns: types.count) {
        let appended = Appended(accepted: kept.rows, duplicates: read.batch.rows - kept.rows)
        return Ingested(appended: appended, kept: kept, read: read)
      }
      // Columns have come since, and it is read anew by all there are: as often as some come, of which there
      // are no more than may be. What has no place beside the very columns it was read by never has one.
      if let odd = Self.conflict(of: read.batch, with: types) {
        throw .notKept(
          reason: "the data folder has the column `\(odd)` of \(model) as events cannot have it")
      }
    }
  }

  /// Refuses a model that would be one more than may be, and what there is no room for in memory.
  private func checkRoom(for model: String) throws(EventError) {
    try checkLimit(with: model)
    guard unsealedKeys.withLock({ $0.count }) < options.unsealedEvents else {
      sealAll()
      throw .overloaded
    }
  }

  /// Refuses a model that would be one more than may be.
  func checkLimit(with model: String) throws(EventError) {
    if columns.withLock({ isFull($0, for: model) }) {
      throw .tooManyModels(limit: options.models)
    }
  }

  /// Whether a model would be one more than may be.
  private func isFull(_ columns: [ModelKey: [String: CellType]], for model: String) -> Bool {
    // As many kinds of events as there are: few enough to be looked at for each batch.
    if EventKind.allCases.contains(where: { columns[.init(model: model, kind: $0)] != nil }) {
      return false
    }
    return Set(columns.keys.map(\.model)).count >= options.models
  }

  /// Appends events and gives those that were not known yet; nil where they have to be read again.
  ///
  /// - Parameter columns: how many its model had when they were read.
  private func append(
    _ table: MemoryTable, to model: String, _ kind: EventKind, columns: Int
  ) async throws(EventError) -> MemoryTable? {
    guard table.rows > 0 else { return table }
    guard table.size <= options.batchBytes else { throw .tooLarge(bytes: options.batchBytes) }
    let keys = hasher.keys(of: table, model: model, kind)
    var before: Set<Int> = []
    while true {
      let batch = Batch(
        entry: .init(model: model, kind: kind, table: table), keys: keys,
        known: try await known(of: table, keys, model, kind, before: before), columns: columns)
      switch try await writer.submit(batch, size: table.size, write: { self.write($0) }) {
      case .kept(let kept): return kept
      case .otherColumns: return nil
      case .sealedMeanwhile: before = batch.known.rows
      }
    }
  }

  // MARK: Writing

  private func write(_ group: [Batch]) -> [Result<Written, EventError>] {
    var entries: [Journal.Entry] = []
    var fresh: [EventKey] = []
    var newColumns: [(model: String, kind: EventKind, name: String, type: CellType)] = []
    var known = columns.withLock { $0 }
    var results: [Result<Written, EventError>] = []
    for batch in group {
      let key = ModelKey(model: batch.entry.model, kind: batch.entry.kind)
      let columns = known[key] ?? [:]
      // Batches that came at once were each held against what there was before all of them.
      guard !isFull(known, for: key.model) else {
        results.append(.failure(.tooManyModels(limit: options.models)))
        continue
      }
      guard Self.conflict(of: batch.entry.table, with: columns) == nil else {
        results.append(.success(.otherColumns))
        continue
      }
      let added = batch.entry.table.columns.filter { columns[$0.name] == nil }
      // The reader refuses what is too much, by the columns there are then.
      guard
        added.isEmpty || columns.count == batch.columns
          || columns.count + added.count <= EventReader.columnLimit
      else {
        results.append(.success(.otherColumns))
        continue
      }
      guard let rows = takeKeys(of: batch) else {
        results.append(.success(.sealedMeanwhile))
        continue
      }
      fresh += rows.map { batch.keys[$0] }
      var entry = batch.entry
      if rows.count < batch.keys.count { entry.table = entry.table.keeping(rows) }
      results.append(.success(.kept(entry.table)))
      guard !rows.isEmpty else { continue }
      entries.append(entry)
      for column in added {
        known[key, default: [:]][column.name] = column.type
        newColumns.append((key.model, key.kind, column.name, column.type))
      }
    }
    do {
      if !entries.isEmpty {
        entries = Self.joined(entries)
        try journal.add(entries, newColumns: newColumns, receivedAt: clock().microseconds)
      }
      columns.withLock { $0 = known }
      sealWhereDue(entries)
    } catch {
      unsealedKeys.withLock { $0.remove(fresh) }
      results = results.map { result in
        // What was judged by a batch beside it is not kept either.
        if case .success(.sealedMeanwhile) = result { return result }
        return .failure(.notKept(reason: EventError.reason(error)))
      }
    }
    return results
  }

  /// The rows of a batch that are new, whose keys are known from here on: before they are written, as
  /// they could else be sealed first. nil where that has to be looked up again.
  private func takeKeys(of batch: Batch) -> [Int]? {
    unsealedKeys.withLock { unsealed in
      guard batch.known.version >= unsealed.version else { return nil }
      return batch.keys.indices.filter { row in
        !batch.known.rows.contains(row) && unsealed.insert(batch.keys[row])
      }
    }
  }

  /// The entries, small ones of one model joined: so they are faster to keep and to read back.
  private static func joined(_ entries: [Journal.Entry]) -> [Journal.Entry] {
    guard entries.count > 1 else { return entries }
    let models = Dictionary(grouping: entries) { ModelKey(model: $0.model, kind: $0.kind) }
    return models.flatMap { key, entries in
      MemoryTable.joinedWhereSmall(entries.map(\.table), beneath: smallRows).map {
        Journal.Entry(model: key.model, kind: key.kind, table: $0)
      }
    }
  }

  /// The first column of a table that has no place beside those that are known: it is of another type there, or
  /// its name differs in the case of letters alone. nil where there is none.
  private static func conflict(
    of table: MemoryTable, with known: [String: CellType]
  ) -> String? {
    var small: Set<String>?
    return table.columns.first { column in
      if let type = known[column.name] { return type != column.type }
      let names = small ?? Set(known.keys.map { $0.lowercased() })
      small = names
      return names.contains(column.name.lowercased())
    }?.name
  }
}
