import DataSources
import Dispatch
import Foundation
import Synchronization

/// Which sealed segments have an event: the hashes of all of them, on the disk, each behind a filter
/// that spares who asks for a new one from reading.
///
/// Every sealing writes a ``KeyRun``; where there are several of like size they are merged into one, so
/// that there are few, and what belongs to segments that are gone is left out. A segment whose hashes
/// are in no whole file is read again when the log is opened; one that cannot be read is left out.
final class KeyIndex: Sendable {
  /// What it knows at one time; files stay readable for as long as somebody has it.
  struct Snapshot: Sendable {
    fileprivate(set) var version = 0
    var runs: [KeyRun] = []
    /// Segments there are, by their paths.
    fileprivate(set) var live: [String: Segment] = [:]
    /// Microseconds since 1970 of the newest event; nil where there is none.
    fileprivate(set) var newestTime: Int64?

    /// Segments of a model that have an event with a hash: nearly always one with the same id.
    func segments(having hash: UInt64, of model: String, _ kind: EventKind) throws -> [Segment] {
      var found: [Segment] = []
      for run in runs where run.mayHave(hash) {
        for part in try run.parts(having: hash) {
          guard let segment = live[run.parts[part].path], segment.model == model,
            segment.kind == kind
          else { continue }
          found.append(segment)
        }
      }
      return found
    }

    fileprivate init(runs: [KeyRun], live: [String: Segment]) {
      (self.runs, self.live) = (runs, live)
      newestTime = live.values.map(\.lastTime).max()
    }

    func liveRows(of run: KeyRun) -> Int {
      run.parts.reduce(0) { $0 + (live[$1.path] == nil ? 0 : $1.rows) }
    }

    /// Whether a file is for the most part of segments that are gone. Events are held against events: an
    /// event can have several hashes in it.
    func isMostlyGone(_ run: KeyRun) -> Bool {
      2 * liveRows(of: run) < run.parts.reduce(0) { $0 + $1.rows }
    }
  }

  /// Rows whose hashes are put into one file when they are read again.
  private static let rebuiltRows = 500_000

  private let folder: String
  private let fingerprint: UInt64
  let state: Mutex<Snapshot>
  let upkeep = Mutex(IndexUpkeep())
  let merging = DispatchQueue(label: "plumbline.index", qos: .utility)
  let isClosed = Atomic(false)

  var snapshot: Snapshot { state.withLock { $0 } }

  var current: EventLog.IndexState {
    let files = state.withLock { $0.runs.count }
    return upkeep.withLock { upkeep in
      var current = EventLog.IndexState()
      current.files = files
      current.rebuilt = upkeep.rebuilt
      current.unread = upkeep.unread
      current.failure = upkeep.failure
      return current
    }
  }

  /// Opens the index of a log's folder.
  ///
  /// - Parameters:
  ///   - segments: the segments there are.
  ///   - keys: reads those of a segment no file has.
  init(
    folder: String, fingerprint: UInt64, segments: [Segment],
    keys: (Segment) throws -> [EventKey]
  ) throws {
    self.folder = folder
    self.fingerprint = fingerprint
    let known = Dictionary(segments.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    try FileManager.default.createDirectory(
      atPath: folder + "/index", withIntermediateDirectories: true)
    var runs: [KeyRun] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder + "/index") {
      let path = "\(folder)/index/\(file)"
      if let run = KeyRun(path, fingerprint: fingerprint) {
        runs.append(run)
      } else {
        try FileManager.default.removeItem(atPath: path)
      }
    }
    var covered: Set<String> = []
    var kept: [KeyRun] = []
    // What was merged and not removed any more has nothing that the larger file lacks.
    for run in runs.sorted(by: { $0.count > $1.count }) {
      let new = run.parts.filter { known[$0.path]?.rows == $0.rows && !covered.contains($0.path) }
      if new.isEmpty {
        try FileManager.default.removeItem(atPath: run.path)
      } else {
        covered.formUnion(new.map(\.path))
        kept.append(run)
      }
    }
    state = Mutex(Snapshot(runs: kept, live: known))
    try rebuild(segments.filter { !covered.contains($0.path) }, keys)
  }

