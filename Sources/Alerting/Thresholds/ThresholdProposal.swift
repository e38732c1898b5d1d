public import Monitoring
public import Statistics

/// A threshold for a rule, and all that speaks for it.
public struct ThresholdProposal: Codable, Sendable, Equatable {
  public enum Direction: String, Codable, Sendable, CaseIterable {
    /// Fires less often.
    case loosen
    /// Fires more often, or just as often with less of a distance.
    case tighten
    case keep
  }

  public enum Confidence: String, Codable, Sendable, CaseIterable { case low, medium, high }

  /// What a threshold does over the history, degradations in it included.
  public struct Record: Codable, Sendable, Equatable {
    public var firings: Int
    public var firingsPerWeek: Double
    /// Firings over what is healthy of the history alone: for nothing.
    public var falseFirings: Int
    @NullCoded public var firingShare: Double?
    public var notifications: Int
    /// Of the stretches taken for real degradations, those in which it fires.
    public var caughtStretches: Int

    enum CodingKeys: String, CodingKey {
      case firings
      case firingsPerWeek = "firings_per_week"
      case falseFirings = "false_firings"
      case firingShare = "firing_share"
      case notifications
      case caughtStretches = "caught_stretches"
    }
  }

  public var rule: String
  public var metric: String
  public var direction: Direction
  public var oldThreshold: Double
  /// The old one where ``direction`` is to keep it.
  public var newThreshold: Double
  /// A stricter one that would have been quiet enough too; nil where there is none.
  @NullCoded public var tighterThreshold: Double?
  /// Whether the owner's bounds kept it from going where the history would have it.
  public var isClipped = false
  /// Whether real degradations kept it from being as quiet as was aimed at.
  public var isLimitedByDegradations = false
  public var from: Instant
  public var to: Instant
  public var values: Int
  public var series: Int
  public var season: SeasonalBaseline.Season
  /// Standard deviation of what the season leaves, robust; the largest over the series.
  public var residualScale: Double
  /// Quantiles .01 and .99 of what the season leaves.
  public var lowerResidual: Double
  public var upperResidual: Double
  /// Stretches taken for real degradations, and their share of the values.
  public var unhealthyStretches: Int
  public var unhealthyShare: Double
  public var old: Record
  public var new: Record
  public var confidence: Confidence
  public var explanation = ""

  enum CodingKeys: String, CodingKey {
    case rule, metric, direction
    case oldThreshold = "old_threshold"
    case newThreshold = "new_threshold"
    case tighterThreshold = "tighter_threshold"
    case isClipped = "clipped"
    case isLimitedByDegradations = "limited_by_degradations"
    case from, to, values, series, season
    case residualScale = "residual_scale"
    case lowerResidual = "lower_residual"
    case upperResidual = "upper_residual"
    case unhealthyStretches = "unhealthy_stretches"
    case unhealthyShare = "unhealthy_share"
    case old, new, confidence, explanation
  }
}
