import DataSources
import Foundation
import Monitoring

/// A file a command was pointed to that cannot be read or written.
enum FileError: ExplainedError {
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// It can be read, and does not hold what it is to.
  case mistaken(path: String, reason: String)

  var code: String {
    switch self {
    case .unreadable: "unreadable_file"
    case .unwritable: "unwritable_file"
    case .mistaken: "mistaken_file"
    }
  }

  var what: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
    case .mistaken(let path, let reason): "\(path): \(reason)"
    }
  }

  var mend: String {
    switch self {
    case .unreadable: "check the path and who may read it"
    case .unwritable: "check that the folder is there, may be written to, and has room"
    case .mistaken: "write it as the documentation has it"
    }
  }
}

extension OutputOptions {
  /// Where the configuration is: the option, else PLUMBLINE_CONFIG; nil for nowhere.
  var configurationPath: String? {
    let path = config ?? ProcessInfo.processInfo.environment["PLUMBLINE_CONFIG"]
    return path?.isEmpty == true ? nil : path
  }

  /// The configuration: of the option, else of PLUMBLINE_CONFIG, else an empty one.
  func configuration() throws -> Configuration {
    guard let path = configurationPath else { return Configuration() }
    return try ConfigurationReader.read(
      TextFile.read(path), path: path, environment: ProcessInfo.processInfo.environment)
  }

  /// What can be read of it, whatever mistakes there are.
  func readableConfiguration() throws -> Configuration {
    guard let path = configurationPath else { return Configuration() }
    return try ConfigurationReader.readable(
      TextFile.read(path), path: path, environment: ProcessInfo.processInfo.environment
    ).configuration
  }

  /// The configuration for a command that uses little of it, whatever mistakes the rest has and whatever
  /// secrets are not here: those of the service need not be where people look at its alerts.
  ///
  /// - Parameter sections: those it uses, as ``ConfigurationMistakes`` names them.
  /// - Throws: ``ConfigurationError`` with the mistakes of these sections, or of the file as a whole.
  func configuration(using sections: [String]) throws -> Configuration {
    guard let path = configurationPath else { return Configuration() }
    let (configuration, mistakes) = try ConfigurationReader.readable(
      TextFile.read(path), path: path, environment: ProcessInfo.processInfo.environment)
    let inTheWay = ([""] + sections).flatMap { mistakes.ofFile(in: $0) }
    guard inTheWay.isEmpty else { throw ConfigurationError(path: path, mistakes: inTheWay) }
    return configuration
  }

  /// The same, held against this machine.
  func inspection() throws -> ConfigurationInspection {
    let path = configurationPath
    return ConfigurationInspection(
      of: try path.map { try TextFile.read($0) } ?? "", path: path ?? "",
      environment: ProcessInfo.processInfo.environment)
  }
}

/// Whole files of text.
enum TextFile {
  static func read(_ path: String) throws(FileError) -> String {
    let data: Data
    do {
      // To its end: Foundation's reader of whole files takes no pipes, such as `<(…)` of a shell.
      data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
    } catch {
      throw .unreadable(path: path, reason: SystemReason.text(error))
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "it is not UTF-8 text")
    }
    return text
  }

  /// Writes all of `text` or leaves the file as it was; what is no file (a pipe, a device) is written
  /// to, never replaced.
  static func write(_ text: String, to path: String) throws(FileError) {
    // What cannot be looked at is not there, or writing to it says why it cannot be.
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
      throw .unwritable(path: path, reason: SystemReason.text(error))
    }
  }
}