  private func rebuild(
    _ segments: [Segment], _ keys: (Segment) throws -> [EventKey]
  ) throws {
    var (entries, parts) = ([KeyRun.Entry](), [Segment]())
    for segment in segments {
      let read: [EventKey]
      do {
        read = try keys(segment)
      } catch  where segment.isDamaged(in: folder, for: error) {
        // One file of many is no reason to take nothing in. It is tried again at the next start.
        note(unread: segment.path, error)
        continue
      }
      let part = UInt32(truncatingIfNeeded: parts.count)
      entries += read.map { KeyRun.Entry(hash: $0.hash, part: part) }
      parts.append(segment)
      upkeep.withLock { $0.rebuilt += 1 }
      guard entries.count >= Self.rebuiltRows else { continue }
      try add(entries, of: parts)
      (entries, parts) = ([], [])
    }
    if !parts.isEmpty { try add(entries, of: parts) }
  }

  /// Notes that a segment cannot be read.
  func note(unread path: String, _ error: any Error) {
    let reason = (error as? any ExplainedError)?.what ?? "\(error)"
    upkeep.withLock { $0.unread[path] = reason }
  }

  /// Notes that segments can be read.
  func note(read paths: some Sequence<String>) {
    upkeep.withLock { upkeep in
      guard !upkeep.unread.isEmpty else { return }
      for path in paths { upkeep.unread[path] = nil }
    }
  }

  // MARK: Changing

  /// Adds segments with the hashes of their events; it knows them when this returns.
  ///
  /// - Parameter entries: parts are places in `segments`; an event may have several.
  /// - Returns: the version that knows them.
  @discardableResult
  func add(_ entries: [KeyRun.Entry], of segments: [Segment]) throws -> Int {
    let parts = segments.map { KeyRun.Part(path: $0.path, rows: $0.rows) }
    let run = try write(parts, capacity: entries.count) { writer in
      for entry in entries.sorted(by: <) { try writer.add(entry) }
    }
    let version = state.withLock { state in
      state.version += 1
      state.runs.append(run)
      for segment in segments {
        state.live[segment.path] = segment
        state.newestTime = max(state.newestTime ?? .min, segment.lastTime)
      }
      return state.version
    }
    merging.async { self.merge() }
    return version
  }

  /// Forgets segments: events of theirs may come again.
  func remove(_ segments: [Segment]) {
    let gone = state.withLock { state -> [KeyRun] in
      for segment in segments { state.live[segment.path] = nil }
      state.newestTime = state.live.values.map(\.lastTime).max()
      let gone = state.runs.filter { state.liveRows(of: $0) == 0 }
      state.runs.removeAll { run in gone.contains { $0 === run } }
      return gone
    }
    for run in gone { unlink(run.path) }
    note(read: segments.map(\.path))
    upkeep.withLock { $0.note(gone: gone.map(\.path)) }
    merging.async { self.merge() }
  }

  func write(
    _ parts: [KeyRun.Part], capacity: Int, _ fill: (KeyRunWriter) throws -> Void
  ) throws -> KeyRun {
    let name = UUID().uuidString.lowercased()
    let (partial, path) = ("\(folder)/scratch/\(name).keys", "\(folder)/index/\(name).keys")
    defer { unlink(partial) }
    let writer = try KeyRunWriter(
      partial, parts: parts, capacity: capacity, fingerprint: fingerprint)
    try fill(writer)
    try writer.finish()
    try DurableFiles.publish([(partial, path)])
    guard let run = KeyRun(path, fingerprint: fingerprint) else {
      throw EventError.notKept(reason: "\(path) is not what was written")
    }
    return run
  }

  /// Ends merging, and returns when it has ended.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    merging.sync {}
  }
}
