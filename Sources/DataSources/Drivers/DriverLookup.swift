import Foundation

/// Finds a driver's library the way the ADBC ecosystem does, then in Plumbline's own folders.
///
/// Looked through in order, each for a manifest `NAME.toml` and then for a library:
/// 1. the folders of `ADBC_DRIVER_PATH`,
/// 2. the user's folder, `$XDG_CONFIG_HOME/adbc/drivers` or `~/.config/adbc/drivers`,
/// 3. `/etc/adbc/drivers`,
/// 4. `.drivers` in the working directory or the executable's folder or a folder above either, and
///    `lib/plumbline/drivers` beside the executable's folder,
/// 5. the dynamic loader's own path, for `libadbc_driver_NAME.so` and `libNAME.so`.
public struct DriverLookup: Sendable {
  var environment: [String: String]
  var workingDirectory: String
  var executable: String?

  /// - Parameters:
  ///   - environment: where `ADBC_DRIVER_PATH`, `XDG_CONFIG_HOME` and `HOME` are read from.
  ///   - workingDirectory: where the search for a project's `.drivers` starts.
  ///   - executable: path of the running program; nil leaves its folders out.
  public init(environment: [String: String], workingDirectory: String, executable: String?) {
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.executable = executable
  }

  /// The lookup of the running process.
  public static var current: DriverLookup {
    DriverLookup(
      environment: ProcessInfo.processInfo.environment,
      workingDirectory: FileManager.default.currentDirectoryPath,
      executable: Bundle.main.executablePath)
  }

  /// Where a driver is, and the function that starts it.
  struct Location: Equatable {
    /// A path, or a bare file name for the dynamic loader to find.
    var library: String
    var entrypoints: [String]
  }

  /// Candidates for `name` in the order they are to be tried, each of which exists, and last the
  /// bare names that only the dynamic loader can say no to.
  ///
  /// - Parameter name: a driver's name (`postgresql`), or the path of a library or manifest.
  func candidates(for name: String) throws(DataSourceError) -> [Location] {
    if name.contains("/") {
      guard FileManager.default.fileExists(atPath: name) else {
        throw .driverNotFound(name: name, searched: [name])
      }
      return [try location(atPath: name, name: Self.bareName(name))]
    }
    var found: [Location] = []
    for folder in folders {
      let manifest = folder + "/" + name + ".toml"
      if FileManager.default.fileExists(atPath: manifest) {
        found.append(try location(atPath: manifest, name: name))
      }
      for file in Self.libraryNames(name) {
        let path = folder + "/" + file
        if FileManager.default.fileExists(atPath: path) {
          found.append(try location(atPath: path, name: name))
        }
      }
    }
    let bare = Self.libraryNames(name).map {
      Location(library: $0, entrypoints: Self.entrypoints(name))
    }
    return found + bare
  }

  /// Every place `candidates(for:)` looks at, for the message when none has the driver.
  func searched(_ name: String) -> [String] {
    ["\(name).toml and \(Self.libraryNames(name).joined(separator: ", ")) in "]
      .map { $0 + folders.joined(separator: ":") } + ["the dynamic loader's path"]
  }

  /// Folders to look in, in order, none twice.
  var folders: [String] {
    var folders = (environment["ADBC_DRIVER_PATH"] ?? "").split(separator: ":").map(String.init)
    if let config = environment["XDG_CONFIG_HOME"], !config.isEmpty {
      folders.append(config + "/adbc/drivers")
    } else if let home = environment["HOME"], !home.isEmpty {
      folders.append(home + "/.config/adbc/drivers")
    }
    folders.append("/etc/adbc/drivers")
    var starts = [URL(fileURLWithPath: workingDirectory)]
    if let executable {
      let folder = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
        .deletingLastPathComponent()
      folders.append(
        folder.deletingLastPathComponent().appendingPathComponent("lib/plumbline/drivers").path)
      starts.append(folder)
    }
    for start in starts {
      var folder = start.standardizedFileURL
      while true {
        let drivers = folder.appendingPathComponent(".drivers").path
        if FileManager.default.fileExists(atPath: drivers) { folders.append(drivers) }
        guard folder.path != "/" else { break }
        folder.deleteLastPathComponent()
      }
    }
    var seen: Set<String> = []
    return folders.filter { seen.insert($0).inserted }
  }

  private func location(atPath path: String, name: String) throws(DataSourceError) -> Location {
    guard path.hasSuffix(".toml") else {
      return Location(library: path, entrypoints: Self.entrypoints(name))
    }
    let manifest = try DriverManifest(path: path)
    return Location(
      library: manifest.library,
      entrypoints: manifest.entrypoint.map { [$0] } ?? Self.entrypoints(name))
  }

  static func libraryNames(_ name: String) -> [String] {
    #if os(macOS)
      ["libadbc_driver_\(name).dylib", "lib\(name).dylib"]
    #else
      ["libadbc_driver_\(name).so", "lib\(name).so"]
    #endif
  }

  /// The standard entry point, the one newer drivers derive from their name, and DuckDB's.
  static func entrypoints(_ name: String) -> [String] {
    let words = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
    return ["AdbcDriverInit", "AdbcDriver\(words.joined())Init", "\(name)_adbc_init"]
  }

  /// `libadbc_driver_sqlite.so.113` → `sqlite`.
  static func bareName(_ path: String) -> String {
    var name = URL(fileURLWithPath: path).lastPathComponent
    if let dot = name.firstIndex(of: ".") { name = String(name[..<dot]) }
    for prefix in ["libadbc_driver_", "lib"] where name.hasPrefix(prefix) {
      return String(name.dropFirst(prefix.count))
    }
    return name
  }
}
