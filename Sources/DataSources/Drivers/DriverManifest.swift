import Foundation
import TOMLKit

/// A driver manifest (`NAME.toml`), as the ADBC ecosystem installs one beside each driver.
///
/// Source: <https://arrow.apache.org/adbc/current/format/driver_manifests.html>.
struct DriverManifest {
  /// Path of the shared library for this platform.
  var library: String
  /// The function to call instead of the default `AdbcDriverInit`.
  var entrypoint: String?

  /// Reads the manifest at `path`. A relative library path counts from the manifest's folder.
  init(path: String) throws(DataSourceError) {
    let table: TOMLTable
    do {
      table = try TOMLTable(string: String(contentsOfFile: path, encoding: .utf8))
    } catch {
      throw .manifestUnreadable(path: path, reason: "\(error)")
    }
    let driver = table["Driver"]?.table
    entrypoint = driver?["entrypoint"]?.string
    let named: String?
    if let platforms = driver?["shared"]?.table {
      guard let library = platforms[Self.platform]?.string else {
        throw .manifestUnreadable(
          path: path, reason: "it names no library for \(Self.platform) under [Driver.shared]")
      }
      named = library
    } else {
      named = driver?["shared"]?.string
    }
    guard let named, !named.isEmpty else {
      throw .manifestUnreadable(path: path, reason: "it names no library under [Driver.shared]")
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    library = URL(fileURLWithPath: named, relativeTo: folder).path
  }

  /// The platform's name as manifests spell it, such as `linux_amd64`.
  static var platform: String {
    #if os(macOS)
      let system = "macos"
    #elseif os(Linux)
      let system = "linux"
    #else
      let system = "unknown"
    #endif
    #if arch(x86_64)
      return system + "_amd64"
    #elseif arch(arm64)
      return system + "_arm64"
    #else
      return system + "_unknown"
    #endif
  }
}
