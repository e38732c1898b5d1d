public import Statistics

/// An experiment as it was planned.
public struct ExperimentConfig: Sendable, Equatable {
  public struct Variant: Sendable, Equatable {
    public var name: String
    public var model: String?
    /// Of the traffic.
    public var share: Double

    public init(name: String, model: String? = nil, share: Double) {
      self.name = name
      self.model = model
      self.share = share
    }
  }

  /// Which way a metric is better.
  public enum Direction: String, Sendable, Codable, CaseIterable { case increase, decrease }

  public struct Metric: Sendable, Equatable {
    public var name: String
    public var direction: Direction

    public init(name: String, direction: Direction = .increase) {
      self.name = name
      self.direction = direction
    }
  }

  /// A limit that no treatment may cross.
  public struct Guardrail: Sendable, Equatable {
    public enum Aggregate: Sendable, Equatable {
      case mean
      /// 0…1.
      case quantile(Double)

      /// As it is written in results.
      public var name: String {
        switch self {
        case .mean: "mean"
        case .quantile(let level): "p\(ClassNames.name((level * 1e6).rounded() / 1e4))"
        }
      }
    }

    public var name: String
    public var column: String
    public var aggregate: Aggregate
    public var minimum: Double?
    public var maximum: Double?
  }

  public enum EffectKind: String, Sendable, Codable, CaseIterable { case absolute, relative }

  public var experimentID: String
  /// The control first.
  public var variants: [Variant]
  /// Units of each variant below which nothing is decided.
  public var minimumSampleSize = 1_000
  /// Units of each variant at the planned end; nil for a test of fixed size.
  public var maximumSampleSize: Int?
  public var significanceLevel = 0.05
  /// The chance of finding the smallest effect that is worth it.
  public var power = 0.8
  /// The share of users that take part at all; a larger one only ever adds users.
  public var coverage = 1.0
  /// nil for a single test at the end.
  public var spending: SpendingFunction?
  public var guardrails: [Guardrail] = []
  public var metrics: [Metric] = []
  public var minimumDetectableEffect: Double?
  public var effectKind = EffectKind.relative
  public var covariate: String?
  public var unit: String?
  /// Of p-values, where there are several metrics or treatments.
  public var correction = Correction.holm

  public init(experimentID: String, variants: [Variant]) {
    self.experimentID = experimentID
    self.variants = variants
  }

  /// How users are sent to the variants.
  public var assignment: VariantAssignment {
    VariantAssignment(
      experimentID: experimentID, shares: variants.map(\.share), coverage: coverage)
  }
}
