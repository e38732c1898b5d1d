import Columns
public import DataSources
import Foundation
import Statistics

/// Compares two tables column by column, and says what drifted, how badly and what to do.
///
/// ```swift
/// let sources = SourceOpener()
/// let check = DriftCheck(
///   reference: try sources.open("january.parquet"), current: try sources.open("july.parquet"))
/// let report = try check.run()
/// print(report.status, report.columns.filter { $0.drifted == true }.map(\.column))
/// ```
public struct DriftCheck: Sendable {
  public var reference: Relation
  /// nil where both windows are cut out of `reference`.
  public var current: Relation?
  public var options: DriftOptions

  public init(reference: Relation, current: Relation?, options: DriftOptions = DriftOptions()) {
    self.reference = reference
    self.current = current
    self.options = options
  }

  /// Makes the comparison.
  ///
  /// - Parameter progress: told how many columns are done, of how many; called from any thread.
  /// - Throws: ``MonitoringError`` where the options do not fit the data, `DataSourceError` where
  ///   a source cannot be read. What is wrong with the data itself is in the report.
  public func run(
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws -> DriftReport {
    try options.validate()
    let connections = ConnectionPool()
    let windows = try DriftWindows.make(
      reference: reference, current: current, options: options, connections: connections)
    let resolution = try SchemaResolver(
      options: options.schema, reference: windows.reference, current: windows.current,
      named: options.methodFor.keys.sorted().map { ($0, "--method-for") }
    ).resolve(over: connections)
    let sides = try sides(windows, connections)
    let plan = DriftPlan(
      reference: sides.reference, current: sides.current, columns: resolution.comparable,
      options: options, connections: connections)
    let findings = try plan.run(progress: progress)
    return DriftReportBuilder(
      options: options, windows: windows, resolution: resolution, reference: sides.reference,
      current: sides.current, summaries: plan.summaries, findings: findings
    ).report()
  }

  private func sides(
    _ windows: DriftWindows, _ connections: ConnectionPool
  ) throws -> (reference: TableSide, current: TableSide) {
    let reference = TableSide(
      side: .reference, relation: windows.reference,
      rows: try rows(of: windows.reference, connections))
    let rows = try rows(of: windows.current, connections)
    guard let rule = options.chunk else {
      return (reference, TableSide(side: .current, relation: windows.current, rows: rows))
    }
    let chunked = try connections.withConnection(to: windows.current.database) { connection in
      try ChunkPlan.make(
        rule, for: windows.current, timestamp: options.schema.timestamp, over: connection)
    }
    return (
      reference,
      TableSide(side: .current, relation: chunked.relation, rows: rows, chunks: chunked.plan)
    )
  }

  private func rows(of relation: Relation, _ connections: ConnectionPool) throws -> Int {
    try connections.withConnection(to: relation.database) { connection in
      try relation.rowCount(over: connection)
    }
  }
}
