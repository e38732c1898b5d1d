/// What a comparison of two tables found.
public struct DriftReport: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  public var status: Status
  /// Why `status` is unknown; nil otherwise.
  @NullCoded public var reason: String?
  /// Drifted columns / checked columns, 0…1; nil where no column could be compared.
  @NullCoded public var driftShare: Double?
  public var driftedColumns: Int
  public var checkedColumns: Int
  public var reference: TableSummary
  public var current: TableSummary
  public var correction: Correction
  public var policy: DriftPolicy
  public var summaries: Summaries
  public var seed: UInt64
  /// Every column that was compared, or should have been: drifted first, strongest first.
  public var columns: [ColumnDrift]
  public var multivariate: [MultivariateDrift]
  public var quality: [QualityFinding]
  /// How every column was understood, and why.
  public var schema: [ResolvedColumn]
  /// How current is cut into `chunks`: day, week, month or a number of rows; nil where it is not.
  @NullCoded public var chunk: String?
  /// Drift over time, where it was asked for: each chunk of current against the whole reference.
  public var chunks: [ChunkDrift]
  /// What was done that the reader should know of, such as a reference window that was extended.
  public var notes: [String]
  public var recommendations: [String]
  public var nextSteps: [String]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status, reason
    case driftShare = "drift_share"
    case driftedColumns = "drifted_columns"
    case checkedColumns = "checked_columns"
    case reference, current, correction, policy, summaries, seed, columns, multivariate, quality
    case schema, chunk, chunks, notes, recommendations
    case nextSteps = "next_steps"
  }
}

/// Which rows one side of a comparison is made of.
public struct TableSummary: Codable, Sendable, Equatable {
  /// The source, as it was named.
  public var source: String
  public var rows: Int
  /// First instant of the window (ISO 8601, UTC); nil where no window was asked for.
  @NullCoded public var start: String?
  /// The instant before which the window ends.
  @NullCoded public var end: String?

  public init(source: String, rows: Int, start: String? = nil, end: String? = nil) {
    self.source = source
    self.rows = rows
    self.start = start
    self.end = end
  }
}

/// How p-values are adjusted for the number of columns tested.
public enum Correction: String, Codable, Sendable, CaseIterable {
  case none, bonferroni, holm
  case benjaminiHochberg = "benjamini_hochberg"
  case benjaminiYekutieli = "benjamini_yekutieli"
}

/// When a p-value method calls a column drifted.
public enum DriftPolicy: String, Codable, Sendable, CaseIterable {
  /// Significant after adjustment, and an effect size that reaches the method's floor.
  case robust
  /// Significant after adjustment.
  case classic
}

/// How the figures were computed.
public enum Summaries: String, Codable, Sendable, CaseIterable {
  /// From every value.
  case exact
  /// From counts in cells cut by the reference, with stated error bounds; memory does not grow
  /// with rows.
  case binned
}

/// What a column's threshold is compared with.
public enum ThresholdKind: String, Codable, Sendable {
  /// Drift when p < threshold.
  case significance
  /// Drift when distance ≥ threshold.
  case distance
}

/// A value beside a method's statistic.
public enum Detail: Codable, Sendable, Equatable {
  case number(Double)
  case flag(Bool)
  case text(String)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // One type after the other is tried: what is none of them is told by the last.
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .text(let text): try container.encode(text)
    }
  }
}
