public import Columns
public import DataSources
import Dispatch
import Foundation
public import Monitoring
import Synchronization

/// The events of models, kept where a service runs: what was appended is on the disk when the call
/// returns, counts once however often it comes, and can be checked as any source.
///
/// Batches go to a journal first, many in one commit, and are sealed into Parquet files by day, which
/// any tool can read: `events/MODEL/predictions/date=2026-11-23/….parquet`. A folder belongs to one
/// process at a time.
public final class EventLog: Sendable {
  public struct Options: Sendable {
    /// Rows of a model that wait before they are sealed.
    public var sealRows = 250_000
    /// Bytes that may wait to be written; beyond, appending is refused.
    public var pendingBytes = 64 << 20
    /// Events that are known by memory when they come again; older ones only where their time is
    /// that of a segment, when they are sealed.
    public var rememberedEvents = 1_000_000
    /// Days before now an event's time may lie: each day of events is a file, and one batch of all
    /// days there are would hold everything else up.
    public var pastDays = 3_653
    /// Days after now an event's time may lie, for clocks that are not the same.
    public var futureDays = 1
    /// Models there may be, each with what is kept of it in memory.
    public var models = 1_000
    /// Bytes one batch may have as columns: it is one cell of the journal, and is sealed as a whole.
    public var batchBytes = 128 << 20
    /// Seconds that sealing may take when the log is closed; the rest waits in the journal.
    public var closingSeconds = 5.0
    /// Of the engine that reads, in MiB; the one that seals has half as much.
    public var engineMemory = 1_024

    public init() {}
  }

  /// What became of a batch.
  public struct Appended: Sendable, Equatable {
    public var accepted: Int
    public var duplicates: Int

    public init(accepted: Int, duplicates: Int) {
      self.accepted = accepted
      self.duplicates = duplicates
    }
  }

  /// A batch that was read and appended.
  public struct Ingested: Sendable {
    public var appended: Appended
    /// The events that were not known yet.
    public var kept: MemoryTable
    public var read: ReadEvents
  }

  /// What became of a file.
  public struct IngestedFile: Sendable {
    public var appended = Appended(accepted: 0, duplicates: 0)
    /// The first rows that were not taken, in the file's order.
    public var rejected: [RejectedEvent] = []
    /// How many were not taken.
    public var rejectedRows = 0
    /// Members no event has.
    public var ignored: Set<String> = []

    mutating func add(_ portion: Ingested) {
      appended.accepted += portion.appended.accepted
      appended.duplicates += portion.appended.duplicates
      rejectedRows += portion.read.rejected.count
      rejected = Array(
        (rejected + portion.read.rejected).sorted { $0.index < $1.index }
          .prefix(RejectedEvent.listed))
      ignored.formUnion(portion.read.ignored)
    }
  }

  struct ModelKey: Hashable {
    var model: String
    var kind: EventKind
  }

  let folder: String
  let options: Options
  let journal: Journal
  /// Reads files that are sent, and what is kept.
  let engine: Database
  /// Seals, on one thread: that takes hardly longer than on all, and leaves cores to those who wait
  /// for an answer.
  let sealingEngine: Database
  private let lock: FolderLock
  private let clock: @Sendable () -> Instant
  /// Columns of models, by name.
  private let columns: Mutex<[ModelKey: [String: CellType]]>
  /// Keys of the newest events.
  private let window: Mutex<EventKeyWindow>
  /// Writes the journal, one commit at a time.
  private let writer: GroupWriter<Batch, Written>
  /// Seals and drops segments, one at a time.
  let sealer = DispatchQueue(label: "plumbline.segments")
  let unsealed: Mutex<[ModelKey: Unsealed]>
  let readers = Mutex(Readers())
  /// When sealing has to end; nil while the log is open.
  let closing = Mutex<ContinuousClock.Instant?>(nil)

  /// Files that were replaced or dropped while somebody read.
  struct Readers {
    var count = 0
    var doomed: [String] = []
  }

  /// What the journal has of a model's events of a kind.
  struct Unsealed {
    var rows = 0
    /// Whether they are about to be sealed.
    var isDue = false
  }

  /// Events that are to be written, with their keys.
  private struct Batch {
    var entry: Journal.Entry
    var keys: [EventKeyWindow.Key]
  }

  private enum Written {
    /// The events that were not known yet.
    case kept(MemoryTable)
    /// Since the batch was read a column of it has come to be of another type: nothing was kept.
    case otherTypes
  }

