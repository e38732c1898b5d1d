public import Columns

/// Rows to work on: something a database can select from.
public struct Relation: Sendable {
  public let database: Database
  /// What the source is called in messages and results: the path or address as it was given.
  public let name: String
  /// What stands after FROM.
  let from: String
  /// Whether the rows are those of a query somebody wrote.
  let isQuery: Bool
  /// Whether the rows are those of a query over another relation.
  private(set) var isDerived = false
  /// A query that fails with a better reason where the relation's columns cannot be told.
  let diagnosis: String?
  /// A condition every query of the relation carries.
  var condition: String?

  /// - Parameters:
  ///   - database: what is asked.
  ///   - name: what to call the rows in messages.
  ///   - from: what stands after FROM, in the database's own SQL.
  public init(database: Database, name: String, from: String) {
    self.init(database: database, name: name, from: from, isQuery: false)
  }

  init(
    database: Database, name: String, from: String, isQuery: Bool, diagnosis: String? = nil
  ) {
    self.database = database
    self.name = name
    self.from = from
    self.isQuery = isQuery
    self.diagnosis = diagnosis
  }

  public var dialect: Dialect { database.dialect }

  /// Whether rows come in the same order every time: those of files do, those of a query need not.
  public var hasStableOrder: Bool { dialect.readsInStableOrder && !isQuery && !isDerived }

  /// The relation's rows for which `condition`, an SQL expression, holds too.
  public func filtered(by condition: String) -> Relation {
    var filtered = self
    filtered.condition = self.condition.map { "(\($0)) AND (\(condition))" } ?? condition
    return filtered
  }

  /// The rows of a query of the relation's database.
  public func derived(_ query: String) -> Relation {
    var derived = Relation(
      database: database, name: name, from: "(\(query)\n) AS source", isQuery: isQuery)
    derived.isDerived = true
    return derived
  }

  /// A query over the relation.
  ///
  /// - Parameters:
  ///   - expressions: what to select.
  ///   - suffix: GROUP BY, ORDER BY and the like.
  public func select(_ expressions: [String], suffix: String = "") -> String {
    let list = expressions.joined(separator: ", ")
    let filter = condition.map { " WHERE \($0)" } ?? ""
    return "SELECT \(list) FROM \(from)\(filter)\(suffix.isEmpty ? "" : " \(suffix)")"
  }

  /// Names and types of the columns, without reading a row where the driver knows them without.
  public func columns(over connection: Connection) throws(DataSourceError) -> [ColumnSchema] {
    do {
      return try run(select(["*"], suffix: "LIMIT \(dialect.rowsForTypes)"), over: connection)
        .schema
    } catch {
      if let diagnosis {
        let stream = try connection.query(diagnosis, source: name)
        while try stream.next() != nil {}
      }
      throw error
    }
  }

  /// Runs a query that was made by ``select(_:suffix:)``.
  public func run(
    _ sql: String, over connection: Connection
  ) throws(DataSourceError) -> RecordStream {
    try connection.query(sql, source: name, isWritten: isQuery)
  }
}
