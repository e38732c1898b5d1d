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
    let booleans = Set(columns.filter { $0.type == .boolean }.map(\.name))
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
      state.variants[arm.name] = try read(part, booleans, over: connection)
      try readDays(part, arm.name, booleans, into: &state, over: connection)
    }
    return state
  }

  private func check(_ columns: [String]) throws {
    var wanted = [(variantColumn, "--variant")]
    wanted += config.metrics.map { ($0.name, "--metric") }
    wanted += config.guardrails.map { ($0.column, "guardrails") }
    wanted += [config.covariate].compactMap { $0.map { ($0, "--covariate") } }
    wanted += [config.unit].compactMap { $0.map { ($0, "--unit") } }
    wanted += [timestamp].compactMap { $0.map { ($0, "--timestamp") } }
    for (column, option) in wanted where !columns.contains(column) {
      throw MonitoringError.noSuchColumn(
        name: column, option: option, source: source.name,
        closest: closestName(to: column, among: columns))
    }
  }

  private func number(_ column: String, _ booleans: Set<String>) -> String {
    let name = dialect.identifier(column)
    return dialect.double(booleans.contains(column) ? "CAST(\(name) AS integer)" : name)
  }

  private func read(
    _ part: Relation, _ booleans: Set<String>, over connection: Connection
  ) throws -> ExperimentState.Variant {
    var variant = ExperimentState.Variant()
    variant.rows = try part.rowCount(over: connection)
    variant.units = variant.rows
    if let unit = config.unit {
      let distinct = try part.integers(
        ["count(DISTINCT \(dialect.identifier(unit)))"], over: connection)
      variant.units = Int((distinct.first?.first ?? nil) ?? 0)
    }
    let hasRepeats = variant.units < variant.rows
    for metric in config.metrics {
      variant.metrics[metric.name] = try read(
        metric.name, part, booleans, hasRepeats: hasRepeats, over: connection)
    }
    for guardrail in config.guardrails {
      variant.guardrails[guardrail.name] = try read(
        guardrail, part, booleans, over: connection)
    }
    return variant
  }

  /// A metric's pairs; rows where it or the covariate is missing or not finite are left out.
  private func read(
    _ metric: String, _ part: Relation, _ booleans: Set<String>, hasRepeats: Bool,
    over connection: Connection
  ) throws -> ExperimentState.Metric {
    let value = number(metric, booleans)
    var form = ExperimentState.Form.plain
    var query = part.select([value])
    if let covariate = config.covariate {
      form = .covariate
      query = part.select([value, number(covariate, booleans)])
      if hasRepeats, let unit = config.unit {
        let name = dialect.identifier(unit)
        query = part.select(
          ["avg(\(value))", "avg(\(number(covariate, booleans)))"], suffix: "GROUP BY \(name)")
      }
    } else if hasRepeats, let unit = config.unit {
      form = .ratio
      query = part.select(
        [dialect.double("sum(\(value))"), dialect.double("count(\(value))")],
        suffix: "GROUP BY \(dialect.identifier(unit))")
    }
    var moments = PairedMoments()
    var isBinary = form == .plain
    try stream(part, query, columns: form == .plain ? 1 : 2, over: connection) { columns in
      if form == .plain {
        let values = columns[0].filter(\.isFinite)
        isBinary = isBinary && values.allSatisfy { $0 == 0 || $0 == 1 }
        moments.merge(PairedMoments(values))
      } else {
        for (y, x) in zip(columns[0], columns[1]) where y.isFinite && x.isFinite {
          if form == .covariate || x > 0 { moments.add(x, y) }
        }
      }
    }
    return ExperimentState.Metric(form: form, moments: moments, isBinary: isBinary)
  }

  private func read(
    _ guardrail: ExperimentConfig.Guardrail, _ part: Relation, _ booleans: Set<String>,
    over connection: Connection
  ) throws -> ExperimentState.Guardrail {
    let value = number(guardrail.column, booleans)
    var state = ExperimentState.Guardrail()
    try stream(part, part.select([value]), columns: 1, over: connection) { columns in
      let values = columns[0].filter(\.isFinite)
      state.moments.merge(PairedMoments(values))
      if let maximum = guardrail.maximum { state.above += values.count { $0 > maximum } }
      if let minimum = guardrail.minimum { state.below += values.count { $0 < minimum } }
    }
    if case .quantile(let level) = guardrail.aggregate, dialect.hasPercentiles {
      try stream(
        part, part.select([dialect.percentile(level, of: value)]), columns: 1, over: connection
      ) { columns in
        state.value = columns[0].first.flatMap { $0.isFinite ? $0 : nil }
      }
    }
    return state
  }

  /// The first metric by day.
  private func readDays(
    _ part: Relation, _ name: String, _ booleans: Set<String>, into state: inout ExperimentState,
    over connection: Connection
  ) throws {
    guard let timestamp, let metric = config.metrics.first else { return }
    let time = dialect.epochMicroseconds(of: dialect.identifier(timestamp))
    let query = part.select([
      number(metric.name, booleans), dialect.double(dialect.floor("\(time) / 86400000000.0")),
    ])
    try stream(part, query, columns: 2, over: connection) { columns in
      for (value, day) in zip(columns[0], columns[1]) where value.isFinite && day.isFinite {
        guard let day = Int(exactly: day) else { continue }
        state.days[day, default: [:]][name, default: PairedMoments()].add(0, value)
      }
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
