import DataSources

/// How the columns of two tables were understood, and what keeps some from being compared.
public struct ColumnMatch: Sendable {
  public struct Unfit: Sendable {
    public var column: ResolvedColumn
    public var reason: String
  }

  /// Every column of either side.
  public var columns: [ResolvedColumn]
  /// Columns that are missing, new, or of another type.
  public var findings: [QualityFinding]
  /// Columns that should be compared and cannot be.
  public var unfit: [Unfit]
  /// Names of the columns that are compared.
  public var compared: [String]
}

extension DriftCheck {
  /// Holds the columns of both sides against each other without comparing a value.
  ///
  /// - Throws: ``MonitoringError`` where the options do not fit the columns, `DataSourceError` where
  ///   a source cannot be read.
  public func matchColumns() throws -> ColumnMatch {
    let connections = ConnectionPool()
    let resolution = try SchemaResolver(
      options: options.schema, reference: reference, current: current ?? reference,
      named: options.methodFor.keys.sorted().map { ($0, "--method-for") }
    ).resolve(over: connections)
    return ColumnMatch(
      columns: resolution.columns, findings: resolution.findings,
      unfit: resolution.unfit.map { .init(column: $0.column, reason: $0.reason) },
      compared: resolution.comparable.map(\.name))
  }
}
