import Columns
public import DataSources
import Foundation
import Statistics

/// Reads an experiment's observations into its state, in one pass over each variant and in memory that
/// does not grow with rows.
public struct ExperimentReader: Sendable {
  public let source: Relation
  public let config: ExperimentConfig
  /// The column that says which variant a row is of.
  public let variantColumn: String
  /// The column of times; nil for no drawing over time.
  public let timestamp: String?

  public init(
    source: Relation, config: ExperimentConfig, variantColumn: String, timestamp: String? = nil
  ) {
    self.source = source
    self.config = config
    self.variantColumn = variantColumn
    self.timestamp = timestamp
  }

  private var dialect: Dialect { source.dialect }

  public func read() throws -> ExperimentState {
    let connection = try source.database.connect()
    let columns = try source.columns(over: connection)
    try check(columns.map(\.name))
    if let timestamp { _ = try TimeRange.type(of: timestamp, in: source, over: connection) }
    let booleans = Set(columns.filter { $0.type == .boolean }.map(\.name))
    do {
      return try read(booleans, over: connection)
    } catch let error as DataSourceError {
      let types = Dictionary(
        columns.map { ($0.name, $0.type.name) }, uniquingKeysWith: { first, _ in first })
      let asked = numbers.map { column, option in
        AskedColumn(
          option: option, content: .numbers(column: column, type: types[column] ?? "no number"),
          sql: number(column, booleans))
      }
      throw source.explained(error, asking: asked, over: connection)
    }
  }

  private func read(
    _ booleans: Set<String>, over connection: Connection
  ) throws -> ExperimentState {
    var state = ExperimentState(experimentID: config.experimentID)
    let variant = dialect.text(dialect.identifier(variantColumn))
    let known = config.variants.map { dialect.literal($0.name) }.joined(separator: ", ")
    state.unknownRows = try source.filtered(
      by: "\(variant) NOT IN (\(known)) OR \(variant) IS NULL"
    )
    .rowCount(over: connection)
    var rows = source
    if let unit = config.unit {
      let name = dialect.identifier(unit)
      let mixed = source.select(
        [name], suffix: "GROUP BY \(name) HAVING count(DISTINCT \(variant)) > 1")
      state.mixedUnits = try rows.derived(mixed).rowCount(over: connection)
      if state.mixedUnits > 0 { rows = rows.filtered(by: "\(name) NOT IN (\(mixed))") }
    }
    for arm in config.variants {
      let part = rows.filtered(by: "\(variant) = \(dialect.literal(arm.name))")
      var days: [Int: PairedMoments] = [:]
      state.variants[arm.name] = try read(part, booleans, into: &days, over: connection)
      for (day, moments) in days { state.days[day, default: [:]][arm.name] = moments }
    }
    return state
  }

  private func check(_ columns: [String]) throws {
    var wanted = [(variantColumn, "--variant")] + numbers
    wanted += [config.unit].compactMap { $0.map { ($0, "--unit") } }
    wanted += [timestamp].compactMap { $0.map { ($0, "--timestamp") } }
    for (column, option) in wanted where !columns.contains(column) {
      throw MonitoringError.noSuchColumn(
        name: column, option: option, source: source.name,
        closest: closestName(to: column, among: columns))
    }
  }

  /// The columns of numbers, with what names them.
  private var numbers: [(String, String)] {
    config.metrics.map { ($0.name, "--metric") }
      + config.guardrails.map { ($0.column, "guardrails") }
      + [config.covariate].compactMap { $0.map { ($0, "--covariate") } }
  }

  private func number(_ column: String, _ booleans: Set<String>) -> String {
    let name = dialect.identifier(column)
    return dialect.double(booleans.contains(column) ? "CAST(\(name) AS integer)" : name)
  }

  /// One variant's rows.
  ///
  /// - Parameters:
  ///   - days: takes the first metric by the day units came.
  private func read(
    _ part: Relation, _ booleans: Set<String>, into days: inout [Int: PairedMoments],
    over connection: Connection
  ) throws -> ExperimentState.Variant {
    var variant = ExperimentState.Variant()
    variant.rows = try part.rowCount(over: connection)
    variant.units = variant.rows
    if let unit = config.unit {
      let distinct = try part.integers(
        ["count(DISTINCT \(dialect.identifier(unit)))"], over: connection)
      variant.units = Int((distinct.first?.first ?? nil) ?? 0)
    }
    let repeats = variant.units < variant.rows ? config.unit.map(dialect.identifier) : nil
    for (index, metric) in config.metrics.enumerated() {
      var unused: [Int: PairedMoments] = [:]
      variant.metrics[metric.name] =
        index == 0
        ? try read(
          metric.name, part, booleans, repeats, timestamp: timestamp, &days, over: connection)
        : try read(
          metric.name, part, booleans, repeats, timestamp: nil, &unused, over: connection)
    }
    for guardrail in config.guardrails {
      variant.guardrails[guardrail.name] = try read(
        guardrail, part, booleans, repeats, over: connection)
    }
    return variant
  }

