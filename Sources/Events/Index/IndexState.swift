import Foundation

extension EventLog {
  /// How the index of sealed events fares, for who looks after it.
  public struct IndexState: Sendable, Equatable {
    /// Files it has: few, where they can be merged.
    public var files = 0
    /// Segments that were read again when the log was opened, as no file had them.
    public var rebuilt = 0
    /// Segments that cannot be read, and why: events of theirs may come again.
    public var unread: [String: String] = [:]
    /// Why files could not be merged; nil where all could that had to be.
    public var failure: String?

    public init() {}
  }

  public var indexState: IndexState { index.current }
}

/// What went wrong with the index, and when it is tried again.
struct IndexUpkeep {
  var rebuilt = 0
  /// Reasons by the paths of segments.
  var unread: [String: String] = [:]
  /// Files that cannot be read, and why.
  private var damaged: [String: String] = [:]
  /// Why what was to be merged last could not be written.
  private var unwritten: String?
  private var failures = 0
  /// The version of the index from which on it is tried again.
  private var retry = 0

  /// Most changes of the index after which what failed is tried again.
  private static let longestPause = 64

  var failure: String? { unwritten ?? damaged.min { $0.key < $1.key }?.value }

  /// Whether files may be merged now: where they cannot be written, trying it after every sealing would cost
  /// more than it mends.
  func canMerge(at version: Int) -> Bool { unwritten == nil || version >= retry }

  /// Files that are not to be merged now, for the same reason.
  func putOff(at version: Int) -> Set<String> { version < retry ? Set(damaged.keys) : [] }

  mutating func note(damaged path: String, at version: Int, _ reason: String) {
    damaged[path] = reason
    pause(at: version)
  }

  mutating func note(unwritten reason: String, at version: Int) {
    unwritten = reason
    pause(at: version)
  }

  private mutating func pause(at version: Int) {
    failures += 1
    retry = version + min(Self.longestPause, 1 << min(failures, 6))
  }

  /// Notes that all has been written that had to be.
  mutating func noteWritten() {
    unwritten = nil
    calm()
  }

  /// Notes that files are gone.
  mutating func note(gone paths: [String]) {
    for path in paths { damaged[path] = nil }
    calm()
  }

  private mutating func calm() {
    if failure == nil { failures = 0 }
  }
}

/// A file that cannot be merged with others.
struct UnreadableRun: Error {
  let path: String
  let what: String

  init(_ run: KeyRun, _ error: any Error) {
    path = run.path
    let name = (path as NSString).lastPathComponent
    let reason = if case EventError.notKept(let reason) = error { reason } else { "\(error)" }
    what = EventError.damaged(path: "index/\(name)", reason: reason).what
  }
}
