/// What is wrong with the data itself, whatever its distributions do.
public struct DataQualityReport: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  /// Critical or degraded by the worst finding.
  public var status: Status
  /// Why `status` is unknown; nil otherwise.
  @NullCoded public var reason: String?
  /// Columns of either side that were looked at.
  public var checkedColumns: Int
  /// Columns with a warning or worse.
  public var affectedColumns: Int
  /// Findings by how bad they are.
  public var critical: Int
  public var warnings: Int
  public var reference: TableSummary
  public var current: TableSummary
  /// The time of the newest row (ISO 8601, UTC), where freshness was asked for.
  @NullCoded public var newest: String?
  /// The findings that were looked for; nil for all.
  @NullCoded public var checks: [QualityCheck]?
  /// The worst first.
  public var findings: [QualityFinding]
  /// How every column was understood, and why.
  public var schema: [ResolvedColumn]
  public var notes: [String]
  public var recommendations: [String]
  public var nextSteps: [String]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status, reason
    case checkedColumns = "checked_columns"
    case affectedColumns = "affected_columns"
    case critical, warnings, reference, current, newest, checks, findings, schema, notes
    case recommendations
    case nextSteps = "next_steps"
  }

  /// The finding in a few words.
  public var headline: String {
    if let reason { return reason }
    guard critical + warnings > 0 else { return "nothing to look at in \(checkedColumns) columns" }
    func count(_ count: Int, _ word: String) -> String? {
      count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
    }
    let findings = [count(critical, "critical finding"), count(warnings, "warning")]
      .compactMap(\.self).joined(separator: ", ")
    return affectedColumns == 0
      ? findings : "\(findings) in \(affectedColumns) of \(checkedColumns) columns"
  }
}
