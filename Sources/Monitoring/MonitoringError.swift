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
  /// A column that has to be numbers holds values that are none.
  case notNumbers(option: String, column: String, source: String, type: String, reason: String)
  /// Values that have to be probabilities are beyond 0 or 1.
  case notProbabilities(
    option: String, column: String, source: String, outside: Int, rows: Int, least: Double,
    most: Double)
  /// An SQL expression of an option that the engine cannot compute.
  case expressionFails(option: String, expression: String, source: String, reason: String)
  case invalidOption(name: String, value: String, expected: String)
  case timestampNeeded(option: String)
  case noTimes(column: String, source: String)
  /// A column of times holds none that can be read; `example` is one of those that cannot.
  case unreadableTimes(column: String, source: String, example: String)
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
    case .notNumbers: "not_numbers"
    case .notProbabilities: "not_probabilities"
    case .expressionFails: "expression_fails"
    case .invalidOption: "invalid_option"
    case .timestampNeeded: "timestamp_needed"
    case .noTimes: "no_times"
    case .unreadableTimes: "unreadable_times"
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
    case .notNumbers(let option, let column, let source, let type, let reason):
      "\(option): column `\(column)` of \(source) is \(type), a number is needed: \(reason)"
    case .notProbabilities(
      let option, let column, let source, let outside, let rows, let least, let most):
      "\(option): \(outside) of \(rows) values of `\(column)` in \(source) are outside 0 to 1, from "
        + "\(Self.short(least)) to \(Self.short(most))"
    case .expressionFails(let option, let expression, let source, let reason):
      "\(option): `\(expression)` cannot be computed over \(source): \(reason)"
    case .invalidOption(let name, let value, _):
      value.isEmpty ? "\(name) is needed" : "\(name) cannot be `\(value)`"
    case .timestampNeeded(let option): "\(option) cuts by time, and no column of times is known"
    case .noMetrics(let source, let reason): "\(source) is no table of metrics: \(reason)"
    case .noTimes(let column, let source): "column `\(column)` of \(source) holds no time at all"
    case .unreadableTimes(let column, let source, let example):
      "no time in column `\(column)` of \(source) can be read: `\(example)`"
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
    case .notNumbers: "name a column of numbers, or cast it in the source or a query over it"
    case .notProbabilities:
      "name the column of probabilities; scores are brought to 0 to 1 in a query over the source"
    case .expressionFails: "it takes an SQL expression over the columns of the source's rows"
    case .invalidOption(_, _, let expected): "it takes \(expected)"
    case .timestampNeeded: "name the column with --timestamp"
    case .noTimes: "name another with --timestamp"
    case .unreadableTimes:
      "times are timestamps, texts in ISO 8601 such as 2026-11-24T08:00:00Z, or seconds since 1970; cast "
        + "them in the source, milliseconds by a division by 1000"
    case .noMetrics:
      "give it the columns timestamp, metric and value, or a column of numbers for each metric; a cell "
        + "without a value is left empty"
    case .noRows: "check the file or the query, and the time it is cut by"
    case .noRequest: "see the request's JSON Schema in docs/schemas/run-request.schema.json"
    case .needsExact: "leave out --summaries binned, or choose another method"
    }
  }
}

extension MonitoringError {
  /// A figure with as many digits as tell what it is.
  private static func short(_ number: Double) -> String {
    let rounded = (number * 10_000).rounded() / 10_000
    return rounded.isFinite ? "\(rounded)" : "\(number)"
  }
}
