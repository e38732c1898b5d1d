import DataSources
import Foundation
import Synchronization

/// How files of hashes are kept few, and small.
extension KeyIndex {
  /// Runs of like size that are merged into one: larger, there are more of them to ask; smaller, each
  /// hash is written more often.
  private static let fanIn = 4
  /// A run with as many is not merged any more: that would take long.
  private static let largestRows = 16 << 20

  /// Merges what is due. What fails is told, and tried again after some sealings; a file that cannot be read
  /// holds no others back, and is made anew at the next start.
  func merge() {
    while !isClosed.load(ordering: .relaxed) {
      let snapshot = snapshot
      let version = snapshot.version
      let runs = Self.due(in: snapshot, but: upkeep.withLock { $0.putOff(at: version) })
      guard !runs.isEmpty else { return upkeep.withLock { $0.noteWritten() } }
      guard upkeep.withLock({ $0.canMerge(at: version) }) else { return }
      let paths = runs.map(\.path)
      do {
        let merged = try merge(runs, snapshot)
        state.withLock { state in
          state.runs.removeAll { run in runs.contains { $0 === run } }
          state.runs.append(merged)
        }
        for path in paths { unlink(path) }
        upkeep.withLock { $0.note(gone: paths) }
      } catch EventError.stopped {
        return
      } catch let error as UnreadableRun {
        upkeep.withLock { $0.note(damaged: error.path, at: version, error.what) }
      } catch {
        let reason = (error as? any ExplainedError)?.what ?? "\(error)"
        upkeep.withLock { $0.note(unwritten: reason, at: version) }
      }
    }
  }

  /// Returns when all that was due has been merged.
  func finishMerging() { merging.sync {} }

  /// Runs to be merged: as many of like size as may not be, or one that is for the most part of segments
  /// that are gone.
  ///
  /// - Parameter putOff: files that are to be left alone.
  static func due(in snapshot: Snapshot, but putOff: Set<String> = []) -> [KeyRun] {
    var tiers: [Int: [KeyRun]] = [:]
    for run in snapshot.runs where !putOff.contains(run.path) {
      let rows = snapshot.liveRows(of: run)
      guard rows > 0 else { continue }
      if snapshot.isMostlyGone(run) { return [run] }
      guard rows < largestRows else { continue }
      var (tier, bound) = (0, 1_024)
      while bound <= rows { (tier, bound) = (tier + 1, bound * fanIn) }
      tiers[tier, default: []].append(run)
    }
    return tiers.values.first { $0.count >= fanIn } ?? []
  }

  private func merge(_ runs: [KeyRun], _ snapshot: Snapshot) throws -> KeyRun {
    var parts: [KeyRun.Part] = []
    // Where each part of each run is among those of the whole; nil for what is gone.
    let places = runs.map { run in
      run.parts.map { part -> UInt32? in
        guard snapshot.live[part.path] != nil else { return nil }
        parts.append(part)
        return UInt32(truncatingIfNeeded: parts.count - 1)
      }
    }
    let capacity = runs.reduce(0) { $0 + snapshot.liveRows(of: $1) }
    return try write(parts, capacity: capacity) { writer in
      var readers = runs.map { $0.reader() }
      func next(_ index: Int) throws -> KeyRun.Entry? {
        do {
          return try readers[index].read()
        } catch {
          throw UnreadableRun(runs[index], error)
        }
      }
      var heads = try readers.indices.map { try next($0) }
      while true {
        var least: (index: Int, entry: KeyRun.Entry)?
        for (index, head) in heads.enumerated() {
          guard let head, least.map({ head < $0.entry }) ?? true else { continue }
          least = (index, head)
        }
        guard let (index, entry) = least else { return }
        if let place = places[index][Int(entry.part)] {
          try writer.add(KeyRun.Entry(hash: entry.hash, part: place))
        }
        heads[index] = try next(index)
        if isClosed.load(ordering: .relaxed) { throw EventError.stopped }
      }
    }
  }
}
