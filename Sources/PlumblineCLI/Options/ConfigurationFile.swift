import DataSources
import Foundation
import Monitoring

/// A file a command was pointed to that cannot be read or written.
enum FileError: ExplainedError {
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)

  var code: String {
    switch self {
    case .unreadable: "unreadable_file"
    case .unwritable: "unwritable_file"
    }
  }

  var what: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
    }
  }

  var mend: String {
    switch self {
    case .unreadable: "check the path and who may read it"
    case .unwritable: "check that the folder is there, may be written to, and has room"
    }
  }
}

extension OutputOptions {
  /// The configuration: of the option, else of PLUMBLINE_CONFIG, else an empty one.
  func configuration() throws -> Configuration {
    guard let path = configurationPath else { return Configuration() }
    return try ConfigurationReader.read(
      TextFile.read(path), path: path, environment: ProcessInfo.processInfo.environment)
  }

  /// What can be read of the configuration, and what is wrong with the rest.
  func readableConfiguration() throws -> (Configuration, ConfigurationMistakes, path: String) {
    let environment = ProcessInfo.processInfo.environment
    guard let path = configurationPath else { return (Configuration(), .init(), "") }
    let (configuration, mistakes) = ConfigurationReader.readable(
      try TextFile.read(path), path: path, environment: environment)
    return (configuration, mistakes, path)
  }

  /// The file's path: of the option, else of PLUMBLINE_CONFIG; nil where neither names one.
  var configurationPath: String? {
    let path = config ?? ProcessInfo.processInfo.environment["PLUMBLINE_CONFIG"]
    return path.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// Whole files of text.
enum TextFile {
  static func read(_ path: String) throws(FileError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw .unreadable(
        path: path, reason: exists ? error.localizedDescription : "there is no such file")
    }
  }

  /// Writes all of `text` or leaves the file as it was; what is no file (a pipe, a device) is written
  /// to, never replaced.
  static func write(_ text: String, to path: String) throws(FileError) {
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    let isReplaced = kind == nil || kind == .typeRegular
    do {
      guard isReplaced else {
        let target = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try target.write(contentsOf: Data(text.utf8))
        return try target.close()
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .unwritable(path: path, reason: error.localizedDescription)
    }
  }
}
