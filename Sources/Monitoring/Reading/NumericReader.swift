import Columns
import DataSources
import Statistics

/// The numbers of a group of columns, whole or by chunk.
struct NumericReading {
  /// By column, then by chunk (one chunk where rows are not cut).
  var samples: [[NumericSample]]
  /// A hash of the group's columns for each row, in stored order; empty where not asked for.
  var rowHashes: [UInt64]
}

extension TableSide {
  /// Reads several columns in one pass.
  ///
  /// - Parameter hashed: SQL columns to hash row by row beside, for counting duplicates.
  func readNumbers(
    _ columns: [ComparableColumn], hashing hashed: [String], over connection: Connection
  ) throws -> NumericReading {
    var reading = NumericReading(
      samples: [[NumericSample]](
        repeating: [NumericSample](repeating: NumericSample(), count: chunks?.chunks.count ?? 1),
        count: columns.count), rowHashes: [])
    if chunks == nil {
      // What will be read is known, and growing step by step would copy it.
      for index in columns.indices { reading.samples[index][0].values.reserveCapacity(rows) }
    }
    if !hashed.isEmpty { reading.rowHashes.reserveCapacity(rows) }
    try scan(columns, hashing: hashed, over: connection) { batch, hashes in
      if let hashes { try appendHashes(hashes, to: &reading.rowHashes) }
      try forEachRun(of: columns, in: batch) { index, chunk, values in
        values.append(to: &reading.samples[index][chunk])
      }
    }
    return reading
  }

  /// Reads several columns and hands over the numbers of each batch, keeping nothing.
  func streamNumbers(
    _ columns: [ComparableColumn], over connection: Connection,
    _ body: (_ column: Int, _ chunk: Int, NumericSample) throws -> Void
  ) throws {
    var buffer = NumericSample()
    try scan(columns, hashing: [], over: connection) { batch, _ in
      try forEachRun(of: columns, in: batch) { index, chunk, values in
        buffer.removeAll()
        guard values.append(to: &buffer) else { return false }
        try body(index, chunk, buffer)
        return true
      }
    }
  }

  /// Runs the query for `columns`, then the hash, then the chunk's key.
  private func scan(
    _ columns: [ComparableColumn], hashing hashed: [String], over connection: Connection,
    _ body: (RecordBatch, _ hashes: ArrowColumn?) throws -> Void
  ) throws {
    do {
      try scanAll(columns, hashing: hashed, over: connection, body)
    } catch let error as DataSourceError {
      throw relation.explained(
        error, asking: columns.compactMap { $0.asked(in: relation.dialect, on: side) },
        over: connection)
    }
  }

  private func scanAll(
    _ columns: [ComparableColumn], hashing hashed: [String], over connection: Connection,
    _ body: (RecordBatch, _ hashes: ArrowColumn?) throws -> Void
  ) throws {
    let dialect = relation.dialect
    var expressions = columns.map { $0.number(in: dialect, on: side) }
    let hash = dialect.rowHash(of: hashed.map { dialect.identifier($0) })
    if let hash { expressions.append(hash) }
    if let chunks { expressions.append(chunks.key) }
    let stream = try relation.run(relation.select(expressions), over: connection)
    while let batch = try stream.next() {
      try body(batch, hash == nil ? nil : batch.column(columns.count))
    }
  }

  /// Visits each column of a batch, cut at the borders of chunks.
  private func forEachRun(
    of columns: [ComparableColumn], in batch: RecordBatch,
    _ body: (_ column: Int, _ chunk: Int, ArrowColumn) throws -> Bool
  ) throws {
    let runs = try chunks.map { try $0.runs(of: batch.column(batch.schema.count - 1)) }
    for index in columns.indices {
      guard let values = batch.column(index) else { continue }
      for (range, chunk) in runs ?? [(0..<values.count, 0)] {
        guard let run = values.slice(range), try body(index, chunk, run) else {
          throw DataSourceError.unexpectedResult(
            source: relation.name,
            reason: "column `\(columns[index].name)` came as \(values.type.name), not as numbers")
        }
      }
    }
  }

  private func appendHashes(_ column: ArrowColumn, to hashes: inout [UInt64]) throws {
    guard column.withWords({ hashes.append(contentsOf: $0) }) != nil else {
      throw DataSourceError.unexpectedResult(
        source: relation.name, reason: "row hashes are not of 64 bits")
    }
  }
}

extension ChunkPlan {
  /// Stretches of rows that are in one chunk, in order; rows in no chunk are left out.
  fileprivate func runs(of keys: ArrowColumn?) throws -> [(rows: Range<Int>, chunk: Int)] {
    guard let keys = keys?.wholeNumbers() else {
      throw DataSourceError.unexpectedResult(
        source: "the chunk query", reason: "chunk keys are no whole numbers")
    }
    var runs: [(rows: Range<Int>, chunk: Int)] = []
    var start = 0
    while start < keys.count {
      var end = start + 1
      while end < keys.count, keys[end] == keys[start] { end += 1 }
      if let key = keys[start], let chunk = chunkOfKey[key] { runs.append((start..<end, chunk)) }
      start = end
    }
    return runs
  }
}
