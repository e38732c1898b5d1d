public import Monitoring

/// A check that was made and kept.
public struct Run: Sendable {
  /// Given when the run is kept; nil before.
  public var id: Int64?
  /// The command that made it.
  public var command: String
  /// ISO 8601, UTC.
  public var createdAt: String
  public var report: DriftReport

  public init(id: Int64? = nil, command: String, createdAt: String, report: DriftReport) {
    self.id = id
    self.command = command
    self.createdAt = createdAt
    self.report = report
  }
}

/// A kept run in one line.
public struct RunSummary: Codable, Sendable, Equatable {
  public var id: Int64
  public var command: String
  public var createdAt: String
  public var status: Status
  public var reference: String
  public var current: String
  @NullCoded public var driftShare: Double?
  public var driftedColumns: Int
  public var checkedColumns: Int

  enum CodingKeys: String, CodingKey {
    case id, command
    case createdAt = "created_at"
    case status, reference, current
    case driftShare = "drift_share"
    case driftedColumns = "drifted_columns"
    case checkedColumns = "checked_columns"
  }
}
