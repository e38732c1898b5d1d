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
  /// disk and open files can run short for a moment, and what was not read then is there still. In doubt it
  /// is not: a batch that is refused comes again, and events that are taken twice stay.
  func isDamaged(in folder: String, for error: any Error) -> Bool {
    damage(in: folder) != nil || Self.isOfDamage(error, path: path)
  }

  /// Whether the engine says of what it read that it is broken.
  ///
  /// - Parameter path: of the file, whose name says nothing of it.
  static func isOfDamage(_ error: any Error, path: String = "") -> Bool {
    let reason = EventError.reason(error).replacingOccurrences(of: path, with: "")
    return wordsOfDamage.contains { reason.localizedCaseInsensitiveContains($0) }
  }

  /// What the engine says of files that are no Parquet, or no more.
  private static let wordsOfDamage = [
    "magic bytes", "corrupt", "invalid input", "tprotocol", "ttype", "what type", "out of buffer",
    "enough bytes", "decompress", "negative size",
  ]
}