  /// A metric's pairs; rows where it or the covariate is missing or not finite are left out.
  ///
  /// - Parameters:
  ///   - repeats: the unit's identifier where one has several rows.
  ///   - timestamp: the column of times where days are wanted too.
  private func read(
    _ metric: String, _ part: Relation, _ booleans: Set<String>, _ repeats: String?,
    timestamp: String?, _ days: inout [Int: PairedMoments], over connection: Connection
  ) throws -> ExperimentState.Metric {
    let value = number(metric, booleans)
    let form = form
    var expressions = [value]
    if let covariate = config.covariate { expressions.append(number(covariate, booleans)) }
    let part = expressions.reduce(part) { $0.filtered(by: dialect.isFinite($1)) }
    if repeats != nil {
      expressions =
        form == .covariate
        ? expressions.map { "avg(\($0))" }
        : [dialect.double("sum(\(value))"), dialect.double("count(\(value))")]
    }
    let pairs = expressions.count
    if let timestamp {
      let time = dialect.epochMicroseconds(of: dialect.identifier(timestamp))
      let day = dialect.double(dialect.floor("\(time) / 86400000000.0"))
      expressions.append(repeats == nil ? day : "min(\(day))")
    }
    let query = part.select(expressions, suffix: repeats.map { "GROUP BY \($0)" } ?? "")
    let one = form == .ratio ? 1.0 : 0
    var metric = ExperimentState.Metric(
      form: form, moments: PairedMoments(), isBinary: form != .covariate)
    try stream(part, query, columns: expressions.count, over: connection) { columns in
      if expressions.count == 1 {
        let values = columns[0].filter(\.isFinite)
        metric.isBinary = metric.isBinary && values.allSatisfy { $0 == 0 || $0 == 1 }
        metric.moments.merge(PairedMoments(values, x: one))
        return
      }
      for row in columns[0].indices {
        let (y, x) = (columns[0][row], pairs == 2 ? columns[1][row] : one)
        guard y.isFinite, x.isFinite, form != .ratio || x > 0 else { continue }
        metric.isBinary = metric.isBinary && (y == 0 || y == 1) && x == one
        metric.moments.add(x, y)
        if timestamp != nil, let day = Int(exactly: columns[pairs][row]) {
          days[day, default: PairedMoments()].add(x, y)
        }
      }
    }
    return metric
  }

  /// How pairs are meant: where a unit is named it may have several rows, here or in another shard.
  private var form: ExperimentState.Form {
    config.covariate != nil ? .covariate : config.unit != nil ? .ratio : .plain
  }

  private func read(
    _ guardrail: ExperimentConfig.Guardrail, _ part: Relation, _ booleans: Set<String>,
    _ repeats: String?, over connection: Connection
  ) throws -> ExperimentState.Guardrail {
    let value = number(guardrail.column, booleans)
    let finite = part.filtered(by: dialect.isFinite(value))
    var state = ExperimentState.Guardrail()
    if let repeats {
      func beyond(_ sign: String, _ limit: Double?) -> String {
        dialect.double(
          limit.map { "sum(CASE WHEN \(value) \(sign) \($0) THEN 1 ELSE 0 END)" } ?? "0")
      }
      let query = finite.select(
        [
          dialect.double("count(*)"), dialect.double("sum(\(value))"),
          beyond(">", guardrail.maximum), beyond("<", guardrail.minimum),
        ], suffix: "GROUP BY \(repeats)")
      try stream(finite, query, columns: 4, over: connection) { columns in
        for (row, count) in columns[0].enumerated() {
          state.values.add(count, columns[1][row])
          state.above.add(count, columns[2][row])
          state.below.add(count, columns[3][row])
        }
      }
    } else {
      try stream(finite, finite.select([value]), columns: 1, over: connection) { columns in
        let values = columns[0]
        state.values.merge(PairedMoments(values, x: 1))
        if let maximum = guardrail.maximum {
          state.above.merge(PairedMoments(values.map { $0 > maximum ? 1 : 0 }, x: 1))
        }
        if let minimum = guardrail.minimum {
          state.below.merge(PairedMoments(values.map { $0 < minimum ? 1 : 0 }, x: 1))
        }
      }
    }
    if case .quantile(let level) = guardrail.aggregate, state.values.count > 0 {
      let rows = repeats == nil ? state.values.count : nil
      try readPercentile(level, of: value, finite, rows: rows, into: &state, over: connection)
    }
    return state
  }

  /// A percentile, and the values that bound it each with 1 − α confidence: those at the ranks that
  /// would be a surprise. Rows that come several to a unit have no such ranks.
  private func readPercentile(
    _ level: Double, of value: String, _ part: Relation, rows: Int?,
    into state: inout ExperimentState.Guardrail, over connection: Connection
  ) throws {
    guard dialect.hasPercentiles else { return }
    let alpha = config.significanceLevel
    let lower = rows.flatMap { rows in
      binomialSurprise(of: rows, probability: 1 - level, level: alpha).map { rows - $0 + 1 }
    }
    let upper = rows.flatMap { binomialSurprise(of: $0, probability: level, level: alpha) }
    let atRank = { (rank: Int?) in
      rank.map { dialect.value(atRank: $0, of: rows ?? 1, in: value) } ?? dialect.double("NULL")
    }
    let query = part.select([
      dialect.percentile(level, of: value), atRank(lower), atRank(upper),
    ])
    try stream(part, query, columns: 3, over: connection) { columns in
      let read = columns.map { column in column.first.flatMap { $0.isFinite ? $0 : nil } }
      (state.value, state.lower, state.upper) = (read[0], read[1], read[2])
    }
  }

  private func stream(
    _ part: Relation, _ query: String, columns: Int, over connection: Connection,
    _ body: ([[Double]]) throws -> Void
  ) throws {
    let stream = try part.run(query, over: connection)
    while let batch = try stream.next() {
      var numbers = [[Double]](repeating: [], count: columns)
      for index in 0..<columns {
        guard let column = batch.column(index), column.appendAligned(to: &numbers[index]) else {
          throw DataSourceError.unexpectedResult(
            source: part.name, reason: "a metric gave no numbers")
        }
      }
      try body(numbers)
    }
  }
}
