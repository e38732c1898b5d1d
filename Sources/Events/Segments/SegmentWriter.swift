import Columns
import DataSources
import Foundation

/// Writes rows of the engine into segments, one for each day there is.
struct SegmentWriter {
  let folder: String
  let connection: Connection
  let model: String
  let kind: EventKind
  /// Throws where it is time to end; what waits is sealed another time.
  var check: () throws -> Void = {}

  /// Writes what `query` selects and gives the segments, which are complete and on the disk.
  func write(_ query: String) throws -> [Segment] {
    let name = UUID().uuidString.lowercased()
    let scratch = "\(folder)/scratch/\(name)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    // What stays is removed at the next start.
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let time = Dialect.duckDB.identifier(EventColumnName.timestamp)
    try connection.execute(
      """
      COPY (
        SELECT *, strftime(\(time), '%Y-%m-%d') AS date FROM (\(query)) ORDER BY \(time)
      ) TO \(Dialect.duckDB.literal(scratch))
      (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date), FILENAME_PATTERN 'part_{i}',
        OVERWRITE_OR_IGNORE true)
      """)
    var segments: [Segment] = []
    var files: [(path: String, target: String)] = []
    for day in try FileManager.default.contentsOfDirectory(atPath: scratch).sorted() {
      let parts = try FileManager.default.contentsOfDirectory(atPath: "\(scratch)/\(day)")
      for (index, part) in parts.sorted().enumerated() {
        let path = "\(Segment.folder(model, kind))/\(day)/\(name)-\(index).parquet"
        let file = "\(scratch)/\(day)/\(part)"
        try check()
        segments.append(try segment(file, as: path, day: day))
        files.append((file, "\(folder)/\(path)"))
      }
    }
    // Folders are many days' own: each is brought to the disk once.
    try DurableFiles.publish(files)
    return segments
  }

  /// What a file holds, as the journal knows segments.
  ///
  /// - Parameters:
  ///   - file: where it is now.
  ///   - path: where it is to be found, relative to the log's folder.
  ///   - day: the folder it is in, such as `date=2026-11-23`.
  func segment(_ file: String, as path: String, day: String) throws -> Segment {
    let time = Dialect.duckDB.identifier(EventColumnName.timestamp)
    let stream = try connection.query(
      """
      SELECT count(*), epoch_us(min(\(time))), epoch_us(max(\(time)))
      FROM read_parquet(\(Dialect.duckDB.literal(file)), hive_partitioning=false)
      """, source: file)
    guard let batch = try stream.next(), let rows = batch.column(0)?.wholeNumbers()?.first ?? nil,
      let first = batch.column(1)?.wholeNumbers()?.first ?? nil,
      let last = batch.column(2)?.wholeNumbers()?.first ?? nil,
      let bytes = DurableFiles.size(of: file)
    else { throw EventError.notKept(reason: "\(file) has no rows") }
    return Segment(
      model: model, kind: kind, day: String(day.dropFirst("date=".count)), path: path,
      rows: Int(rows), bytes: bytes, firstTime: first, lastTime: last)
  }
}
