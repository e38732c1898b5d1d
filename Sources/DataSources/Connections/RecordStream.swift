import CADBC
public import Columns

/// The batches of one query's result, in order, each read when it is asked for.
public final class RecordStream {
  public let schema: [ColumnSchema]
  private let source: String
  private let isWritten: Bool
  private let cancellation = QueryCancellation.current
  /// A statement has to outlive its stream, and a connection its statement.
  private let connection: Connection
  private let functions: AdbcDriver
  private let statement: UnsafeMutablePointer<AdbcStatement>
  private let stream: UnsafeMutablePointer<ArrowArrayStream>

  init(
    connection: Connection, functions: AdbcDriver,
    statement: UnsafeMutablePointer<AdbcStatement>,
    stream: UnsafeMutablePointer<ArrowArrayStream>, source: String, isWritten: Bool
  ) throws(DataSourceError) {
    self.connection = connection
    self.functions = functions
    self.statement = statement
    self.stream = stream
    self.source = source
    self.isWritten = isWritten
    guard let getSchema = stream.pointee.get_schema else {
      // A statement without rows may leave the stream empty.
      schema = []
      return
    }
    var imported = ArrowSchema()
    guard getSchema(stream, &imported) == 0 else {
      schema = []
      throw .failure(of: source, isWritten: isWritten, reason: Self.lastError(of: stream))
    }
    schema = ColumnSchema.columns(of: imported)
    if let release = imported.release { release(&imported) }
  }

  deinit {
    if let release = stream.pointee.release { release(stream) }
    stream.deallocate()
    _ = functions.StatementRelease(statement, nil)
    statement.deallocate()
  }

  /// The next batch; nil after the last.
  public func next() throws(DataSourceError) -> RecordBatch? {
    if cancellation?.isCancelled == true { throw QueryCancellation.cancelled(source) }
    guard let getNext = stream.pointee.get_next else { return nil }
    var array = ArrowArray()
    guard getNext(stream, &array) == 0 else {
      throw .failure(of: source, isWritten: isWritten, reason: Self.lastError(of: stream))
    }
    guard array.release != nil else { return nil }
    guard let batch = RecordBatch(taking: array, schema: schema) else {
      throw .unexpectedResult(source: source, reason: "a batch does not follow its own schema")
    }
    return batch
  }

  private static func lastError(of stream: UnsafeMutablePointer<ArrowArrayStream>) -> String {
    guard let text = stream.pointee.get_last_error?(stream) else { return "no reason was given" }
    return oneLine(String(cString: text))
  }
}
