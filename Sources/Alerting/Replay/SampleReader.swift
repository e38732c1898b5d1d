import Columns
public import DataSources
public import Monitoring
import Statistics

/// Reads metrics over time out of a table.
///
/// Two shapes are known. A long table has columns `metric` and `value`, perhaps `reference`, `lower` and
/// `upper`; a wide one has none named `metric`, and each of its columns of numbers is a metric. Every
/// other column is a label, in both; a label whose cell is missing or empty is not there.
///
/// Times are timestamps or dates, texts in ISO 8601, or seconds since 1970. Milliseconds are not guessed at: no
/// other reader of times takes them.
public struct SampleReader: Sendable {
  public let source: Relation
  /// The column of times.
  public let timestamp: String

  public init(_ source: Relation, timestamp: String = "timestamp") {
    self.source = source
    self.timestamp = timestamp
  }

  /// Samples, as they come.
  public struct Result: Sendable, Equatable {
    public var samples: [MetricSample]
    /// Rows whose time or metric is missing or cannot be read.
    public var unreadableRows: Int

    public init(samples: [MetricSample], unreadableRows: Int) {
      self.samples = samples
      self.unreadableRows = unreadableRows
    }
  }

  private enum Role: Equatable {
    case metric
    case value, reference, lower, upper
    /// A metric of a wide table.
    case number
    case label
  }

  private struct Layout {
    var time: ColumnSchema
    /// The columns besides the time, as they are asked for.
    var columns: [(name: String, role: Role)] = []
    /// Of figures, those that are text, as a column without any value is in a file of text.
    var texts: Set<String> = []
  }

  /// Why rows are no samples, for an error where none is one.
  private struct Unreadable {
    var missingTimes = 0
    var times = 0
    var example: String?
  }

  /// - Throws: ``DataSourceError``, and ``MonitoringError`` where the table has no numbers, or rows and not
  ///   one time that can be read.
  public func read() throws -> Result {
    let connection = try source.database.connect()
    let schema = try source.columns(over: connection)
    let layout = try layout(of: schema)
    var booleans = Set(schema.filter { $0.type == .boolean }.map(\.name))
    booleans.formIntersection(layout.columns.filter { $0.role == .value }.map(\.name))
    let dialect = source.dialect
    let expressions =
      [time(layout.time)]
      + layout.columns.map { column, role in
        let name = dialect.identifier(column)
        guard role != .label, role != .metric, !layout.texts.contains(column) else {
          return dialect.text(name)
        }
        return dialect.double(booleans.contains(column) ? "CAST(\(name) AS integer)" : name)
      }
    let stream = try source.run(source.select(expressions), over: connection)
    var result = Result(samples: [], unreadableRows: 0)
    var unreadable = Unreadable()
    while let batch = try stream.next() {
      try append(batch, layout, to: &result, &unreadable)
    }
    let untimed = unreadable.times + unreadable.missingTimes
    guard untimed == 0 || untimed < result.unreadableRows || !result.samples.isEmpty else {
      guard let example = unreadable.example else {
        throw MonitoringError.noTimes(column: timestamp, source: source.name)
      }
      throw MonitoringError.unreadableTimes(
        column: timestamp, source: source.name, example: example)
    }
    return result
  }

  // MARK: Columns

  private func layout(of schema: [ColumnSchema]) throws -> Layout {
    guard let time = schema.first(where: { $0.name == timestamp }) else {
      throw MonitoringError.noSuchColumn(
        name: timestamp, option: "--timestamp", source: source.name, closest: nil)
    }
    guard time.type.isTemporal || time.type.isText || time.type.isNumeric else {
      throw MonitoringError.notATimestamp(column: timestamp, type: time.type.name)
    }
    var layout = Layout(time: time)
    let rest = schema.filter { $0.name != timestamp }
    let isLong = rest.contains { $0.name == "metric" }
    let figures: [String: Role] = [
      "value": .value, "reference": .reference, "lower": .lower, "upper": .upper,
    ]
    for column in rest {
      let isNumber = column.type.isNumeric || column.type == .null || column.type.isText
      let role: Role
      if isLong, column.name == "metric" {
        role = .metric
      } else if isLong, let figure = figures[column.name] {
        guard isNumber || (figure == .value && column.type == .boolean) else {
          throw MonitoringError.noMetrics(
            source: source.name,
            reason: "its column `\(column.name)` is \(column.type.name), which is no number")
        }
        if column.type.isText { layout.texts.insert(column.name) }
        role = figure
      } else {
        role = !isLong && column.type.isNumeric ? .number : .label
      }
      layout.columns.append((column.name, role))
    }
    guard layout.columns.contains(where: { $0.role == (isLong ? .value : .number) }) else {
      throw MonitoringError.noMetrics(
        source: source.name,
        reason: isLong
          ? "it has a column `metric` and none named `value`"
          : "it has neither a column `metric` nor one of numbers")
    }
    return layout
  }

