import CADBC
import Synchronization

/// A database opened through an ADBC driver.
///
/// Safe to share: every thread opens a ``Connection`` of its own. Unchecked, because the driver's
/// handle is a C pointer; it is touched only under `opening`, and last by `deinit`.
public final class Database: @unchecked Sendable {
  /// What the database is called in messages.
  public let name: String
  public let dialect: Dialect
  private let library: DriverLibrary
  private let handle: UnsafeMutablePointer<AdbcDatabase>
  private let opening = Mutex(())
  /// What messages of the driver must not repeat.
  private let secrets: [String]

  /// Opens a database.
  ///
  /// - Parameters:
  ///   - driver: a driver's name (`duckdb`, `postgresql`, …) or the path of its library.
  ///   - options: the driver's options, `uri` first among them.
  ///   - name: what to call it in messages; without secrets.
  ///   - secrets: what the driver's messages must not repeat.
  ///   - lookup: where drivers are looked for.
  /// - Throws: ``DataSourceError`` where the driver is not found or refuses the options.
  public init(
    driver: String, options: [(key: String, value: String)], name: String,
    secrets: [String] = [], lookup: DriverLookup = .current
  ) throws(DataSourceError) {
    let library = try DriverLibrary.load(driver, lookup: lookup)
    self.library = library
    self.name = name
    self.secrets = secrets
    dialect = Dialect.named(driver)
    let functions = library.functions
    let database = UnsafeMutablePointer<AdbcDatabase>.allocate(capacity: 1)
    database.initialize(to: AdbcDatabase())
    var error = AdbcError()
    var status = functions.DatabaseNew(database, &error)
    for option in options where status == ADBC_STATUS_OK {
      status = functions.DatabaseSetOption(database, option.key, option.value, &error)
    }
    if status == ADBC_STATUS_OK { status = functions.DatabaseInit(database, &error) }
    guard status == ADBC_STATUS_OK else {
      let reason = takeMessage(&error)
      _ = functions.DatabaseRelease(database, nil)
      database.deallocate()
      throw .cannotConnect(source: name, reason: Self.without(secrets, reason))
    }
    handle = database
  }

  deinit {
    let functions = library.functions
    _ = functions.DatabaseRelease(handle, nil)
    handle.deallocate()
  }

  /// A new connection, for use by one thread at a time.
  public func connect() throws(DataSourceError) -> Connection {
    let functions = library.functions
    let connection = UnsafeMutablePointer<AdbcConnection>.allocate(capacity: 1)
    connection.initialize(to: AdbcConnection())
    var error = AdbcError()
    var status = functions.ConnectionNew(connection, &error)
    if status == ADBC_STATUS_OK {
      status = opening.withLock { _ in functions.ConnectionInit(connection, handle, &error) }
    }
    guard status == ADBC_STATUS_OK else {
      let reason = takeMessage(&error)
      _ = functions.ConnectionRelease(connection, nil)
      connection.deallocate()
      throw .cannotConnect(source: name, reason: Self.without(secrets, reason))
    }
    return Connection(database: self, functions: functions, handle: connection)
  }

  /// A message with every secret left out; the longest first, as one may be part of another.
  static func without(_ secrets: [String], _ message: String) -> String {
    secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
      .reduce(message) { $0.replacing($1, with: "…") }
  }
}
