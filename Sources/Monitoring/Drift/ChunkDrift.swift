/// One stretch of current rows against the whole reference.
public struct ChunkDrift: Codable, Sendable, Equatable {
  /// What the chunk is called: a day, a month, a range of rows.
  public var label: String
  /// First instant of the chunk (ISO 8601, UTC); nil for chunks by row count without a timestamp.
  @NullCoded public var start: String?
  /// The instant before which the chunk ends.
  @NullCoded public var end: String?
  public var rows: Int
  public var status: Status
  @NullCoded public var driftShare: Double?
  public var driftedColumns: Int
  public var checkedColumns: Int
  public var columns: [ChunkColumn]

  enum CodingKeys: String, CodingKey {
    case label, start, end, rows, status
    case driftShare = "drift_share"
    case driftedColumns = "drifted_columns"
    case checkedColumns = "checked_columns"
    case columns
  }
}

/// One column of a chunk.
public struct ChunkColumn: Codable, Sendable, Equatable {
  public var column: String
  @NullCoded public var method: String?
  @NullCoded public var statistic: Double?
  @NullCoded public var pValue: Double?
  @NullCoded public var adjustedPValue: Double?
  @NullCoded public var effectSize: Double?
  @NullCoded public var drifted: Bool?
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case column, method, statistic
    case pValue = "p_value"
    case adjustedPValue = "adjusted_p_value"
    case effectSize = "effect_size"
    case drifted, reason
  }
}