  /// Opens the log of a folder, or makes it.
  ///
  /// - Parameters:
  ///   - folder: for this log alone.
  ///   - options: its limits.
  ///   - lookup: where the engine is looked for.
  ///   - clock: the time now.
  public init(
    folder: String, options: Options = Options(), lookup: DriverLookup = .current,
    clock: @escaping @Sendable () -> Instant
  ) throws(EventError) {
    self.folder = folder
    self.options = options
    self.clock = clock
    lock = try FolderLock(folder: folder)
    do {
      journal = try Journal(path: folder + "/events.db")
      let scratch = folder + "/scratch"
      // What a process that ended left there is of no use; what cannot be removed does no harm.
      try? FileManager.default.removeItem(atPath: scratch)
      try FileManager.default.createDirectory(
        atPath: scratch, withIntermediateDirectories: true)
      engine = try Self.engine(
        lookup, scratch: scratch + "/reading", memory: options.engineMemory)
      sealingEngine = try Self.engine(
        lookup, scratch: scratch + "/sealing", memory: options.engineMemory / 2, ["threads = 1"])
      columns = Mutex(
        try journal.columns().reduce(into: [:]) { known, column in
          known[ModelKey(model: column.model, kind: column.kind), default: [:]][column.name] =
            column.type
        })
      window = Mutex(EventKeyWindow(capacity: options.rememberedEvents))
      unsealed = Mutex(
        try journal.backlog().reduce(into: [:]) { unsealed, backlog in
          unsealed[ModelKey(model: backlog.model, kind: backlog.kind)] = Unsealed(
            rows: backlog.rows)
        })
      writer = GroupWriter(label: "plumbline.journal", limit: options.pendingBytes)
      try removeOrphans()
      try remember()
    } catch {
      throw Self.explained(error, folder)
    }
  }

  /// What keeps a log from being opened: a driver that is missing is no fault of the folder.
  static func explained(_ error: any Error, _ folder: String) -> EventError {
    switch error {
    case DataSourceError.driverNotFound, DataSourceError.driverUnusable,
      DataSourceError.manifestUnreadable:
      (error as? DataSourceError).map { .noEngine($0) } ?? .unusable(folder: folder, reason: "")
    default:
      .unusable(folder: folder, reason: (error as? any ExplainedError)?.what ?? "\(error)")
    }
  }

  /// An engine for what is asked here, which reaches for nothing by itself.
  private static func engine(
    _ lookup: DriverLookup, scratch: String, memory: Int, _ more: [String] = []
  ) throws -> Database {
    let database = try Database(
      driver: "duckdb", options: [("path", ":memory:")], name: "the event log", lookup: lookup)
    let connection = try database.connect()
    for setting in more + [
      "temp_directory = \(Dialect.duckDB.literal(scratch))",
      "memory_limit = '\(memory)MiB'", "autoinstall_known_extensions = false",
      "autoload_known_extensions = false", "TimeZone = 'UTC'", "preserve_insertion_order = false",
      "lock_configuration = true",
    ] {
      try connection.execute("SET \(setting)")
    }
    return database
  }

