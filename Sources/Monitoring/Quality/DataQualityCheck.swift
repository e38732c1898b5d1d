public import DataSources

/// Looks for what is wrong with data: missing and infinite values, values out of range, categories that
/// are new or gone, columns that are missing, new, constant or of another type, duplicate rows, and rows
/// that have stopped coming.
///
/// The findings are those of ``DriftCheck``, which reads the same values for them.
///
/// ```swift
/// let check = DataQualityCheck(
///   reference: try sources.open("january.parquet"), current: try sources.open("july.parquet"))
/// for finding in try check.run().findings { print(finding.severity, finding.message) }
/// ```
public struct DataQualityCheck: Sendable {
  public var reference: Relation
  /// nil where both windows are cut out of `reference`.
  public var current: Relation?
  public var options: DataQualityOptions

  public init(
    reference: Relation, current: Relation?, options: DataQualityOptions = DataQualityOptions()
  ) {
    self.reference = reference
    self.current = current
    self.options = options
  }

  /// Makes the check.
  ///
  /// - Throws: as ``DriftCheck/run(progress:)``; what is wrong with the data is in the report.
  public func run() throws -> DataQualityReport {
    let compared = try DriftCheck(
      reference: reference, current: current, options: options.comparison
    ).run()
    var findings = compared.quality
    var newest: Instant?
    if let limit = options.freshness, let asOf = options.asOf {
      newest = try options.newest ?? newestRow(before: asOf)
      if let stale = TableQuality.freshness(
        newest: newest, asOf: asOf, limit: limit, isSilent: compared.current.rows == 0)
      {
        let place = findings.firstIndex { $0.severity == .info } ?? findings.endIndex
        findings.insert(stale, at: place)
      }
    }
    if let checks = options.checks { findings.removeAll { !checks.contains($0.check) } }
    return report(compared, findings, newest)
  }

  private func newestRow(before asOf: Instant) throws -> Instant? {
    guard let column = options.timestamp ?? options.comparison.schema.timestamp else {
      throw MonitoringError.timestampNeeded(option: "quality.freshness")
    }
    let table = current ?? reference
    let connection = try table.database.connect()
    _ = try TimeRange.type(of: column, in: table, over: connection)
    let time = table.dialect.epochMicroseconds(of: table.dialect.identifier(column))
    let row = try table.filtered(by: "\(time) < \(asOf.microseconds)")
      .integers(["max(\(time))"], over: connection).first
    return (row?.first ?? nil).map { Instant(microseconds: $0) }
  }

  private func report(
    _ compared: DriftReport, _ findings: [QualityFinding], _ newest: Instant?
  ) -> DataQualityReport {
    let critical = findings.count { $0.severity == .critical }
    let warnings = findings.count { $0.severity == .warning }
    let isUnknown =
      compared.reference.rows == 0
      || (compared.columns.isEmpty && critical + warnings == 0)
    let status: Status =
      isUnknown
      ? .unknown : critical > 0 ? .critical : warnings > 0 ? .degraded : .healthy
    let advice = Advice(ofQuality: findings, status)
    let affected = findings.filter { $0.severity != .info }.compactMap(\.column)
    return DataQualityReport(
      status: status,
      reason: isUnknown
        ? compared.reference.rows == 0
          ? "reference has no rows" : "the two tables have no column to compare" : nil,
      checkedColumns: compared.schema.count, affectedColumns: Set(affected).count,
      critical: critical, warnings: warnings, reference: compared.reference,
      current: compared.current, newest: newest?.iso8601,
      checks: options.checks.map { $0.sorted { $0.rawValue < $1.rawValue } }, findings: findings,
      schema: compared.schema, notes: compared.notes, recommendations: advice.recommendations,
      nextSteps: advice.nextSteps)
  }
}
