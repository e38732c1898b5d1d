import Columns
import DataSources
import Statistics

/// The rows that are compared, cut out of their tables by time.
struct DriftWindows {
  var reference: Relation
  var current: Relation
  var referenceRange: (start: Instant, end: Instant)?
  var currentRange: (start: Instant, end: Instant)?
  var notes: [String] = []

  /// Cuts windows where the options ask for them.
  ///
  /// Current is the last `currentWindow` before its end; reference the `referenceWindow` before
  /// current begins, where both come from one table, else before its own end. The end is `asOf`, or
  /// just after the last row.
  static func make(
    reference: Relation, current: Relation?, options: DriftOptions, connections: ConnectionPool
  ) throws -> DriftWindows {
    guard options.referenceWindow != nil || options.currentWindow != nil else {
      guard let current else {
        throw MonitoringError.invalidOption(
          name: "CURRENT", value: "",
          expected:
            "a second source, or --timestamp with --current-window and --reference-window over one")
      }
      return DriftWindows(reference: reference, current: current)
    }
    guard let column = options.schema.timestamp else {
      throw MonitoringError.timestampNeeded(
        option: options.currentWindow != nil ? "--current-window" : "--reference-window")
    }
    if current == nil, options.currentWindow == nil {
      throw MonitoringError.invalidOption(
        name: "--current-window", value: "", expected: "how long current is, such as 1d")
    }
    var windows = DriftWindows(reference: reference, current: current ?? reference)
    let times = try TimeRange.read(column, of: windows.current, connections)
    let end = options.asOf ?? times.last.next
    if let span = options.currentWindow {
      let start = end.back(by: span.microseconds)
      windows.currentRange = (start, end)
      windows.current = windows.current.within(start, end, of: column)
    }
    let referenceTimes =
      current == nil ? times : try TimeRange.read(column, of: reference, connections)
    let referenceEnd =
      current == nil
      ? windows.currentRange?.start ?? end
      : referenceTimes.last.next
    try windows.cutReference(
      reference, column: column, end: referenceEnd, times: referenceTimes, options: options,
      connections: connections)
    return windows
  }

  private mutating func cutReference(
    _ table: Relation, column: String, end: Instant, times: TimeRange, options: DriftOptions,
    connections: ConnectionPool
  ) throws {
    guard let asked = options.referenceWindow else {
      reference = table.within(nil, end, of: column)
      referenceRange = (times.first, end)
      return
    }
    var span = asked.microseconds
    while true {
      let start = end.back(by: span)
      reference = table.within(start, end, of: column)
      referenceRange = (start, end)
      guard let minimum = options.minimumReferenceRows else { return }
      let rows = try connections.withConnection(to: table.database) { connection in
        try reference.rowCount(over: connection)
      }
      if rows >= minimum || start <= times.first {
        if span != asked.microseconds {
          notes.append(
            "insufficient_baseline_data: the reference window of \(asked.description) held fewer "
              + "than \(minimum) rows and was extended to \(days(span)), which hold \(rows)")
        }
        if rows < minimum {
          notes.append(
            "insufficient_baseline_data: the reference has only \(rows) rows, although it reaches "
              + "back to the first of them at \(times.first.iso8601)")
        }
        return
      }
      span = span > .max / 2 ? .max : span * 2
      let (distance, overflow) = end.microseconds.subtractingReportingOverflow(
        times.first.microseconds)
      let whole = overflow ? Int64.max : distance
      if span > whole { span = max(whole, asked.microseconds) }
    }
  }

  private func days(_ microseconds: Int64) -> String {
    let days = Double(microseconds) / 86_400_000_000
    return "\((days * 100).rounded() / 100) days"
  }
}

/// The first and last time of a column.
struct TimeRange {
  let first: Instant
  let last: Instant

  /// The type of a column of times.
  ///
  /// - Throws: where there is no such column, or it does not hold times.
  static func type(
    of column: String, in relation: Relation, over connection: Connection
  ) throws -> ArrowType {
    let schema = try relation.columns(over: connection)
    guard let type = schema.first(where: { $0.name == column })?.type else {
      throw MonitoringError.noSuchColumn(
        name: column, option: "--timestamp", source: relation.name,
        closest: closestName(to: column, among: schema.map(\.name)))
    }
    guard type.isTemporal || (type.isText && relation.dialect.keepsTimesAsText) else {
      throw MonitoringError.notATimestamp(column: column, type: type.name)
    }
    return type
  }

  static func read(
    _ column: String, of relation: Relation, _ connections: ConnectionPool
  ) throws -> TimeRange {
    let time = relation.dialect.epochMicroseconds(of: relation.dialect.identifier(column))
    let row = try connections.withConnection(to: relation.database) { connection in
      _ = try type(of: column, in: relation, over: connection)
      return try relation.integers(["min(\(time))", "max(\(time))"], over: connection).first
    }
    guard let row, let first = row.first ?? nil, let last = row.last ?? nil else {
      throw MonitoringError.noTimes(column: column, source: relation.name)
    }
    return TimeRange(
      first: Instant(microseconds: first), last: Instant(microseconds: last))
  }
}

extension Instant {
  /// The instant some microseconds before; the first there is where that is out of range.
  fileprivate func back(by span: Int64) -> Instant {
    let (earlier, overflow) = microseconds.subtractingReportingOverflow(span)
    return Instant(microseconds: overflow ? .min : earlier)
  }

  /// The instant just after.
  fileprivate var next: Instant {
    Instant(microseconds: microseconds == .max ? .max : microseconds + 1)
  }
}

extension Relation {
  /// Rows whose time is at or after `start` and before `end`.
  fileprivate func within(_ start: Instant?, _ end: Instant, of column: String) -> Relation {
    let time = dialect.epochMicroseconds(of: dialect.identifier(column))
    let before = "\(time) < \(end.microseconds)"
    return filtered(by: start.map { "\(time) >= \($0.microseconds) AND \(before)" } ?? before)
  }
}
