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
/// any tool can read: `events/MODEL/predictions/date=2026-11-23/….parquet`. An event that comes again is
/// told by its key: those in the journal are in memory, those in segments in an index beside them. A
/// folder belongs to one process at a time.
public final class EventLog: Sendable {
  let folder: String
  let options: Options
  let journal: Journal
  /// Reads files that are sent, and what is kept.
  let engine: Database
  /// Seals, on one thread: that takes hardly longer than on all, and leaves cores to those who wait
  /// for an answer.
  let sealingEngine: Database
  private let lock: FolderLock
  let clock: @Sendable () -> Instant
  /// Columns of models, by name.
  let columns: Mutex<[ModelKey: [String: CellType]]>
  let hasher: EventKeys
  /// Events that segments have.
  let index: KeyIndex
  /// Events that the journal has.
  let unsealedKeys: Mutex<UnsealedKeys>
  /// Writes the journal, one commit at a time.
  let writer: GroupWriter<Batch, Written>
  /// Seals and drops segments, one at a time.
  let sealer = DispatchQueue(label: "plumbline.segments")
  let unsealed: Mutex<[ModelKey: Unsealed]>
  /// Whether everything that waits is about to be sealed.
  let isSealingAll = Mutex(false)
  let readers = Mutex(SegmentReaders())
  /// Looks events up in segments, for one batch at a time.
  let confirmations = DispatchQueue(label: "plumbline.confirmations")
  /// When sealing has to end; nil while nobody is about to close the log.
  let closing = Mutex<ContinuousClock.Instant?>(nil)
  /// Ends what the engine that seals is at by then.
  let sealing = QueryCancellation()
  private let retainedDays = Mutex<Int?>(nil)
  /// What was found when it was opened.
  public let recovery: Recovery
  /// Segments that are left out.
  let missing: Set<String>

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
    let folder = DurableFiles.absolute(folder)
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
      let engine = try Self.engine(
        lookup, scratch: scratch + "/reading", memory: options.engineMemory)
      self.engine = engine
      sealingEngine = try Self.engine(
        lookup, scratch: scratch + "/sealing", memory: options.engineMemory / 2, ["threads = 1"])
      let reconciliation = Reconciliation(
        folder: folder, journal: journal, connection: try engine.connect())
      if options.tidies { try reconciliation.removeDiscarded() }
      var recovery = Recovery()
      let unknown = try reconciliation.unknownFiles()
      recovery.adopted = try reconciliation.adopt(unknown)
      let damaged = try reconciliation.missing()
      recovery.missing = damaged.map(\.path)
      let missing = Set(recovery.missing)
      self.missing = missing
      columns = Mutex(
        try journal.columns().reduce(into: [:]) { known, column in
          known[ModelKey(model: column.model, kind: column.kind), default: [:]][column.name] =
            column.type
        })
      let hasher = EventKeys(secret: try journal.secret(), mask: options.hashMask)
      self.hasher = hasher
      index = try KeyIndex(
        folder: folder, fingerprint: hasher.fingerprint,
        segments: try journal.segments().filter { !missing.contains($0.path) }
      ) { try hasher.keys(of: $0, in: folder, over: engine.connect()) }
      for (path, damage) in damaged { index.note(unread: path, damage) }
      let backlog = try journal.backlog()
      var keys = UnsealedKeys(reserving: min(options.unsealedEvents, 1_000_000))
      for waiting in backlog {
        _ = try journal.batches(of: waiting.model, waiting.kind, upTo: .max) { table in
          for key in hasher.keys(of: table, model: waiting.model, waiting.kind) {
            _ = keys.insert(key)
          }
        }
      }
      unsealedKeys = Mutex(keys)
      unsealed = Mutex(
        backlog.reduce(into: [:]) { unsealed, backlog in
          unsealed[ModelKey(model: backlog.model, kind: backlog.kind)] = Unsealed(
            rows: backlog.rows)
        })
      writer = GroupWriter(label: "plumbline.journal", limit: options.pendingBytes)
      recovery.unknown = Set(unknown).subtracting(recovery.adopted).sorted()
      if options.tidies {
        recovery.unknown = try reconciliation.setAside(recovery.unknown, hasher)
      }
      self.recovery = recovery
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
      .unusable(folder: folder, reason: EventError.reason(error))
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

  // MARK: Times

  private static let dayMicroseconds: Int64 = 86_400_000_000

  /// Has events refused that are older than others are kept for; nil where they stay for good.
  public func setRetention(days: Int?) { retainedDays.withLock { $0 = days } }

  /// The time by which events are old: the clock's, but no more than a day after the newest event that
  /// is sealed. A clock that jumps ahead makes nothing old.
  public var retentionTime: Instant {
    let now = clock()
    guard let newest = index.snapshot.newestTime else { return now }
    let (bound, isBeyond) = newest.addingReportingOverflow(Self.dayMicroseconds)
    return isBeyond ? now : min(now, Instant(microseconds: bound))
  }

  /// Times that events may have.
  func times(at now: Instant) -> EventTimes {
    let latest = now.microseconds + Int64(max(0, options.futureDays)) * Self.dayMicroseconds
    if let days = retainedDays.withLock({ $0 }) {
      return EventTimes(
        range: (retentionTime.microseconds - Int64(days) * Self.dayMicroseconds)...latest,
        tooOld: "is older than the \(days) days events are kept")
    }
    return EventTimes(
      range: (now.microseconds - Int64(options.pastDays) * Self.dayMicroseconds)...latest,
      tooOld: "is more than \(options.pastDays) days ago")
  }

  /// Has sealing, and the joining of segments, end in time for ``close()``, which is to be called soon: events
  /// are taken in as before, and wait in the journal where they are not sealed by then.
  public func prepareClosing() {
    let isFirst = closing.withLock { closing in
      guard closing == nil else { return false }
      closing = ContinuousClock.now.advanced(by: .seconds(options.closingSeconds))
      return true
    }
    guard isFirst else { return }
    guard options.closingSeconds > 0 else { return sealing.cancel() }
    // A table of thousands of columns keeps the engine busy for seconds, and nobody asks meanwhile.
    DispatchQueue.global().asyncAfter(deadline: .now() + options.closingSeconds) { [sealing] in
      sealing.cancel()
      // One that had just begun was missed.
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) { sealing.cancel() }
    }
  }

  /// Takes nothing more, and returns when all that was taken is on the disk, and sealed where that
  /// takes no longer than it may.
  public func close() {
    writer.stop()
    prepareClosing()
    // What is not sealed waits in the journal, whose last commit is on the disk already.
    try? seal()
    index.close()
    sealer.sync { try? journal.close() }
    lock.giveBack()
  }
}

/// Times that events may have.
public struct EventTimes: Sendable {
  /// Microseconds since 1970.
  var range: ClosedRange<Int64>
  /// What is said of a time before.
  var tooOld: String
}
