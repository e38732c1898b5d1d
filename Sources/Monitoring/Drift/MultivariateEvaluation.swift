import Columns
import DataSources
import Statistics

/// Compares the numeric columns together.
struct MultivariateEvaluation: Sendable {
  let reference: TableSide
  let current: TableSide
  let options: DriftOptions
  let connections: ConnectionPool

  /// Rows of a side that are used; of more, rows at equal steps.
  static let rowLimit = 20_000
  static let threshold = 0.05

  func run(_ method: MultivariateMethod, _ columns: [ComparableColumn]) throws -> MultivariateDrift
  {
    switch method {
    case .mmd: try meanDiscrepancy(columns.filter { $0.kind == .numerical })
    }
  }

  private func meanDiscrepancy(_ columns: [ComparableColumn]) throws -> MultivariateDrift {
    let before = try RowMatrix.read(
      columns, on: reference, limit: Self.rowLimit, connections: connections)
    let now = try RowMatrix.read(
      columns, on: current, limit: Self.rowLimit, connections: connections)
    var drift = MultivariateDrift(
      method: MultivariateMethod.mmd.rawValue, columns: columns.map(\.name), statistic: nil,
      pValue: nil, threshold: Self.threshold, thresholdKind: .significance, drifted: nil,
      referenceCount: before.rows, currentCount: now.rows,
      details: [
        "scaling": .text(options.mmd.scaling.rawValue),
        "reference_rows_left_out": .number(Double(before.incomplete)),
        "current_rows_left_out": .number(Double(now.incomplete)),
        "every_nth_row": .number(Double(max(before.step, now.step))),
      ], reason: nil)
    guard !columns.isEmpty else {
      drift.reason = "there is no numeric column"
      return drift
    }
    let scaled = options.mmd.scaling == .standard ? before.standardised(with: now) : (before, now)
    do {
      let found = try maximumMeanDiscrepancy(
        reference: scaled.0.values, current: scaled.1.values, columns: columns.count,
        gamma: options.mmd.gamma, permutations: options.mmd.permutations, seed: options.seed)
      drift.statistic = found.biased
      drift.pValue = found.pValue
      drift.drifted = found.pValue < Self.threshold
      drift.details["biased"] = .number(found.biased)
      drift.details["unbiased"] = .number(found.unbiased)
      drift.details["gamma"] = .number(found.gamma)
      drift.details["permutations"] = .number(Double(found.permutations))
      drift.details["random_features"] = .number(Double(found.randomFeatures ?? 0))
    } catch {
      drift.reason = "\(error)"
    }
    return drift
  }
}

/// Rows of several numeric columns in one block, row by row.
struct RowMatrix: Sendable {
  var values: [Double] = []
  let columns: Int
  /// Rows left out because a value was missing or not finite.
  var incomplete = 0
  /// Every which row was taken.
  let step: Int

  var rows: Int { columns == 0 ? 0 : values.count / columns }

  static func read(
    _ columns: [ComparableColumn], on side: TableSide, limit: Int, connections: ConnectionPool
  ) throws -> RowMatrix {
    let step = max(1, (side.rows + limit - 1) / limit)
    var matrix = RowMatrix(columns: columns.count, step: step)
    guard !columns.isEmpty else { return matrix }
    let dialect = side.relation.dialect
    let expressions = columns.map { dialect.double($0.number(in: dialect, on: side.side)) }
    try connections.withConnection(to: side.relation.database) { connection in
      let stream = try side.relation.run(side.relation.select(expressions), over: connection)
      var seen = 0
      while let batch = try stream.next() {
        let batchColumns = columns.indices.compactMap { batch.column($0) }
        var row = (step - seen % step) % step
        while row < batch.rows {
          matrix.append(batchColumns.map { $0.number(row) })
          row += step
        }
        seen += batch.rows
      }
    }
    return matrix
  }

  private mutating func append(_ row: [Double?]) {
    let known = row.compactMap { $0 }.filter(\.isFinite)
    guard known.count == columns else {
      incomplete += 1
      return
    }
    values += known
  }

  /// Both matrices less this one's column means, over its standard deviations; a column that is
  /// constant here is only shifted.
  func standardised(with other: RowMatrix) -> (RowMatrix, RowMatrix) {
    var (first, second) = (self, other)
    for column in 0..<columns {
      let own = stride(from: column, to: values.count, by: columns).map { values[$0] }
      let moments = Moments(own.span)
      let deviation = moments.populationVariance.map { $0.squareRoot() } ?? 0
      let scale = deviation > 0 ? deviation : 1
      first.shift(column, by: moments.mean, over: scale)
      second.shift(column, by: moments.mean, over: scale)
    }
    return (first, second)
  }

  private mutating func shift(_ column: Int, by mean: Double, over scale: Double) {
    for index in stride(from: column, to: values.count, by: columns) {
      values[index] = (values[index] - mean) / scale
    }
  }
}
