import DataSources
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files a command writes, held against each other and against what it reads before anything runs.
enum OutputFiles {
  /// An option and the file it names; nil where it was left out.
  typealias Output = (option: String, path: String?)

  /// - Parameters:
  ///   - outputs: what is written.
  ///   - inputs: files, folders and patterns that are read; addresses and names of connections are no files.
  /// - Throws: ``OutputFileError`` where one would be written over.
  static func check(_ outputs: [Output], reads inputs: [String?]) throws(OutputFileError) {
    var written: [(option: String, place: Place)] = []
    let read = inputs.compactMap { $0 }.filter { $0 != "-" && !$0.contains("://") }
    for (option, path) in outputs {
      guard let path else { continue }
      guard path != "-" else { throw .standardOutput(option: option) }
      let place = Place(path)
      // A pipe or a device takes what comes from anybody.
      guard place.kind == nil || place.kind == .regular else { continue }
      if let other = written.first(where: { $0.place.isSame(as: place) }) {
        throw .twice(path: path, options: [other.option, option])
      }
      if let input = read.first(where: { place.isRead(by: $0) }) {
        throw .input(path: path, option: option, input: input)
      }
      written.append((option, place))
    }
  }

  /// Where a path leads, by whatever name it is called.
  private struct Place {
    enum Kind { case regular, folder, other }

    /// nil where there is nothing yet.
    let kind: Kind?
    private let device: UInt64
    private let node: UInt64
    /// Without links and dots as far as it is there.
    private let path: String
    /// As it was written.
    private let name: String

    init(_ path: String) {
      var status = stat()
      let exists = stat(path, &status) == 0
      switch status.st_mode & S_IFMT {
      case _ where !exists: kind = nil
      case S_IFREG: kind = .regular
      case S_IFDIR: kind = .folder
      default: kind = .other
      }
      device = UInt64(truncatingIfNeeded: status.st_dev)
      node = UInt64(truncatingIfNeeded: status.st_ino)
      let url = Self.url(path)
      name = url.standardizedFileURL.path
      // What is not there yet lies in a folder that may be called by several names.
      self.path =
        exists
        ? url.resolvingSymlinksInPath().path
        : url.deletingLastPathComponent().resolvingSymlinksInPath()
          .appendingPathComponent(url.lastPathComponent).path
    }

    private static func url(_ path: String) -> URL {
      let place = FileManager.default.currentDirectoryPath
      return URL(fileURLWithPath: path.hasPrefix("/") ? path : "\(place)/\(path)")
    }

    func isSame(as other: Place) -> Bool {
      guard kind != nil, other.kind != nil else { return path == other.path }
      return device == other.device && node == other.node
    }

    /// Whether a source is this file, or a folder or pattern that has it as one of its files of data.
    func isRead(by source: String) -> Bool {
      let other = Place(source)
      if other.kind != nil, other.isSame(as: self) { return true }
      guard kind == .regular, SourceOpener.isData(path) else { return false }
      if other.kind == .folder { return path.hasPrefix(other.path == "/" ? "/" : other.path + "/") }
      guard source.contains(where: { "*?[".contains($0) }) else { return false }
      let pattern = Self.url(source).standardizedFileURL.path
      // Two asterisks stand for folders too.
      let flags: Int32 = source.contains("**") ? 0 : FNM_PATHNAME
      return fnmatch(pattern, path, flags) == 0 || fnmatch(pattern, name, flags) == 0
    }
  }
}

/// What is wrong with the files a command was told to write.
enum OutputFileError: ExplainedError, Equatable {
  case standardOutput(option: String)
  case twice(path: String, options: [String])
  case input(path: String, option: String, input: String)

  var code: String {
    switch self {
    case .standardOutput: "no_output_file"
    case .twice: "same_output_file"
    case .input: "output_is_input"
    }
  }

  var what: String {
    switch self {
    case .standardOutput(let option): "\(option) takes the name of a file, and `-` is none"
    case .twice(let path, let options):
      "\(options.joined(separator: " and ")) would both write \(path)"
    case .input(let path, let option, let input):
      input == path
        ? "\(option) would write over \(path), which is read"
        : "\(option) would write over \(path), which is read by \(input)"
    }
  }

  var mend: String {
    switch self {
    case .standardOutput(let option):
      option == "--json"
        ? "--format json prints the result as JSON" : "name a file, such as ./report"
    case .twice: "name a file for each"
    case .input: "name another file"
    }
  }
}
