import Columns

extension Relation {
  /// Number of rows.
  public func rowCount(over connection: Connection) throws(DataSourceError) -> Int {
    let counts = try integers([("count(*)")], over: connection)
    guard let count = counts.first?.first ?? nil else {
      throw .unexpectedResult(source: name, reason: "it gave no number of rows")
    }
    return Int(count)
  }

  /// Runs a query whose columns are all whole numbers, row by row; for small results.
  public func integers(
    _ expressions: [String], suffix: String = "", over connection: Connection
  ) throws(DataSourceError) -> [[Int64?]] {
    let stream = try run(select(expressions, suffix: suffix), over: connection)
    var rows: [[Int64?]] = []
    while let batch = try stream.next() {
      var columns: [[Int64?]] = []
      for index in expressions.indices {
        guard let values = batch.column(index)?.wholeNumbers() else {
          throw .unexpectedResult(source: name, reason: "a count is no whole number")
        }
        columns.append(values)
      }
      for row in 0..<batch.rows { rows.append(columns.map { $0[row] }) }
    }
    return rows
  }

  /// The same rows with their number, from 1, in a further column.
  ///
  /// - Parameters:
  ///   - order: expressions to number by; nil for the stored order.
  ///   - column: what to call the number.
  public func numbered(by order: String?, as column: String) -> Relation {
    let over = order.map { "ORDER BY \($0)" } ?? ""
    let number = "row_number() OVER (\(over)) AS \(dialect.identifier(column))"
    return derived(select(["*", number]))
  }

  /// Some rows, whichever come first.
  public func first(_ rows: Int) -> Relation { derived(select(["*"], suffix: "LIMIT \(rows)")) }

  /// Rows that occur more than once, each counted as often as it is one too many.
  ///
  /// - Parameters:
  ///   - columns: what has to be equal.
  ///   - connection: to ask over.
  public func duplicateRows(
    in columns: [String], over connection: Connection
  ) throws(DataSourceError) -> Int {
    let list = columns.map { dialect.identifier($0) }.joined(separator: ", ")
    let distinct = derived(select(["DISTINCT \(list)"]))
    return try rowCount(over: connection) - distinct.rowCount(over: connection)
  }
}
