import DataSources
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files and folders that have to be on the disk before anything relies on them.
enum DurableFiles {
  /// Brings a file's content, or a folder's entries, to the disk.
  static func synchronise(_ path: String) throws {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure(path) }
  }

  /// Moves complete files to where they are to be found, all or none, their names on the disk when this
  /// returns.
  static func publish(_ files: [(path: String, target: String)]) throws {
    var folders: Set<String> = []
    var moved: [(path: String, target: String)] = []
    do {
      for (path, target) in files {
        try synchronise(path)
        try move(path, to: target)
        moved.append((path, target))
        var folder = Self.folder(of: target)
        // The folders that may be new are on the way up from the file.
        for _ in 0..<4 where folder != "/" {
          folders.insert(folder)
          folder = Self.folder(of: folder)
        }
      }
      for folder in folders { try synchronise(folder) }
    } catch {
      // Back rather than away: one that nobody knew of may be all there is of its events. Where that fails
      // too it stays, and the next start looks at what no segment has.
      for (path, target) in moved { rename(target, path) }
      throw error
    }
  }

  /// How often a folder is made again that was removed before anything was in it.
  private static let attempts = 100

  /// Moves a file, and makes the folder it is to be in.
  private static func move(_ path: String, to target: String) throws {
    var code: Int32 = 0
    // Who removes the last file of a day removes its folder, which can be just before this one comes.
    for _ in 0..<attempts {
      try makeFolder(folder(of: target))
      if rename(path, target) == 0 { return }
      code = errno
      guard code == ENOENT else { break }
    }
    throw failure(target, code)
  }

  /// Makes a folder, with those it is in. Foundation's takes one that is removed meanwhile for a file.
  private static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
    let code = errno
    let parent = folder(of: path)
    guard code == ENOENT, parent != path else { throw failure(path, code) }
    try makeFolder(parent)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw failure(path) }
  }

  /// Removes files of a folder, and the folders of days that are empty then.
  ///
  /// - Returns: those that are not there any more.
  static func remove(_ paths: [String], in folder: String) -> [String] {
    paths.filter { path in
      let file = "\(folder)/\(path)"
      let isGone = unlink(file) == 0 || errno == ENOENT
      // Only an empty folder goes.
      rmdir(Self.folder(of: file))
      return isGone
    }
  }

  /// The folder a file or folder lies in: `.` for a name alone, the root for the root itself.
  ///
  /// Foundation's `deletingLastPathComponent` ends the process where a path is one character long.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The same place whatever the working directory becomes.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  /// Bytes of a file; nil where there is none.
  static func size(of path: String) -> Int? {
    // What cannot be looked at cannot be read either.
    (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
  }

  /// Names the file and not its folder: clients are told.
  private static func failure(_ path: String, _ code: Int32 = errno) -> EventError {
    let name = path.split(separator: "/").last ?? "/"
    return .notKept(reason: "\(name): \(SystemReason.text(errno: code))")
  }
}

/// The right of one process to a folder, given back at the latest when the process ends.
final class FolderLock: Sendable {
  private let file: Int32
  private let isHeld = Atomic(true)

  init(folder: String) throws(EventError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      let isFile = FileManager.default.fileExists(atPath: folder)
      throw .unusable(
        folder: folder, reason: isFile ? "it is no folder" : SystemReason.text(error))
    }
    file = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else {
      throw .unusable(folder: folder, reason: SystemReason.text(errno: errno))
    }
    // `deinit` runs for what is thrown from here, and closes the file: who closes it twice may close
    // somebody else's.
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw .locked(folder: folder) }
  }

  deinit { giveBack() }

  func giveBack() {
    if isHeld.exchange(false, ordering: .relaxed) { close(file) }
  }
}
