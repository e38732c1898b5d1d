import Columns
import DataSources
import Dispatch
import Foundation
import Synchronization

/// Which events that come have come before, and are in a segment.
extension EventLog {
  /// The rows of a batch whose events segments have.
  ///
  /// New ones cost no reading, but for one in some hundreds. Where there is an equal hash the event
  /// itself is looked up, so that none is lost to one that has the same by chance.
  ///
  /// - Parameter before: rows that an earlier look has found: they are not looked up again.
  func known(
    of table: MemoryTable, _ keys: [EventKey], _ model: String, _ kind: EventKind,
    before: Set<Int> = []
  ) async throws(EventError) -> KnownRows {
    do {
      var asked = try candidates(among: keys, model, kind)
      asked.rows.subtract(before)
      guard !asked.rows.isEmpty else { return KnownRows(version: asked.version, rows: before) }
      let rows = asked
      var known = try await withCheckedThrowingContinuation { continuation in
        confirmations.async {
          continuation.resume(
            with: Result { try self.confirmed(rows, of: table, keys, model, kind) })
        }
      }
      known.rows.formUnion(before)
      return known
    } catch let error as EventError {
      throw error
    } catch {
      throw .notKept(reason: "events could not be looked up: \(EventError.reason(error))")
    }
  }

  /// The rows with whose hash there is an event: all that segments have, and some by chance.
  func candidates(
    among keys: [EventKey], _ model: String, _ kind: EventKind
  ) throws -> KnownRows {
    let snapshot = index.snapshot
    let rows = try keys.indices.filter { row in
      try !snapshot.segments(having: keys[row].hash, of: model, kind).isEmpty
    }
    return KnownRows(version: snapshot.version, rows: Set(rows))
  }

  /// Those of some rows that segments have indeed.
  ///
  /// Segments there are by now are looked into, but what is found is as old as the rows that were asked for: a
  /// row that has been sealed since is not among them.
  func confirmed(
    _ asked: KnownRows, of table: MemoryTable, _ keys: [EventKey], _ model: String,
    _ kind: EventKind
  ) throws -> KnownRows {
    let rows = asked.rows.sorted()
    let known = try reading {
      let snapshot = index.snapshot
      var found: [String: Segment] = [:]
      for row in rows {
        for segment in try snapshot.segments(having: keys[row].hash, of: model, kind) {
          found[segment.path] = segment
        }
      }
      return Array(found.values)
    } then: { segments in
      try segments.isEmpty ? [] : confirmed(rows, of: table, in: segments, model, kind)
    }
    return KnownRows(version: asked.version, rows: known)
  }

  /// Those of some rows whose events are in segments.
  private func confirmed(
    _ rows: [Int], of table: MemoryTable, in segments: [Segment], _ model: String,
    _ kind: EventKind
  ) throws -> Set<Int> {
    let number = "row_number"
    var few = table.keeping(rows)
    few.columns = kind.keyColumns.compactMap(few.column)
    few.columns.append(MemoryColumn(name: number, values: .numbers(rows.map(Double.init))))
    let connection = try engine.connect()
    let name = "asked_" + UUID().uuidString.replacingOccurrences(of: "-", with: "")
    try connection.create(name, of: [few], columns: few.columns.map { ($0.name, $0.type) })
    // It is in memory, and goes with the engine at the latest.
    defer { try? connection.execute("DROP TABLE \(name)") }
    func known(in segments: [Segment]) throws -> Set<Int> {
      let files = segments.map(\.path).sorted().map { Dialect.duckDB.literal("\(folder)/\($0)") }
      let same = kind.keyColumns.map {
        let column = Dialect.duckDB.identifier($0)
        return "known.\(column) = asked.\(column)"
      }
      let stream = try connection.query(
        """
        SELECT DISTINCT asked.\(number) FROM \(name) AS asked
        JOIN read_parquet([\(files.joined(separator: ", "))], hive_partitioning=false) AS known
          ON \(same.joined(separator: " AND "))
        """, source: "the events of \(model)")
      var rows: Set<Int> = []
      while let batch = try stream.next() {
        guard let column = batch.column(0), let read = MemoryColumn(column, name: number),
          case .numbers(let numbers) = read.values
        else { throw EventError.notKept(reason: "the engine gave no numbers of rows") }
        rows.formUnion(numbers.map { Int($0) })
      }
      index.note(read: segments.map(\.path))
      return rows
    }
    do {
      return try known(in: segments)
    } catch {
      // A file that is damaged has no event that could be told: the batch is held against the others, and is
      // not refused for as long as the file lies there.
      return try segments.reduce(into: []) { rows, segment in
        do {
          rows.formUnion(try known(in: [segment]))
        } catch {
          guard segment.isDamaged(in: folder, for: error) else { throw error }
          index.note(unread: segment.path, error)
        }
      }
    }
  }

  /// Waits for what waits to be sealed, where that is half of what may.
  func waitForSealing() async {
    guard unsealedKeys.withLock({ $0.count }) >= options.unsealedEvents / 2 else { return }
    sealAll()
    await withCheckedContinuation { continuation in
      sealer.async { continuation.resume() }
    }
  }
}

extension EventKeys {
  /// Reads the keys of a segment's events.
  func keys(
    of segment: Segment, in folder: String, over connection: Connection
  ) throws -> [EventKey] {
    let names = segment.kind.keyColumns
    let list = names.map(Dialect.duckDB.identifier).joined(separator: ", ")
    let file = Dialect.duckDB.literal("\(folder)/\(segment.path)")
    let stream = try connection.query(
      "SELECT \(list) FROM read_parquet(\(file), hive_partitioning=false)", source: segment.path)
    var all: [EventKey] = []
    all.reserveCapacity(segment.rows)
    while let batch = try stream.next() {
      let columns = names.indices.compactMap { place in
        batch.column(place).flatMap { MemoryColumn($0, name: names[place]) }
      }
      guard columns.count == names.count else {
        throw EventError.unreadable(reason: "\(segment.path) has no columns of events")
      }
      all += keys(
        of: MemoryTable(rows: batch.rows, columns: columns), model: segment.model, segment.kind)
    }
    return all
  }
}
