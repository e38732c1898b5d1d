import Columns
import DataSources
import Foundation

extension EventLog {
  /// What was found when a log was opened whose journal and files did not fit together.
  public struct Recovery: Sendable, Equatable {
    /// Files that an empty journal has taken in, relative to the log's folder: the one that knew them was lost.
    public var adopted: [String] = []
    /// Files that are in no segment and that only events could be lost by removing; where they are now.
    public var unknown: [String] = []
    /// Segments whose files are gone or of another size: they are left out until they are as they were.
    public var missing: [String] = []

    public var isEmpty: Bool { self == Recovery() }
  }
}

/// Brings the journal of a log and its files together, where something came between them: the end of a
/// process, or the loss of one or of a part of one.
///
/// A file that no segment is in may be all there is of its events. None is removed but where the journal
/// says that it may go, or has each of its events.
struct Reconciliation {
  /// Of the log.
  let folder: String
  let journal: Journal
  let connection: Connection

  /// Where files are kept that the journal does not know.
  static let orphans = "orphans"

  /// Files of events that no segment is in, but for those that may go; relative to the log's folder.
  func unknownFiles() throws -> [String] {
    let known = try Set(journal.segments().map(\.path) + journal.discarded())
    var unknown: [String] = []
    let all = FileManager.default.enumerator(atPath: folder + "/events")
    while let file = all?.nextObject() as? String {
      if file.hasSuffix(".parquet"), !known.contains("events/" + file) {
        unknown.append("events/" + file)
      }
    }
    return unknown.sorted()
  }

  /// Segments whose files are gone, or are not what was written, and what is wrong with them.
  func missing() throws -> [(path: String, damage: EventError)] {
    try journal.segments().compactMap { segment in
      segment.damage(in: folder).map { (path: segment.path, damage: $0) }
    }
  }

  /// Removes files of segments that were replaced or dropped while somebody read them.
  func removeDiscarded() throws {
    let gone = DurableFiles.remove(try journal.discarded(), in: folder)
    // Where the disk is full that is not noted, and they are looked for once more.
    try? journal.forget(discarded: gone)
  }

  // MARK: A journal that was lost

  /// Takes files in as segments, where the journal has neither segments nor events: then none of theirs
  /// can count twice.
  ///
  /// - Returns: those that were; others are none of events, have columns that events that come could not be
  ///   kept beside, or cannot be read.
  func adopt(_ paths: [String]) throws -> [String] {
    guard !paths.isEmpty, try journal.segments().isEmpty, try journal.backlog().isEmpty else {
      return []
    }
    // By names in small letters, which the engine does not tell from others.
    var types: [EventLog.ModelKey: [String: (name: String, type: CellType)]] = [:]
    for column in try journal.columns() {
      types[.init(model: column.model, kind: column.kind), default: [:]][
        column.name.lowercased()] = (column.name, column.type)
    }
    var segments: [Segment] = []
    var newColumns: [(model: String, kind: EventKind, name: String, type: CellType)] = []
    for path in paths {
      // One that cannot be read is no reason to do without the others.
      guard let (segment, columns) = try? read(path) else { continue }
      let key = EventLog.ModelKey(model: segment.model, kind: segment.kind)
      let known = types[key] ?? [:]
      let isAlike = columns.allSatisfy { column in
        known[column.name.lowercased()].map { $0 == column } ?? true
      }
      guard isAlike else { continue }
      segments.append(segment)
      for column in columns where known[column.name.lowercased()] == nil {
        types[key, default: [:]][column.name.lowercased()] = column
        newColumns.append((segment.model, segment.kind, column.name, column.type))
      }
    }
    guard !segments.isEmpty else { return [] }
    try journal.replace(
      batchesOf: "", .predictions, upTo: nil, by: segments, newColumns: newColumns)
    return segments.map(\.path)
  }

  private func read(_ path: String) throws -> (Segment, [(name: String, type: CellType)]) {
    guard let (model, kind, day) = Self.place(of: path) else {
      throw EventError.unreadable(reason: "\(path) is not where files of events are")
    }
    let file = "\(folder)/\(path)"
    let schema = try connection.query(
      "SELECT * FROM read_parquet(\(Dialect.duckDB.literal(file)), hive_partitioning=false) LIMIT 0",
      source: path
    ).schema
    let columns = try schema.map { column in
      guard let type = column.type.cellType, kind.canHave(column.name, as: type) else {
        throw EventError.unreadable(reason: "\(path) has columns of other types than events have")
      }
      return (name: column.name, type: type)
    }
    let types = Dictionary(columns.map { ($0.name, $0.type) }) { first, _ in first }
    guard types[kind.idColumn] == .text, types[EventColumnName.timestamp] == .timestamp else {
      throw EventError.unreadable(reason: "\(path) has no columns of events")
    }
    let writer = SegmentWriter(folder: folder, connection: connection, model: model, kind: kind)
    return (try writer.segment(file, as: path, day: "date=\(day)"), columns)
  }

  /// What a file holds by where it is: `events/MODEL/predictions/date=2026-11-23/….parquet`.
  private static func place(of path: String) -> (model: String, kind: EventKind, day: String)? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, EventLog.isModelName(parts[1]),
      let kind = EventKind(rawValue: parts[2]),
      parts[3].hasPrefix("date=")
    else { return nil }
    return (parts[1], kind, String(parts[3].dropFirst("date=".count)))
  }

  // MARK: Files the journal does not know

  /// Moves files to ``orphans``, where nothing reads them and nothing removes them.
  ///
  /// One whose events all wait in the journal was about to be sealed when a process ended: they are
  /// sealed again, and it goes.
  ///
  /// - Returns: where the others are now; what cannot be moved stays, and is not read there either.
  func setAside(_ paths: [String], _ hasher: EventKeys) throws -> [String] {
    var waiting: [EventLog.ModelKey: Set<EventKey>] = [:]
    var others: [String] = []
    for path in paths {
      if try isWaiting(path, hasher, &waiting) {
        _ = DurableFiles.remove([path], in: folder)
        continue
      }
      let target = "\(Self.orphans)/\(path.dropFirst("events/".count))"
      do {
        try DurableFiles.publish([("\(folder)/\(path)", "\(folder)/\(target)")])
        rmdir(DurableFiles.folder(of: "\(folder)/\(path)"))
        others.append(target)
      } catch {
        others.append(path)
      }
    }
    return others
  }

  /// Whether the journal has each event of a file.
  private func isWaiting(
    _ path: String, _ hasher: EventKeys, _ waiting: inout [EventLog.ModelKey: Set<EventKey>]
  ) throws -> Bool {
    // What cannot be read is not known to be anywhere else.
    guard let (segment, _) = try? read(path) else { return false }
    let key = EventLog.ModelKey(model: segment.model, kind: segment.kind)
    if waiting[key] == nil {
      var keys: Set<EventKey> = []
      _ = try journal.batches(of: key.model, key.kind, upTo: .max) {
        keys.formUnion(hasher.keys(of: $0, model: key.model, key.kind))
      }
      waiting[key] = keys
    }
    guard let known = waiting[key], !known.isEmpty else { return false }
    return try hasher.keys(of: segment, in: folder, over: connection).allSatisfy(known.contains)
  }
}

extension ArrowType {
  /// What cells of events are that the engine has as this type; nil where events have none.
  fileprivate var cellType: CellType? {
    switch self {
    case .boolean: .boolean
    case .float64: .number
    case .timestamp: .timestamp
    default: isText ? .text : nil
    }
  }
}
