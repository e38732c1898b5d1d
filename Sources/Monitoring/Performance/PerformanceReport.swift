/// How good a model's predictions were.
public struct PerformanceReport: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  public var status: Status
  /// Why `status` is unknown; nil otherwise.
  @NullCoded public var reason: String?
  public var task: PerformanceTask
  public var source: String
  public var rows: Int
  public var labelledRows: Int
  @NullCoded public var referenceRows: Int?
  /// The metric that `status` is told by.
  public var primaryMetric: String
  public var metrics: [String: MetricValue]
  /// Classification: how often each class was predicted for each.
  @NullCoded public var confusion: Confusion?
  public var labels: LabelReport
  public var labelDelay: LabelDelay
  public var segments: [PerformanceSegment]
  public var chunks: [PerformanceChunk]
  /// What performance is without labels, by metric; empty where it was not asked for.
  public var estimates: [String: EstimatedMetric]
  /// What can be told of predictions alone.
  public var proxies: [String: MetricValue]
  /// Another model on the same rows.
  @NullCoded public var shadow: ShadowComparison?
  public var notes: [String]
  public var recommendations: [String]
  public var nextSteps: [String]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status, reason, task, source, rows
    case labelledRows = "labelled_rows"
    case referenceRows = "reference_rows"
    case primaryMetric = "primary_metric"
    case metrics, confusion, labels
    case labelDelay = "label_delay"
    case segments, chunks, estimates, proxies, shadow, notes, recommendations
    case nextSteps = "next_steps"
  }
}

/// Counts of true and predicted classes.
public struct Confusion: Codable, Sendable, Equatable {
  public var classes: [String]
  @NullCoded public var positive: String?
  /// counts[truth][predicted], in the order of `classes`.
  public var counts: [[Int]]
}

/// The rows with one value of a segment's column.
public struct PerformanceSegment: Codable, Sendable, Equatable {
  public var column: String
  public var value: String
  public var rows: Int
  public var labelledRows: Int
  public var metrics: [String: MetricValue]

  enum CodingKeys: String, CodingKey {
    case column, value, rows
    case labelledRows = "labelled_rows"
    case metrics
  }
}

/// The rows of one stretch of time, or so many in order.
public struct PerformanceChunk: Codable, Sendable, Equatable {
  public var label: String
  @NullCoded public var start: String?
  @NullCoded public var end: String?
  public var rows: Int
  public var labelledRows: Int
  public var status: Status
  /// Whether its labels have had time to arrive: the 95th percentile of the delay; nil where the delay
  /// is not known.
  @NullCoded public var mature: Bool?
  /// How far off the primary metric would be for rows whose labels are all in, had only those been
  /// there that arrive as early as this chunk's could; nil for mature chunks.
  @NullCoded public var earlyLabelBias: Double?
  public var metrics: [String: MetricValue]
  public var estimates: [String: EstimatedMetric]

  enum CodingKeys: String, CodingKey {
    case label, start, end, rows
    case labelledRows = "labelled_rows"
    case status, mature
    case earlyLabelBias = "early_label_bias"
    case metrics, estimates
  }
}

/// A metric estimated without labels.
public struct EstimatedMetric: Codable, Sendable, Equatable {
  @NullCoded public var value: Double?
  /// Three standard errors of sampling below and above.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  /// What it turned out to be where labels are in.
  @NullCoded public var realised: Double?
  public var method: String
  @NullCoded public var reason: String?
}

/// Two models on the same rows.
public struct ShadowComparison: Codable, Sendable, Equatable {
  public var column: String
  /// Share of rows on which both say the same; nil for numbers.
  @NullCoded public var agreement: Double?
  /// The shadow's metrics; `reference` in each is the serving model's.
  public var metrics: [String: MetricValue]
  /// Of equal performance, on the rows where one is right (nearer) and the other is not.
  @NullCoded public var pValue: Double?
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case column, agreement, metrics
    case pValue = "p_value"
    case reason
  }
}
