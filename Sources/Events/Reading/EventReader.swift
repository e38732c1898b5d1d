public import Columns
public import Monitoring

/// A row that was not taken.
public struct RejectedEvent: Sendable, Codable, Equatable {
  /// Its place in the batch, from 0.
  public var index: Int
  public var reason: String

  /// How many an answer lists at most.
  public static let listed = 10_000

  public init(index: Int, reason: String) {
    self.index = index
    self.reason = reason
  }
}

/// A batch of events as they were sent, made into columns.
public struct ReadEvents: Sendable {
  /// The good rows.
  public var batch: MemoryTable
  public var rejected: [RejectedEvent]
  /// Members no event has, which were left out.
  public var ignored: [String]
}

/// Reads batches into columns of the types a model's columns have.
///
/// A bad row is left out with its reason; the good rows of its batch are kept.
public struct EventReader: Sendable {
  public enum Format: Sendable { case array, lines }

  public let kind: EventKind
  /// Types of columns the model has already, by their names.
  public let types: [String: CellType]
  /// What events without a time of their own are given.
  public let now: Instant
  /// Times that events may have; nil for all.
  let times: EventTimes?

  /// Bytes a text may have.
  public static let textLimit = 65_536
  /// Bytes the texts of a row of a Parquet file may have together. Bodies of JSON hold no more than
  /// was sent; a small file can hold any number of rows that share a long text.
  public static let rowLimit = 262_144
  /// Columns a model's events of a kind may have.
  public static let columnLimit = 10_000
  /// Bytes an id may have.
  public static let idLimit = 512
  /// What a probability may be before it is brought between 0 and 1: rounding takes those of 32-bit
  /// floats so far beyond.
  static let probabilities = -1e-6...1 + 1e-6

  public init(
    kind: EventKind, types: [String: CellType], now: Instant, times: EventTimes? = nil
  ) {
    self.times = times
    self.kind = kind
    self.types = types
    self.now = now
  }

  /// Reads a batch of JSON. Where an array is broken within some of its rows, those are refused.
  ///
  /// - Throws: ``EventError/unreadable(reason:)`` where the text is no array of objects at all.
  public func read(
    _ text: some Collection<UInt8>, _ format: Format
  ) throws(EventError) -> ReadEvents {
    guard let rows = ParsedRows(text, isLines: format == .lines, groups: kind.groups) else {
      throw .unreadable(reason: "there is not enough memory for it")
    }
    if let error = rows.error { throw .unreadable(reason: error) }
    return read(rows)
  }

  /// Reads rows that were sent.
  func read(_ rows: some SentRows) -> ReadEvents {
    var intake = EventIntake(self, rows)
    intake.read()
    return intake.finish()
  }
}
