import Foundation

extension DriverLookup {
  /// Names of the drivers in the folders that are looked through; what only the dynamic loader knows is
  /// not among them.
  public var installed: [String] {
    let names = folders.flatMap { folder -> [String] in
      // A folder that is not there has none.
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return files.compactMap { file in
        if file.hasSuffix(".toml") { return String(file.dropLast(".toml".count)) }
        let isLibrary =
          file.hasPrefix("lib") && Self.libraryNames(Self.bareName(file)).contains(file)
        return isLibrary ? Self.bareName(file) : nil
      }
    }
    return Set(names).sorted()
  }

  /// Loads a driver, to see whether it can be.
  ///
  /// - Throws: ``DataSourceError/driverNotFound(name:searched:)`` and the like.
  public func check(_ driver: String) throws(DataSourceError) {
    _ = try DriverLibrary.load(driver, lookup: self)
  }
}
