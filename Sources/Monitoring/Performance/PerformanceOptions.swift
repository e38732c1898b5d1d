/// What kind of question a model answers.
public enum PerformanceTask: String, Codable, Sendable, CaseIterable {
  case classification, regression, ranking, recommendation
}

/// What is asked of a measurement of a model's performance.
public struct PerformanceOptions: Sendable, Equatable {
  /// The probability a model gave to one class.
  public struct ClassProbability: Sendable, Equatable {
    public var label: String
    public var column: String

    public init(label: String, column: String) {
      self.label = label
      self.column = column
    }
  }

  /// What a row costs (below 0: earns) by its truth and its prediction.
  public struct Cost: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
      case truePositive, falsePositive, trueNegative, falseNegative
      /// Of classes by name, where there are several.
      case classes(truth: String, predicted: String)
    }

    public var outcome: Outcome
    public var cost: Double

    public init(_ outcome: Outcome, cost: Double) {
      self.outcome = outcome
      self.cost = cost
    }
  }

  /// A predicted quantile.
  public struct Quantile: Sendable, Equatable {
    /// 0…1.
    public var level: Double
    public var column: String

    public init(level: Double, column: String) {
      self.level = level
      self.column = column
    }
  }

  /// Columns of a predicted interval's ends.
  public struct PredictedInterval: Sendable, Equatable {
    public var lower: String
    public var upper: String

    public init(lower: String, upper: String) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// nil to tell by the columns.
  public var task: PerformanceTask?
  /// The column of what really happened: in the labels, where they come apart.
  public var target: String?
  /// The column of predicted classes, numbers or scores; classes can be told from probabilities.
  public var prediction: String?
  /// The column of the positive class's probability.
  public var probability: String?
  public var probabilities: [ClassProbability] = []
  public var positiveLabel: String?
  /// The probability at and above which the positive class is predicted.
  public var threshold = 0.5
  /// The column that predictions and labels meet by.
  public var id: String?
  /// When a prediction was made.
  public var timestamp: String?
  /// When a label arrived, in the labels.
  public var labelTimestamp: String?
  /// An SQL expression over predictions that stands in for labels.
  public var labelRule: String?
  public var segments: [String] = []
  public var chunk: ChunkRule?
  public var costs: [Cost] = []
  /// An SQL expression over predictions: what a row is worth.
  public var value: String?
  public var quantiles: [Quantile] = []
  public var interval: PredictedInterval?
  /// Ranking: the column of the query or user.
  public var group: String?
  /// Ranking: the column of the item.
  public var item: String?
  /// Ranking: how many places count.
  public var places = [10]
  /// Predictions of another model on the same rows.
  public var shadow: String?
  /// Whether performance is estimated where there are no labels.
  public var estimate = false
  /// Until when labels are known; nil for the last that arrived.
  public var asOf: Instant?
  /// The delay beyond which a label counts as late; nil for the 95th percentile of delays.
  public var lateAfter: TimeSpan?
  public var seed: UInt64 = 0

  public init() {}
}
