import Columns

extension SourceOpener {
  /// What stands after FROM for a file, its times in UTC to the microsecond: the engine has no functions
  /// for those of nanoseconds with a zone, which are what pandas writes.
  func inMicroseconds(_ reader: String) throws(DataSourceError) -> String {
    guard reader.hasPrefix("read_parquet") else { return reader }
    let columns: [String]
    do throws(DataSourceError) {
      columns = try namesOfNanoseconds(reader)
    } catch {
      // A file that cannot be read is told by who reads it.
      return reader
    }
    guard !columns.isEmpty else { return reader }
    let casts = columns.map { name in
      let column = Dialect.duckDB.identifier(name)
      return "CAST(\(column) AS TIMESTAMPTZ) AS \(column)"
    }
    return "(SELECT * REPLACE (\(casts.joined(separator: ", "))) FROM \(reader)) AS source"
  }

  private func namesOfNanoseconds(_ reader: String) throws(DataSourceError) -> [String] {
    let stream = try embedded().connect().query(
      """
      SELECT column_name FROM (DESCRIBE SELECT * FROM \(reader))
      WHERE column_type = 'TIMESTAMPTZ_NS'
      """, source: "the types of a file")
    var names: [String] = []
    while let batch = try stream.next() {
      guard let column = batch.column(0).flatMap({ MemoryColumn($0, name: "name") }) else {
        continue
      }
      names += (0..<column.count).map { String(decoding: column.text($0), as: UTF8.self) }
    }
    return names
  }
}