  /// Files no segment is in were written by a process that ended before it could say so.
  private func removeOrphans() throws {
    let known = Set(try journal.segments().map(\.path))
    let all = FileManager.default.enumerator(atPath: folder + "/events")
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet"), !known.contains("events/" + file) {
        try FileManager.default.removeItem(atPath: "\(folder)/events/\(file)")
      }
    }
  }

  /// Learns the newest events' keys anew.
  private func remember() throws {
    for (key, _) in columns.withLock({ $0 }) {
      let oldestFirst = try journal.segments(of: key.model, key.kind)
        .sorted { $0.lastTime < $1.lastTime }
      var (rows, first) = (0, oldestFirst.count)
      while first > 0, rows < options.rememberedEvents / 2 {
        first -= 1
        rows += oldestFirst[first].rows
      }
      for segment in oldestFirst[first...] { try remember(segment, key) }
    }
    for backlog in try journal.backlog() {
      _ = try journal.batches(of: backlog.model, backlog.kind, upTo: .max) { table in
        let keys = EventKeyWindow.keys(of: table, model: backlog.model, backlog.kind)
        window.withLock { window in for key in keys { window.insert(key) } }
      }
    }
  }

  private func remember(_ segment: Segment, _ key: ModelKey) throws {
    let names = key.kind.keyColumns
    let list = names.map(Dialect.duckDB.identifier).joined(separator: ", ")
    let connection = try engine.connect()
    let stream = try connection.query(
      "SELECT \(list) FROM read_parquet(\(Dialect.duckDB.literal("\(folder)/\(segment.path)")))",
      source: segment.path)
    while let batch = try stream.next() {
      guard let table = MemoryTable(batch, names: names) else { continue }
      let keys = EventKeyWindow.keys(of: table, model: key.model, key.kind)
      window.withLock { window in for key in keys { window.insert(key) } }
    }
  }

  /// A path for a file that is needed for a while; what is left is removed at the next start.
  public func scratchFile(ending: String) -> String {
    "\(folder)/scratch/\(UUID().uuidString).\(ending)"
  }

  /// Names of models that have events.
  public var models: [String] {
    columns.withLock { columns in Set(columns.keys.map(\.model)).sorted() }
  }

  /// Types of the columns a model's events of a kind have.
  public func types(of model: String, _ kind: EventKind) -> [String: CellType] {
    columns.withLock { $0[ModelKey(model: model, kind: kind)] ?? [:] }
  }

  /// Whether something can be the name of a model: it is the name of a folder too.
  public static func isModelName(_ name: String) -> Bool { ModelConfiguration.isName(name) }

  // MARK: Appending

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
    let file = try await ParquetEvents.open(path, kind, engine: engine)
    var whole = IngestedFile()
    while let portion = try await file.next() {
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
      let now = clock()
      var read = try read(
        EventReader(kind: kind, types: types(of: model, kind), now: now, span: span(now)))
      complete(&read.batch)
      guard let kept = try await append(read.batch, to: model, kind) else { continue }
      let appended = Appended(accepted: kept.rows, duplicates: read.batch.rows - kept.rows)
      return Ingested(appended: appended, kept: kept, read: read)
    }
  }

  /// Refuses a model that would be one more than may be.
  private func checkRoom(for model: String) throws(EventError) {
    let isFull = columns.withLock { columns in
      // As many kinds of events as there are: few enough to be looked at for each batch.
      if EventKind.allCases.contains(where: { columns[.init(model: model, kind: $0)] != nil }) {
        return false
      }
      return Set(columns.keys.map(\.model)).count >= options.models
    }
    if isFull { throw .tooManyModels(limit: options.models) }
  }

  /// Times that events may have.
  private func span(_ now: Instant) -> ClosedRange<Int64> {
    let day: Int64 = 86_400_000_000
    let (past, future) = (Int64(options.pastDays) * day, Int64(options.futureDays) * day)
    return (now.microseconds - past)...(now.microseconds + max(0, future))
  }

  /// Appends events and gives those that were not known yet; nil where they have to be read again.
  private func append(
    _ table: MemoryTable, to model: String, _ kind: EventKind
  ) async throws(EventError) -> MemoryTable? {
    guard table.rows > 0 else { return table }
    guard table.size <= options.batchBytes else { throw .tooLarge(bytes: options.batchBytes) }
    let batch = Batch(
      entry: .init(model: model, kind: kind, table: table),
      keys: EventKeyWindow.keys(of: table, model: model, kind))
    let written = try await writer.submit(batch, size: table.size) { self.write($0) }
    return if case .kept(let kept) = written { kept } else { nil }
  }

  private func write(_ group: [Batch]) -> [Result<Written, EventError>] {
    var entries: [Journal.Entry] = []
    var fresh: [EventKeyWindow.Key] = []
    var seen: Set<EventKeyWindow.Key> = []
    var newColumns: [(model: String, kind: EventKind, name: String, type: CellType)] = []
    var known = columns.withLock { $0 }
    var results: [Result<Written, EventError>] = []
    for batch in group {
      let key = ModelKey(model: batch.entry.model, kind: batch.entry.kind)
      guard let added = Self.added(batch.entry.table, to: known[key] ?? [:]) else {
        results.append(.success(.otherTypes))
        continue
      }
      let rows = window.withLock { window in
        batch.keys.indices.filter { index in
          !window.contains(batch.keys[index]) && seen.insert(batch.keys[index]).inserted
        }
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
      window.withLock { window in for key in fresh { window.insert(key) } }
      sealWhereDue(entries)
    } catch {
      results = results.map { result in
        guard case .success(.kept(let kept)) = result, kept.rows > 0 else { return result }
        return .failure(.notKept(reason: "\(error)"))
      }
    }
    return results
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

  /// The columns a table brings; nil where it has one of another type than is known.
  private static func added(
    _ table: MemoryTable, to known: [String: CellType]
  ) -> [(name: String, type: CellType)]? {
    var added: [(name: String, type: CellType)] = []
    var small: Set<String>?
    for column in table.columns {
      if let type = known[column.name] {
        if type != column.type { return nil }
      } else {
        let names = small ?? Set(known.keys.map { $0.lowercased() })
        small = names
        if names.contains(column.name.lowercased()) { return nil }
        added.append((column.name, column.type))
      }
    }
    return added
  }

  /// Takes nothing more, and returns when all that was taken is on the disk, and sealed where that
  /// takes no longer than it may.
  public func close() {
    writer.stop()
    closing.withLock {
      $0 = ContinuousClock.now.advanced(by: .seconds(options.closingSeconds))
    }
    // What is not sealed waits in the journal, whose last commit is on the disk already.
    try? seal()
    sealer.sync { try? journal.close() }
    lock.giveBack()
  }
}

extension MemoryTable {
  /// About how many bytes it takes.
  var size: Int {
    columns.reduce(64) { sum, column in
      let cells =
        switch column.values {
        case .numbers(let values): values.count * 8
        case .timestamps(let values): values.count * 8
        case .booleans(let values): values.count
        case .texts(let ends, let bytes): ends.count * 4 + bytes.count
        }
      return sum + cells + column.isValid.count + 32
    }
  }

  /// Columns of an engine's batch that are texts, numbers or truth values.
  init?(_ batch: RecordBatch, names: [String]) {
    var columns: [MemoryColumn] = []
    for (index, name) in names.enumerated() {
      guard let column = batch.column(index), let read = MemoryColumn(column, name: name) else {
        return nil
      }
      columns.append(read)
    }
    self.init(rows: batch.rows, columns: columns)
  }
}
