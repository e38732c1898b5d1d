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
  private(set) var failure: String?
  /// Files that could not be merged.
  private var failed: Set<String> = []
  private var failures = 0
  /// The version of the index from which on they are tried again.
  private var retry = 0

  /// Most changes of the index after which what failed is tried again.
  private static let longestPause = 64

  /// Files that are not to be merged now: reading them again after every sealing would cost more than it
  /// mends.
  func putOff(at version: Int) -> Set<String> { version < retry ? failed : [] }

  mutating func note(failed paths: [String], at version: Int, _ reason: String) {
    failed.formUnion(paths)
    failure = reason
    failures += 1
    retry = version + min(Self.longestPause, 1 << min(failures, 6))
  }

  /// Notes that files are merged, or gone.
  mutating func note(gone paths: [String]) {
    failed.subtract(paths)
    guard failed.isEmpty else { return }
    (failure, failures) = (nil, 0)
  }
}
