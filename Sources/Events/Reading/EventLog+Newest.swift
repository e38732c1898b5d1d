import DataSources
public import Monitoring

extension EventLog {
  /// The time of a model's newest event of a kind before a time; nil where there is none.
  ///
  /// Segments know when their last event was: only what goes on beyond that time is read.
  public func newestTime(
    of model: String, _ kind: EventKind, before time: Instant
  ) throws -> Instant? {
    try seal(model)
    let ended = try journal.segments(of: model, kind).map(\.lastTime)
      .filter { $0 < time.microseconds }.max().map(Instant.init(microseconds:))
    let newest = try withEvents(of: model, kind, from: ended, until: time) { (events) -> Int64? in
      let column = Dialect.duckDB.epochMicroseconds(
        of: Dialect.duckDB.identifier(EventColumnName.timestamp))
      return try events.integers(["max(\(column))"], over: events.database.connect())
        .first?.first ?? nil
    }
    return (newest ?? nil).map(Instant.init(microseconds:)) ?? ended
  }
}
