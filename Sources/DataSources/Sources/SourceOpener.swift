import Foundation
import Synchronization

/// Turns what people write for a source into a ``Relation``.
///
/// A source is a path or pattern of Parquet, CSV, TSV or NDJSON files, a folder of them, `-` for
/// NDJSON on standard input, `DRIVER://…`, or the name of a configured connection.
public final class SourceOpener: Sendable {
  let lookup: DriverLookup
  private let connections: [String: NamedConnection]
  private let threads: Int
  let readsStandardInput: Bool

  /// A database with the options it was opened by: a secret may have become another.
  private struct Opened {
    var options: [String: String]
    var database: Database
  }

  private struct State {
    var embedded: Database?
    var databases: [String: Opened] = [:]
    var standardInput: String?
  }
  private let state = Mutex(State())

  /// - Parameters:
  ///   - lookup: where drivers are looked for, and secrets that are environment variables.
  ///   - connections: databases by the names the configuration gives them.
  ///   - threads: how many threads the embedded engine uses; nil for one per core.
  ///   - readsStandardInput: whether `-` is a source; a service has nobody who writes there, and would
  ///     wait for ever.
  public init(
    lookup: DriverLookup = .current, connections: [String: NamedConnection] = [:],
    threads: Int? = nil, readsStandardInput: Bool = true
  ) {
    self.lookup = lookup
    self.connections = connections
    self.readsStandardInput = readsStandardInput
    self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  /// Opens `source`.
  ///
  /// - Parameters:
  ///   - source: as the user wrote it.
  ///   - sql: a query over it; a file's rows go by the name `source` in the query. A database needs
  ///     one.
  ///   - option: the option that gives `sql`, for the message when it is missing.
  /// - Throws: ``DataSourceError``.
  public func open(
    _ source: String, sql: String? = nil, option: String = "--reference-sql"
  ) throws(DataSourceError) -> Relation {
    if let connection = connections[source] {
      try lookup.check(connection.driver)
      guard let sql else { throw .queryNeeded(source: source, option: option) }
      let database = try database(source, connection)
      return Relation(
        database: database, name: source, from: "(\(statement(sql))\n) AS source", isQuery: true)
    }
    if let separator = source.range(of: "://") {
      let driver = String(source[..<separator.lowerBound])
      let address = Self.redacted(source)
      try checkDriver(driver, of: address)
      // Before it is opened: SQLite makes a file where there is none.
      guard let sql else { throw .queryNeeded(source: address, option: option) }
      let database = try database(
        address, NamedConnection(driver: driver, uri: .text(source)), key: source)
      return Relation(
        database: database, name: address, from: "(\(statement(sql))\n) AS source", isQuery: true)
    }
    try checkStandardInput(source)
    let file =
      if source == "-" {
        try standardInput()
      } else {
        try FileFormat.reader(path: source)
      }
    if FileFormat.isPattern(source) { try checkMatches(source) }
    let reader = try inMicroseconds(file)
    let name = source == "-" ? DataSourceError.standardInput : source
    let from =
      sql.map {
        "(WITH source AS (SELECT * FROM \(reader)) SELECT * FROM (\(statement($0))\n)) AS source"
      }
      ?? reader
    return Relation(
      database: try embedded(), name: name, from: from, isQuery: sql != nil,
      diagnosis: FileFormat.diagnosis(ofFile: source))
  }

  /// Whether a source is the name of a configured connection.
  func isConnection(_ source: String) -> Bool { connections[source] != nil }

  /// Throws where a source is standard input and there is none.
  func checkStandardInput(_ source: String) throws(DataSourceError) {
    if source == "-", !readsStandardInput { throw .noStandardInput }
  }

  /// Throws where no file matches a pattern.
  func checkMatches(_ pattern: String) throws(DataSourceError) {
    let files = Relation(
      database: try embedded(), name: pattern, from: "glob(\(Dialect.duckDB.literal(pattern)))")
    guard try files.rowCount(over: files.database.connect()) > 0 else {
      throw .nothingMatches(pattern: pattern)
    }
  }

  /// Throws where there is no driver of an address's scheme, or the scheme is of files elsewhere.
  func checkDriver(_ name: String, of address: String) throws(DataSourceError) {
    do {
      try lookup.check(name)
    } catch {
      guard case .driverNotFound = error, Self.remoteSchemes.contains(name.lowercased()) else {
        throw error
      }
      throw .remoteFile(address: address)
    }
  }

  /// Schemes of files, of which people write addresses as they do of databases.
  private static let remoteSchemes: Set<String> = [
    "http", "https", "ftp", "sftp", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "wasb",
    "wasbs",
    "hdfs", "r2", "hf",
  ]

  /// The query without the semicolon people end one with.
  private func statement(_ sql: String) -> String {
    sql.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: ";")))
  }

  /// The embedded engine, opened at first use.
  ///
  /// It never installs or loads an extension by itself, and spills to the system's temporary
  /// folder rather than to the working directory.
  public func embedded() throws(DataSourceError) -> Database {
    // Within the lock: checks that begin at once have one engine between them, and not each its own.
    try state.withLock { (state) throws(DataSourceError) in
      if let open = state.embedded { return open }
      let database = try makeEmbedded()
      state.embedded = database
      return database
    }
  }

  private func makeEmbedded() throws(DataSourceError) -> Database {
    let database = try Database(
      driver: "duckdb", options: [("path", ":memory:")], name: "the embedded engine",
      lookup: lookup)
    let connection = try database.connect()
    let temporary = Dialect.duckDB.literal(NSTemporaryDirectory() + "plumbline-duckdb")
    for setting in [
      "threads = \(threads)", "temp_directory = \(temporary)",
      "autoinstall_known_extensions = false", "autoload_known_extensions = false",
      "TimeZone = 'UTC'", "lock_configuration = true",
    ] {
      try connection.execute("SET \(setting)")
    }
    return database
  }

  private func database(
    _ name: String, _ connection: NamedConnection, key: String? = nil
  ) throws(DataSourceError) -> Database {
    let key = key ?? name
    var secrets: [String] = []
    func text(_ text: NamedConnection.Text) throws(DataSourceError) -> String {
      switch text {
      case .text(let text):
        return text
      case .secret(let place):
        do throws(SecretProblem) {
          let secret = try place.read(environment: lookup.environment)
          secrets.append(secret)
          return secret
        } catch {
          throw .secretMissing(source: name, reason: error.description)
        }
      }
    }
    var options: [(key: String, value: String)] = []
    if let uri = connection.uri {
      let uri = try text(uri)
      if let password = URLComponents(string: uri)?.password { secrets.append(password) }
      options.append(Self.location(driver: connection.driver, uri: uri))
    }
    for (option, value) in connection.options.sorted(by: { $0.key < $1.key }) {
      options.append((option, try text(value)))
    }
    let known = Dictionary(options.map { ($0.key, $0.value) }) { $1 }
    if let open = state.withLock({ $0.databases[key] }), open.options == known {
      return open.database
    }
    let database = try Database(
      driver: connection.driver, options: options, name: name, secrets: secrets, lookup: lookup)
    return state.withLock { state in
      // Not opened within the lock: one that does not answer would keep everybody from all others. Of two that
      // were opened meanwhile the first stays.
      if let open = state.databases[key], open.options == known { return open.database }
      state.databases[key] = Opened(options: known, database: database)
      return database
    }
  }

  /// The option that says where a database is. File databases take a path, which the address holds
  /// after its slashes: `duckdb:///abs/file.db`, `sqlite://relative.db`.
  static func location(driver: String, uri: String) -> (key: String, value: String) {
    let path = uri.range(of: "://").map { String(uri[$0.upperBound...]) } ?? uri
    return switch driver {
    case "duckdb": ("path", path.isEmpty ? ":memory:" : path)
    case "sqlite": ("uri", path.isEmpty ? ":memory:" : path)
    default: ("uri", uri)
    }
  }

  /// An address without its secrets, for messages and results.
  static func redacted(_ address: String) -> String {
    guard var parts = URLComponents(string: address) else { return address }
    let isSecret = (parts.queryItems ?? []).map { SecretName.isHidden($0.name) }
    guard parts.password != nil || isSecret.contains(true) else { return address }
    if parts.password != nil { parts.password = "…" }
    parts.queryItems = parts.queryItems.map { items in
      zip(items, isSecret).map { $1 ? URLQueryItem(name: $0.name, value: "…") : $0 }
    }
    return parts.string?.removingPercentEncoding ?? "\(parts.scheme ?? "")://…"
  }

  /// Reads standard input into a table once, so that it can be read more than once; no copy stays on
  /// disk, however the process ends from then on.
  private func standardInput() throws(DataSourceError) -> String {
    if let table = state.withLock({ $0.standardInput }) { return table }
    let path = NSTemporaryDirectory() + "plumbline-stdin-\(UUID().uuidString).ndjson"
    defer { unlink(path) }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw .temporaryFile(reason: "\(path) cannot be written") }
    var size = 0
    do {
      while let chunk = try FileHandle.standardInput.read(upToCount: 1 << 20), !chunk.isEmpty {
        size += chunk.count
        try file.write(contentsOf: chunk)
      }
      try file.close()
    } catch {
      throw .temporaryFile(reason: SystemReason.text(error))
    }
    guard size > 0 else { throw .emptyFile(path: DataSourceError.standardInput) }
    let table = "plumbline_standard_input"
    let rows = FileFormat.ndjson.reader([path], many: false)
    let connection = try embedded().connect()
    do {
      let stream = try connection.query(
        "CREATE TABLE \(table) AS SELECT * FROM \(rows)", source: DataSourceError.standardInput)
      while try stream.next() != nil {}
    } catch {
      guard case .unreadable(let source, let reason) = error else { throw error }
      // Nobody else knows of the file it was put in.
      throw .unreadable(
        source: source,
        reason: reason.replacing("file \"\(path)\"", with: source).replacing(path, with: source))
    }
    state.withLock { $0.standardInput = table }
    return table
  }
}
