import CADBC
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A loaded driver: the table of functions that a database's calls go through.
///
/// Libraries stay loaded for the life of the process, since a driver may have started threads.
/// Unchecked, because the table holds C pointers; it is filled before the library is published and
/// only read after.
final class DriverLibrary: @unchecked Sendable {
  let name: String
  let path: String
  private let table: UnsafeMutablePointer<AdbcDriver>

  private init(name: String, path: String, table: UnsafeMutablePointer<AdbcDriver>) {
    self.name = name
    self.path = path
    self.table = table
  }

  /// A copy of the function table.
  var functions: AdbcDriver { table.pointee }

  private static let loaded = Mutex<[String: DriverLibrary]>([:])

  /// The driver called `name`, loaded at first use.
  static func load(_ name: String, lookup: DriverLookup) throws(DataSourceError) -> DriverLibrary {
    let candidates = try lookup.candidates(for: name)
    do {
      return try loaded.withLock { loaded in
        for candidate in candidates {
          let key = candidate.library
          if let library = loaded[key] { return library }
          if let library = try open(candidate, name: name) {
            loaded[key] = library
            return library
          }
        }
        throw DataSourceError.driverNotFound(name: name, searched: lookup.searched(name))
      }
    } catch let error as DataSourceError {
      throw error
    } catch {
      throw .driverUnusable(name: name, path: name, reason: "\(error)")
    }
  }

  /// Opens a candidate; nil where a bare name is not on the dynamic loader's path.
  private static func open(
    _ candidate: DriverLookup.Location, name: String
  ) throws -> DriverLibrary? {
    guard let handle = dlopen(candidate.library, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "the loader gave no reason"
      guard candidate.library.contains("/") else { return nil }
      throw DataSourceError.driverUnusable(name: name, path: candidate.library, reason: reason)
    }
    guard let entrypoint = candidate.entrypoints.lazy.compactMap({ dlsym(handle, $0) }).first
    else {
      dlclose(handle)
      guard candidate.library.contains("/") else { return nil }
      throw DataSourceError.driverUnusable(
        name: name, path: candidate.library,
        reason: "it has none of the entry points \(candidate.entrypoints.joined(separator: ", "))")
    }
    let table = UnsafeMutablePointer<AdbcDriver>.allocate(capacity: 1)
    table.initialize(to: AdbcDriver())
    var message = ""
    for version in [ADBC_VERSION_1_1_0, ADBC_VERSION_1_0_0] {
      var error = AdbcError()
      let status = plumbline_adbc_driver_init(entrypoint, Int32(version), table, &error)
      message = takeMessage(&error)
      if status == ADBC_STATUS_OK {
        return DriverLibrary(name: name, path: candidate.library, table: table)
      }
      guard status == ADBC_STATUS_NOT_IMPLEMENTED else { break }
    }
    table.deallocate()
    throw DataSourceError.driverUnusable(
      name: name, path: candidate.library,
      reason: message.isEmpty ? "it does not speak ADBC 1.0 or 1.1" : message)
  }
}

/// The text of an ADBC error on one line; the error is released.
func takeMessage(_ error: inout AdbcError) -> String {
  defer {
    if let release = error.release { release(&error) }
    error = AdbcError()
  }
  guard let message = error.message else { return "" }
  return oneLine(String(cString: message))
}

/// Joins a driver's message into one line, without the advice about options Plumbline sets itself
/// and the SQL excerpt that engines like to add.
func oneLine(_ message: String) -> String {
  let asides = ["Possible ", "The search space used was", "LINE "]
  return EngineMessage.withoutJSON(message).split(whereSeparator: \.isNewline)
    .map { $0.trimmingPrefix { $0.isWhitespace } }
    .prefix { line in !asides.contains { line.hasPrefix($0) } }
    .filter { !$0.isEmpty && !$0.allSatisfy { $0 == "^" || $0.isWhitespace } }
    .joined(separator: " ")
    .replacing("Invalid Input Error: ", with: "", maxReplacements: 1)
}
