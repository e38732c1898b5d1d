public import DataSources

/// What keeps a check from being made at all, as opposed to what a check finds.
public enum MonitoringError: ExplainedError, Equatable {
  /// A column that was named is on neither side.
  case noSuchColumn(name: String, option: String, source: String, closest: String?)
  /// Two columns whose names look the same and are spelt with other code points.
  case lookalikeColumns(name: String, source: String)
  case conflictingKinds(column: String, options: [String])
  case unknownMethod(id: String, known: [String])
  case methodDoesNotFit(method: String, column: String, kind: String, fitting: [String])
  case notComparable(column: String, referenceType: String, currentType: String)
  case notATimestamp(column: String, type: String)
  case invalidOption(name: String, value: String, expected: String)
  case timestampNeeded(option: String)
  case noTimes(column: String, source: String)
  /// A table of metrics over time has no numbers, or a cell of text where one has to be.
  case noMetrics(source: String, reason: String)
  case noRows(source: String)
  case noRequest(reason: String)
  case needsExact(method: String)

  public var code: String {
    switch self {
    case .noSuchColumn: "no_such_column"
    case .lookalikeColumns: "lookalike_columns"
    case .conflictingKinds: "conflicting_kinds"
    case .unknownMethod: "unknown_method"
    case .methodDoesNotFit: "method_does_not_fit"
    case .notComparable: "not_comparable"
    case .notATimestamp: "not_a_timestamp"
    case .invalidOption: "invalid_option"
    case .timestampNeeded: "timestamp_needed"
    case .noTimes: "no_times"
    case .noMetrics: "no_metrics"
    case .noRows: "no_rows"
    case .noRequest: "invalid_request"
    case .needsExact: "needs_exact"
    }
  }

  public var what: String {
    switch self {
    case .noSuchColumn(let name, let option, let source, _):
      "\(option) names the column `\(name)`, which is not in \(source)"
    case .lookalikeColumns(let name, let source):
      "the column `\(name)` is spelt in two ways in \(source), which look the same"
    case .conflictingKinds(let column, let options):
      "column `\(column)` is given by \(options.joined(separator: " and "))"
    case .unknownMethod(let id, _): "there is no drift method `\(id)`"
    case .methodDoesNotFit(let method, let column, let kind, _):
      "method `\(method)` does not fit column `\(column)`, which is \(kind)"
    case .notComparable(let column, let reference, let current):
      "column `\(column)` is \(reference) in reference but \(current) in current"
    case .notATimestamp(let column, let type):
      "column `\(column)` is \(type), not a timestamp or date"
    case .invalidOption(let name, let value, _):
      value.isEmpty ? "\(name) is needed" : "\(name) cannot be `\(value)`"
    case .timestampNeeded(let option): "\(option) cuts by time, and no column of times is known"
    case .noMetrics(let source, let reason): "\(source) is no table of metrics: \(reason)"
    case .noTimes(let column, let source): "column `\(column)` of \(source) holds no time at all"
    case .noRows(let source): "\(source) has no rows"
    case .noRequest(let reason): "the request cannot be read: \(reason)"
    case .needsExact(let method): "method `\(method)` needs every value, not counts in cells"
    }
  }

  public var mend: String {
    switch self {
    case .noSuchColumn(_, _, _, let closest):
      closest.map { "did you mean `\($0)`?" } ?? "check the spelling against the file's header"
    case .lookalikeColumns: "rename one with --reference-sql or --current-sql"
    case .conflictingKinds: "name it once"
    case .unknownMethod(_, let known): "use one of \(known.joined(separator: ", "))"
    case .methodDoesNotFit(_, _, _, let fitting):
      "use one of \(fitting.joined(separator: ", ")), or say the column's kind with --numerical or "
        + "--categorical"
    case .notComparable(let column, _, _):
      "name it with --categorical \(column) to compare it as text, or cast it in the source"
    case .notATimestamp: "name another with --timestamp, or cast it in the source"
    case .invalidOption(_, _, let expected): "it takes \(expected)"
    case .timestampNeeded: "name the column with --timestamp"
    case .noTimes: "name another with --timestamp"
    case .noMetrics:
      "give it the columns timestamp, metric and value, or a column of numbers for each metric; a cell "
        + "without a value is left empty"
    case .noRows: "check the file or the query, and the time it is cut by"
    case .noRequest: "see the request's JSON Schema in docs/schemas/run-request.schema.json"
    case .needsExact: "leave out --summaries binned, or choose another method"
    }
  }
}
