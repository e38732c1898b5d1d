import Columns
import DataSources
import Dispatch
import Foundation
import Support
import Synchronization
import Testing

/// What people write for a source, and the columns that come of it.
struct SourceTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The numbers of the first column of a source.
  private func numbers(_ source: String, sql: String? = nil) throws -> NumericSample {
    let relation = try SourceOpener().open(source, sql: sql)
    let connection = try relation.database.connect()
    let stream = try relation.run(relation.select(["*"]), over: connection)
    var sample = NumericSample()
    while let batch = try stream.next() {
      let column = try #require(batch.column(0))
      #expect(column.append(to: &sample))
    }
    return sample
  }

  @Test(arguments: ["a.parquet", "a.csv", "a.tsv", "a.ndjson", "a.jsonl"])
  func `Every format gives the same numbers`(_ name: String) throws {
    let file = try folder.write(
      name, rowsOf: "SELECT range * 1.5e0 AS x, 'a' AS k FROM range(5000)")
    let expected: [Double] = (0..<5000).map { Double($0) * 1.5 }
    #expect(try numbers(file).values == expected)
  }

  @Test func `A pattern and a partitioned folder are read whole`() throws {
    _ = try folder.write("p/day=1/a.parquet", rowsOf: "SELECT 1::DOUBLE AS x")
    _ = try folder.write("p/day=2/b.parquet", rowsOf: "SELECT 2::DOUBLE AS x")
    #expect(try numbers(folder.path + "/p").values == [1, 2])
    #expect(try numbers(folder.path + "/p/*/*.parquet").values == [1, 2])
    let relation = try SourceOpener().open(folder.path + "/p")
    let columns = try relation.columns(over: relation.database.connect())
    #expect(columns.map(\.name) == ["x", "day"])
  }

  @Test func `Times in nanoseconds with a zone, as pandas writes them, are times`() throws {
    let zoned = "TIMESTAMPTZ '2026-03-04 05:06:07.000001+01' + INTERVAL 1 SECOND * range"
    let rows = "SELECT CAST(\(zoned) AS TIMESTAMPTZ_NS) AS \"a time\", range AS x FROM range(3)"
    let single = try folder.write("ns/a.parquet", rowsOf: rows)
    _ = try folder.write("ns/b.parquet", rowsOf: rows)
    func times(_ source: String, _ sql: String? = nil) throws -> [[Int64?]] {
      let relation = try SourceOpener().open(source, sql: sql)
      let time = relation.dialect.epochMicroseconds(of: "\"a time\"")
      return try relation.integers(
        ["min(\(time))", "count(*)"], over: relation.database.connect())
    }
    let first: Int64 = 1_772_597_167_000_001
    #expect(try times(single) == [[first, 3]])
    #expect(try times(single, "SELECT * FROM source WHERE x > 0") == [[first + 1_000_000, 2]])
    #expect(try times(folder.path + "/ns") == [[first, 6]])
    // A file that is none is told by who reads it.
    let broken = try folder.write("broken.parquet", "no parquet")
    #expect(throws: DataSourceError.self) { try times(broken) }
  }

  @Test func `Sources that are opened at once have one engine, and one database each`() throws {
    let file = try folder.write("a.csv", "x\n7\n")
    for (source, sql) in [(file, nil), ("duckdb://", "SELECT 1 AS x")] as [(String, String?)] {
      let opener = SourceOpener()
      let opened = Mutex<[Database]>([])
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        do {
          let database = try opener.open(source, sql: sql).database
          opened.withLock { $0.append(database) }
        } catch {
          Issue.record(error)
        }
      }
      let databases = opened.withLock { $0 }
      #expect(databases.count == 8 && databases.allSatisfy { $0 === databases[0] }, "\(source)")
    }
  }

  @Test func `A file name with the characters of a pattern is that file`() throws {
    let file = try folder.write("odd [1] it's*.csv", "x\n7\n")
    #expect(try numbers(file).values == [7])
  }

  @Test func `A query over a file calls its rows source`() throws {
    let file = try folder.write("a.csv", "x\n1\n2\n3\n")
    #expect(try numbers(file, sql: "SELECT x * 10 FROM source WHERE x > 1;").values == [20, 30])
  }

  @Test func `Missing and infinite numbers are counted, not lost`() throws {
    let file = try folder.write(
      "a.parquet",
      rowsOf: """
        SELECT unnest([1.5, NULL, 'nan'::DOUBLE, 'inf'::DOUBLE, '-inf'::DOUBLE, -2]) AS x
        """)
    let sample = try numbers(file)
    #expect(sample.values == [1.5, -2])
    #expect(sample.missing == 2)
    #expect(sample.nonFinite == 2)
    #expect(sample.rows == 6)
  }

  @Test(arguments: [
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "BOOLEAN",
  ])
  func `Every numeric type is read in place`(_ type: String) throws {
    let file = try folder.write(
      "a.parquet",
      rowsOf: "SELECT CASE WHEN range % 3 = 2 THEN NULL ELSE (range % 2)::\(type) END AS x "
        + "FROM range(3000)")
    let sample = try numbers(file)
    #expect(sample.missing == 1000)
    let expected: [Double] = (0..<3000).filter { $0 % 3 != 2 }.map { Double($0 % 2) }
    #expect(sample.values == expected)
  }

  @Test func `Long and short texts survive the way`() throws {
    let texts = ["", "kurz", "genau zwölf", String(repeating: "ü🙂", count: 40)]
    let literals = texts.map { "'\($0)'" }.joined(separator: ", ")
    let file = try folder.write("a.parquet", rowsOf: "SELECT unnest([\(literals), NULL]) AS t")
    let relation = try SourceOpener().open(file)
    let connection = try relation.database.connect()
    let stream = try relation.run(relation.select(["t"]), over: connection)
    let batch = try #require(try stream.next())
    let column = try #require(batch.column(0))
    #expect((0..<column.count).map { column.string($0) } == texts + [nil])
    #expect(column.string(99) == nil)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String?
    let code: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    Mistake(name: "missing.parquet", text: nil, code: "file_not_found"),
    Mistake(name: "nothing*.csv", text: nil, code: "nothing_matches"),
    Mistake(name: "empty.csv", text: "", code: "empty_file"),
    Mistake(name: "table.xlsx", text: "x", code: "unknown_format"),
    Mistake(name: "broken.parquet", text: "PAR1 and then nothing", code: "unreadable_source"),
    Mistake(name: "broken.ndjson", text: "{\"x\": 1}\n{\"x\": \n", code: "unreadable_source"),
    Mistake(name: "long.csv", text: "a,b\n1,2\n3,4,5,6\n7,8\n", code: "unreadable_source"),
    Mistake(name: "short.csv", text: "a,b\n1,2\n3\n4,5,6\n", code: "unreadable_source"),
    Mistake(name: "open.csv", text: "a,b\n1,\"2\n3,4\n", code: "unreadable_source"),
  ])
  func `A source that cannot be read says why and what to do`(_ mistake: Mistake) throws {
    var path = folder.path + "/" + mistake.name
    if let text = mistake.text { path = try folder.write(mistake.name, text) }
    do {
      _ = try numbers(path)
      Issue.record("\(mistake.name) was read")
    } catch let error as DataSourceError {
      #expect(error.code == mistake.code)
      #expect(error.what.contains(mistake.name) && !error.what.contains("\n"))
      #expect(!error.mend.isEmpty)
    }
  }

  @Test func `A folder without data is said to be one, and a file elsewhere to be elsewhere`()
    throws
  {
    _ = try folder.write("notes/read.txt", "x")
    let notes = folder.path + "/notes"
    #expect(throws: DataSourceError.emptyFolder(path: notes)) { try SourceOpener().open(notes) }
    for address in ["https://user:secret@example.com/a.csv", "S3://bucket/a.parquet"] {
      let error = try #require(throws: DataSourceError.self) { try SourceOpener().open(address) }
      #expect(error.code == "remote_file" && !error.what.contains("secret"), "\(error)")
      #expect(throws: error) {
        try SourceOpener().check(address, hasQuery: false, option: "sql")
      }
    }
    #expect(throws: DataSourceError.self) { try SourceOpener().open("nosuch://host/db", sql: "x") }
  }

  @Test func `A folder is read whole, without other programs' files`() throws {
    for (name, rows) in [
      ("mixed/1.csv", "a;b\n1;2\n3;4\n"), ("mixed/UPPER.CSV", "a;b\n5;6\n"),
      ("mixed/_log/0.csv", "a;b\n9;9\n"), ("mixed/.hidden.csv", "a;b\n9;9\n"),
    ] {
      _ = try folder.write(name, rows)
    }
    for source in ["mixed", "mixed/[1U]*.csv"] {
      let relation = try SourceOpener().open(folder.path + "/" + source)
      let connection = try relation.database.connect()
      #expect(try relation.columns(over: connection).map(\.name).prefix(2) == ["a", "b"])
      #expect(try relation.rowCount(over: connection) == (source == "mixed" ? 3 : 2))
    }
  }

  @Test func `A folder with files of several formats is refused, a pattern says which`() throws {
    for name in ["mixed/a.csv", "mixed/b.csv", "mixed/day=1/c.parquet"] {
      _ = try folder.write(name, rowsOf: "SELECT 7e0 AS x")
    }
    let path = folder.path + "/mixed"
    let error = #expect(throws: DataSourceError.self) { try numbers(path + "/") }
    #expect(error == .severalFormats(folder: path, formats: ["1 parquet", "2 csv"]))
    #expect(error?.what == "\(path) holds files of several formats: 1 parquet, 2 csv")
    #expect(try numbers(path + "/*.csv").values == [7, 7])
  }

  @Test func `A query may end in a comment or a semicolon`() throws {
    let path = try folder.write("t.csv", "x\n1\n2\n")
    for query in ["SELECT x FROM source -- all of it", "SELECT x FROM source;"] {
      let relation = try SourceOpener().open(path, sql: query)
      #expect(try relation.rowCount(over: relation.database.connect()) == 2)
    }
  }

  @Test func `A row that does not fit its header is named by its line`() throws {
    let path = try folder.write("short.csv", "a;b\n1;2\n3\n4;5;6\n")
    let relation = try SourceOpener().open(path)
    let error = try #require(throws: DataSourceError.self) {
      try relation.columns(over: relation.database.connect())
    }
    #expect(error.what.contains("Line: 3"))
    #expect(error.what.contains("Expected Number of Columns: 2 Found: 1"))
  }

  @Test func `A query that fails is not blamed on the file`() throws {
    let path = try folder.write("t.csv", "x\n1\n")
    let sources = SourceOpener()
    let relation = try sources.open(path, sql: "SELECT nothing FROM source")
    let error = try #require(throws: DataSourceError.self) {
      try relation.columns(over: relation.database.connect())
    }
    #expect(error.code == "query_failed")
    #expect(error.what.contains("nothing") && !error.what.contains("LINE 1"))
  }

  @Test func `A truncated file is an error, not half a table`() throws {
    let whole = try folder.write(
      "whole.parquet", rowsOf: "SELECT random() AS x FROM range(200000)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
    let cut = folder.path + "/cut.parquet"
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: cut))
    #expect(throws: DataSourceError.self) { try numbers(cut) }
  }

  @Test func `A database without a query asks for one`() throws {
    #expect(throws: DataSourceError.queryNeeded(source: "sqlite://x.db", option: "--current-sql")) {
      try SourceOpener().open("sqlite://x.db", option: "--current-sql")
    }
  }

  @Test func `SQLite is read through its own driver`() throws {
    let source = "sqlite://" + folder.path + "/a.db"
    let sample = try numbers(
      source,
      sql: "SELECT CAST(value AS REAL) FROM (VALUES (1), (2), (NULL)) AS t(value)"
        .replacingOccurrences(of: "t(value)", with: "t")
        .replacingOccurrences(of: "value", with: "column1"))
    #expect(sample.values == [1, 2])
    #expect(sample.missing == 1)
  }
}
