import Foundation

extension Segment {
  /// That its file is gone or of another size than it was; nil where it is as it was.
  func damage(in folder: String) -> EventError? {
    let size = DurableFiles.size(of: "\(folder)/\(path)")
    guard size != bytes else { return nil }
    let reason = size.map { "it has \($0) bytes and had \(bytes)" } ?? "it is gone"
    return .damaged(path: path, reason: reason)
  }

  /// Whether it is the file that is at fault where it could not be read, and not what reads it: memory, the
  /// disk and open files can run short for a moment, and what was not read then is there still.
  func isDamaged(in folder: String, for error: any Error) -> Bool {
    if damage(in: folder) != nil { return true }
    let reason = EventError.reason(error)
    // A file that says it has more than there is to read is damaged, though the engine calls that an error of
    // reading.
    if reason.contains("Could not read enough bytes") { return true }
    return !Self.shortages.contains { reason.localizedCaseInsensitiveContains($0) }
  }

  /// Words of the engine for what is not of a file.
  private static let shortages = [
    "out of memory", "allocat", "IO Error", "interrupt", "cancel", "too many open files", "no room",
    "temporary",
  ]
}
