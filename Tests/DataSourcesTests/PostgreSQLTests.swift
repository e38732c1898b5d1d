import Columns
import DataSources
import Foundation
import Support
import Testing

/// Against the server that Scripts/test starts.
@Suite(.enabled(if: TestServers.postgreSQL != nil, "run Scripts/test, which starts a server"))
struct PostgreSQLTests {
  @Test func `Rows of a query come as columns`() throws {
    let relation = try SourceOpener().open(
      try #require(TestServers.postgreSQL),
      sql: "SELECT i::float8 AS x, 'k' || i % 3 AS k, NULL::float8 AS n "
        + "FROM generate_series(1, 1000) AS i")
    let connection = try relation.database.connect()
    #expect(try relation.rowCount(over: connection) == 1000)
    #expect(try relation.columns(over: connection).map(\.name) == ["x", "k", "n"])
    let stream = try relation.run(
      relation.select([relation.dialect.identifier("x"), relation.dialect.identifier("n")]),
      over: connection)
    var x = NumericSample()
    var n = NumericSample()
    while let batch = try stream.next() {
      #expect(batch.column(0)?.append(to: &x) == true)
      #expect(batch.column(1)?.append(to: &n) == true)
    }
    #expect(x.values == (1...1000).map(Double.init))
    #expect(n.missing == 1000)
  }

  @Test func `One row in so many is about as many, and the same each time`() throws {
    let relation = try SourceOpener().open(
      try #require(TestServers.postgreSQL),
      sql: "SELECT 'p' || i AS id, i % 50 AS k FROM generate_series(1, 10000) AS i")
    let connection = try relation.database.connect()
    let condition = try #require(relation.dialect.oneIn(10, by: ["id"]))
    let part = relation.filtered(by: condition)
    let count = try part.rowCount(over: connection)
    #expect((800...1_200).contains(count), "\(count)")
    #expect(try part.filtered(by: condition).rowCount(over: connection) == count)
    #expect(try relation.first(7).rowCount(over: connection) == 7)
    let pairs = try #require(relation.dialect.oneIn(2, by: ["k", "NULL::text"]))
    let rows = try relation.filtered(by: pairs).rowCount(over: connection)
    #expect(rows > 0 && rows < 10_000 && rows % 200 == 0, "\(rows)")
  }

  @Test func `A wrong query is one line that names the server`() throws {
    let relation = try SourceOpener().open(
      try #require(TestServers.postgreSQL), sql: "SELECT nothing FROM nowhere")
    #expect(throws: DataSourceError.self) {
      try relation.columns(over: relation.database.connect())
    }
  }

  @Test func `A server that is not there cannot be reached`() throws {
    #expect(throws: DataSourceError.self) {
      try SourceOpener().open("postgresql://127.0.0.1:1/none", sql: "SELECT 1").database.connect()
    }
  }
}
