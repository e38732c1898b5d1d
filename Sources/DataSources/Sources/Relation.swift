public import Columns

/// Rows to work on: something a database can select from.
public struct Relation: Sendable {
  public let database: Database
  /// What the source is called in messages and results: the path or address as it was given.
  public let name: String
  /// What stands after FROM.
  let from: String
  /// A condition every query of the relation carries.
  var condition: String?

  init(database: Database, name: String, from: String) {
    self.database = database
    self.name = name
    self.from = from
  }

  public var dialect: Dialect { database.dialect }

  /// The relation's rows for which `condition`, an SQL expression, holds too.
  public func filtered(by condition: String) -> Relation {
    var filtered = self
    filtered.condition = self.condition.map { "(\($0)) AND (\(condition))" } ?? condition
    return filtered
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

  /// Names and types of the columns, without reading a row.
  public func columns(over connection: Connection) throws(DataSourceError) -> [ColumnSchema] {
    let stream = try connection.query(select(["*"], suffix: "LIMIT 0"), source: name)
    return stream.schema
  }

  /// Runs a query that was made by ``select(_:suffix:)``.
  public func run(
    _ sql: String, over connection: Connection
  ) throws(DataSourceError) -> RecordStream {
    try connection.query(sql, source: name)
  }
}
