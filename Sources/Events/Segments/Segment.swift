/// A Parquet file of events of one day, complete and never changed.
public struct Segment: Sendable, Equatable {
  public var model: String
  public var kind: EventKind
  /// ISO 8601, of the events' own times in UTC.
  public var day: String
  /// Relative to the log's folder.
  public var path: String
  public var rows: Int
  public var bytes: Int
  /// Microseconds since 1970 of the first and the last event.
  public var firstTime: Int64
  public var lastTime: Int64

  /// The folder of a model's segments of a kind, relative to the log's.
  static func folder(_ model: String, _ kind: EventKind) -> String {
    "events/\(model)/\(kind.rawValue)"
  }
}