  private func time(_ column: ColumnSchema) -> String {
    let name = source.dialect.identifier(column.name)
    if column.type.isTemporal { return source.dialect.epochMicroseconds(of: name) }
    return column.type.isText ? source.dialect.text(name) : source.dialect.double(name)
  }

  // MARK: Rows

  private func append(
    _ batch: RecordBatch, _ layout: Layout, to result: inout Result,
    _ unreadable: inout Unreadable
  ) throws {
    let columns = (0...layout.columns.count).map { batch.column($0) }
    guard let times = columns[0], columns.allSatisfy({ $0 != nil }) else {
      throw DataSourceError.unexpectedResult(
        source: source.name, reason: "a column is not what was asked for")
    }
    let wholeTimes = times.type.isText ? nil : times.type == .float64 ? nil : times.wholeNumbers()
    for row in 0..<batch.rows {
      guard let at = instant(times, wholeTimes, row) else {
        result.unreadableRows += 1
        if let cell = cell(times, row) {
          unreadable.times += 1
          unreadable.example = unreadable.example ?? cell
        } else {
          unreadable.missingTimes += 1
        }
        continue
      }
      var labels: [String: String] = [:]
      var metric: String?
      var figures: [Role: Double] = [:]
      var numbers: [(String, Double?)] = []
      for (index, (name, role)) in layout.columns.enumerated() {
        guard let column = columns[index + 1] else { continue }
        switch role {
        case .label:
          if let text = column.string(row), !text.isEmpty { labels[name] = text }
        case .metric: metric = column.string(row)
        case .number: numbers.append((name, column.number(row)))
        case .value, .reference, .lower, .upper:
          figures[role] =
            try layout.texts.contains(name)
            ? number(column.string(row), of: name) : column.number(row)
        }
      }
      if !numbers.isEmpty {
        result.samples += numbers.map { name, value in
          MetricSample(metric: name, labels: labels, at: at, value: value)
        }
      } else if let metric, !metric.isEmpty {
        var interval: Interval?
        if let lower = figures[.lower], let upper = figures[.upper] {
          interval = Interval(lower: lower, upper: upper)
        }
        result.samples.append(
          MetricSample(
            metric: metric, labels: labels, at: at, value: figures[.value],
            reference: figures[.reference], interval: interval))
      } else {
        result.unreadableRows += 1
      }
    }
  }

  /// The number a text says; nil where there is none.
  private func number(_ text: String?, of column: String) throws -> Double? {
    guard let text, text.contains(where: { !$0.isWhitespace }) else { return nil }
    guard let number = Double(text) else {
      throw MonitoringError.noMetrics(
        source: source.name,
        reason:
          "its column `\(column)` holds `\(text.clipped(to: 50).presentableLine)`, which is no number"
      )
    }
    return number
  }

  /// What stands in a cell that is no time, for people; nil where nothing does.
  private func cell(_ column: ArrowColumn, _ row: Int) -> String? {
    if column.type.isText {
      return column.string(row).flatMap {
        $0.isEmpty ? nil : $0.clipped(to: 50).presentableLine
      }
    }
    guard let number = column.number(row), number.isFinite else { return nil }
    return NumberFormat(abs(number) < 1e18 ? ".0f" : ".15g")?.write(number)
  }

  private func instant(_ column: ArrowColumn, _ whole: [Int64?]?, _ row: Int) -> Instant? {
    if let whole { return whole[row].map { Instant(microseconds: $0) } }
    if column.type.isText { return column.string(row).flatMap { Instant($0) } }
    guard let seconds = column.number(row), abs(seconds) < 1e12 else { return nil }
    return Instant(microseconds: Int64((seconds * 1e6).rounded()))
  }
}
