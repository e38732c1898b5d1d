public import Columns

extension EventLog {
  public struct Options: Sendable {
    /// Rows of a model that wait before they are sealed.
    public var sealRows = 250_000
    /// Bytes that may wait to be written; beyond, appending is refused.
    public var pendingBytes = 64 << 20
    /// Events that may wait to be sealed, of all models; beyond, appending is refused. Each takes some
    /// 32 bytes of memory, by which it is known when it comes again.
    public var unsealedEvents = 4_000_000
    /// Days before now an event's time may lie where events stay for good: each day of events is a
    /// file, and one batch of all days there are would hold everything else up.
    public var pastDays = 3_653
    /// Days after now an event's time may lie, for clocks that are not the same.
    public var futureDays = 1
    /// Models there may be, each with what is kept of it in memory.
    public var models = 1_000
    /// Bytes one batch may have as columns: it is one cell of the journal, and is sealed as a whole.
    public var batchBytes = 128 << 20
    /// Bytes a file may have as columns, and how many times its own size: a small file can hold any
    /// number of equal cells.
    public var fileBytes = 256 << 20
    public var fileExpansion = 100
    /// Seconds that sealing may take when the log is closed; the rest waits in the journal.
    public var closingSeconds = 5.0
    /// Of the engine that reads, in MiB; the one that seals has half as much.
    public var engineMemory = 1_024
    /// Whether files that belong to no segment are put away when the log is opened. Who opens it to read
    /// leaves them where they are.
    public var tidies = true
    /// Bits of hashes that are used.
    var hashMask = UInt64.max

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

  /// What the journal has of a model's events of a kind.
  struct Unsealed {
    var rows = 0
    /// Whether they are about to be sealed.
    var isDue = false
  }

  /// Events that are to be written, with their keys.
  struct Batch {
    var entry: Journal.Entry
    var keys: [EventKey]
    var known: KnownRows
    /// How many columns its model had when it was read.
    var columns: Int
  }

  /// Rows of a batch whose events segments have.
  struct KnownRows {
    /// The state of the index that was looked into.
    var version: Int
    var rows: Set<Int>
  }

  enum Written {
    /// The events that were not known yet.
    case kept(MemoryTable)
    /// Since the batch was read columns have come that it has no place beside: nothing was kept.
    case otherColumns
    /// Since the index was looked into events were sealed: nothing was kept.
    case sealedMeanwhile
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
}
