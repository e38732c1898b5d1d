import CADBC
public import Columns

/// One connection to a ``Database``; belongs to one thread at a time.
public final class Connection {
  /// Keeps the database open while the connection is.
  public let database: Database
  private let functions: AdbcDriver
  private let handle: UnsafeMutablePointer<AdbcConnection>

  init(
    database: Database, functions: AdbcDriver, handle: UnsafeMutablePointer<AdbcConnection>
  ) {
    self.database = database
    self.functions = functions
    self.handle = handle
  }

  deinit {
    _ = functions.ConnectionRelease(handle, nil)
    handle.deallocate()
  }

  /// Runs a query and hands back its rows as they come.
  ///
  /// - Parameters:
  ///   - sql: the query, in the database's own dialect.
  ///   - source: what to call the source in messages.
  ///   - isWritten: whether the rows are those of a query somebody wrote, which is then what fails.
  public func query(
    _ sql: String, source: String, isWritten: Bool = false
  ) throws(DataSourceError) -> RecordStream {
    try QueryCancellation.current?.begin(over: self, source)
    let statement = UnsafeMutablePointer<AdbcStatement>.allocate(capacity: 1)
    statement.initialize(to: AdbcStatement())
    let stream = UnsafeMutablePointer<ArrowArrayStream>.allocate(capacity: 1)
    stream.initialize(to: ArrowArrayStream())
    var error = AdbcError()
    var status = functions.StatementNew(handle, statement, &error)
    if status == ADBC_STATUS_OK {
      status = functions.StatementSetSqlQuery(statement, sql, &error)
    }
    if status == ADBC_STATUS_OK {
      status = functions.StatementExecuteQuery(statement, stream, nil, &error)
    }
    guard status == ADBC_STATUS_OK else {
      let reason = takeMessage(&error)
      _ = functions.StatementRelease(statement, nil)
      statement.deallocate()
      stream.deallocate()
      throw .failure(of: source, isWritten: isWritten, reason: reason)
    }
    return try RecordStream(
      connection: self, functions: functions, statement: statement, stream: stream, source: source,
      isWritten: isWritten)
  }

  /// Has what another thread runs over it throw, where the driver can do that.
  func cancel() {
    guard let cancel = functions.ConnectionCancel else { return }
    var error = AdbcError()
    // What cannot be cancelled goes on to its end.
    if cancel(handle, &error) != ADBC_STATUS_OK { _ = takeMessage(&error) }
  }

  /// Runs a statement for its effect.
  public func execute(_ sql: String) throws(DataSourceError) {
    let stream = try query(sql, source: database.name)
    while try stream.next() != nil {}
  }

  /// Puts tables made in memory, one after the other, into a new table of the database.
  ///
  /// - Parameters:
  ///   - tables: each may lack columns, whose cells are then missing.
  ///   - columns: the new table's columns.
  ///   - name: of the new table.
  public func create(
    _ name: String, of tables: [MemoryTable], columns: [(name: String, type: CellType)]
  ) throws(DataSourceError) {
    let statement = UnsafeMutablePointer<AdbcStatement>.allocate(capacity: 1)
    statement.initialize(to: AdbcStatement())
    defer {
      _ = functions.StatementRelease(statement, nil)
      statement.deallocate()
    }
    var error = AdbcError()
    var status = functions.StatementNew(handle, statement, &error)
    for (key, value) in [
      ("adbc.ingest.target_table", name), ("adbc.ingest.mode", "adbc.ingest.mode.create"),
    ] where status == ADBC_STATUS_OK {
      status = functions.StatementSetOption(statement, key, value, &error)
    }
    if status == ADBC_STATUS_OK {
      var stream = MemoryStream.make(tables, columns: columns)
      status = functions.StatementBindStream(statement, &stream, &error)
      if let release = stream.release { release(&stream) }
    }
    if status == ADBC_STATUS_OK {
      status = functions.StatementExecuteQuery(statement, nil, nil, &error)
    }
    guard status == ADBC_STATUS_OK else {
      throw .unreadable(source: database.name, reason: takeMessage(&error))
    }
  }
}
