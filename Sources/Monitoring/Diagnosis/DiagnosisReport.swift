/// What a diagnosis came to.
public struct DiagnosisReport: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// A cause is more likely than not.
    case causeFound = "cause_found"
    /// Nothing got worse, and nothing speaks for a cause.
    case nothingWrong = "nothing_wrong"
    /// Something got worse, or nothing says whether it did, and no cause stands out; or nothing got worse, and
    /// a diagnostic of somebody's own failed that names no cause.
    case undetermined
  }

  /// What a score is made of.
  public enum Basis: String, Codable, Sendable, CaseIterable {
    /// Of built-in diagnostics, whose weights were fitted on simulated incidents.
    case calibrated
    /// Also of diagnostics that somebody registered or wrote in SQL: the strength their author gave them.
    case ownDiagnostics = "own_diagnostics"
  }

  /// A cause with what speaks for it.
  public struct Cause: Codable, Sendable, Equatable {
    public var cause: RootCause
    /// The leaf of the tree that is most likely.
    public var kind: CauseKind
    /// The probability that this is a cause, 0…1.
    public var score: Double
    public var basis: Basis
    /// Diagnostics that failed, by name: that of the leaf, then the strongest.
    public var diagnostics: [String]
    /// Sentences with the figures in them.
    public var evidence: [String]
    /// As the requirement words them, then those of this case.
    public var recommendedActions: [String]
    @NullCoded public var since: Instant?

    enum CodingKeys: String, CodingKey {
      case cause, kind, score
      case basis = "score_basis"
      case diagnostics, evidence
      case recommendedActions = "recommended_actions"
      case since
    }
  }

  public var schemaVersion = "1"
  public var verdict: Verdict
  /// The first of ``causes`` where its score is high enough and a diagnostic speaks for it, else `unknown`.
  public var primaryCause: RootCause
  /// The primary cause's score; for `unknown`, the largest there is.
  public var confidence: Double
  /// Whether the model or its service got worse; nil where nothing says.
  @NullCoded public var degraded: Bool?
  public var summary: String
  /// All of them: first those that a diagnostic speaks for, then those that none does; of each, the most likely
  /// first.
  public var causes: [Cause]
  public var diagnostics: [DiagnosticResult]
  @NullCoded public var attribution: AttributionReport?
  public var segments: [SegmentReport]
  public var features: [FeatureReport]
  public var tree: DecisionNode
  public var timeline: [TimelineEvent]
  public var recommendedActions: [String]
  /// The evidence that was not there, in words.
  public var missing: [String]
  public var notes: [String]
  public var calibration: Calibration
  /// What scores were made of, by name.
  public var signals: [String: Double]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case verdict
    case primaryCause = "primary_cause"
    case confidence, degraded, summary, causes, diagnostics, attribution, segments, features, tree
    case timeline
    case recommendedActions = "recommended_actions"
    case missing, notes, calibration, signals
  }

  /// What scores were calibrated on.
  public struct Calibration: Codable, Sendable, Equatable {
    public var version: String
    public var incidents: Int
    public var text: String

    static var current: Calibration {
      Calibration(
        version: CauseCalibration.version, incidents: CauseCalibration.incidents,
        text:
          "probabilities are calibrated on \(CauseCalibration.incidents) simulated incidents (version "
          + "\(CauseCalibration.version)); see docs/diagnosis-accuracy.md for how often they are right there"
      )
    }
  }
}

/// The change of the mean loss in parts that add up to it.
public struct AttributionReport: Codable, Sendable, Equatable {
  public struct Part: Codable, Sendable, Equatable {
    /// `feature`, `concept`, `model`, `unfamiliar`, `unexplained`.
    public var kind: String
    /// The feature; nil for other parts.
    @NullCoded public var feature: String?
    /// In the unit of the loss.
    public var value: Double
    /// 95 % interval; nil for what is unexplained.
    @NullCoded public var lower: Double?
    @NullCoded public var upper: Double?
    /// Of the change; nil where the change is 0.
    @NullCoded public var share: Double?
  }

  public var loss: DiagnosisLoss
  public var reference: Double
  public var current: Double
  /// current − reference: the sum of `parts`.
  public var change: Double
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  /// The sum of the features' parts: what another mix of the same sort of rows costs.
  public var covariate: Double
  /// Losses of the same sort of rows that changed because of the world.
  public var concept: Double
  /// Losses of the same sort of rows that changed because the model gives other scores.
  public var model: Double
  /// Losses of rows that the reference has none like: another mix of rows or another relation, which nothing
  /// tells apart.
  public var unfamiliar: Double
  public var unexplained: Double
  /// Largest first; unexplained last.
  public var parts: [Part]
  /// What reweighting the reference's outcomes to current's shares explains, which is another view of the
  /// same change and no part of the sum; nil where outcomes are not known.
  @NullCoded public var priorShift: Double?
}

/// Rows in which something changed that did not elsewhere.
public struct SegmentReport: Codable, Sendable, Equatable {
  /// Such as `region = north and 3 < age ≤ 5`.
  public var segment: String
  public var features: [String]
  public var referenceRows: Int
  public var currentRows: Int
  /// Of current rows.
  public var share: Double
  /// Change of the loss beyond what its features let expect.
  public var excess: Double
  public var lower: Double
  public var upper: Double
  /// share · excess.
  public var contribution: Double
  /// Adjusted over all segments that were looked at.
  public var pValue: Double

  enum CodingKeys: String, CodingKey {
    case segment, features
    case referenceRows = "reference_rows"
    case currentRows = "current_rows"
    case share, excess, lower, upper, contribution
    case pValue = "p_value"
  }
}

/// A feature as the diagnosis saw it.
public struct FeatureReport: Codable, Sendable, Equatable {
  public var feature: String
  public var drifted: Bool
  /// Jensen–Shannon distance.
  @NullCoded public var distance: Double?
  @NullCoded public var pValue: Double?
  @NullCoded public var contribution: Double?
  public var defects: [FeatureDefect]
  @NullCoded public var since: Instant?

  enum CodingKeys: String, CodingKey {
    case feature, drifted, distance
    case pValue = "p_value"
    case contribution, defects, since
  }
}

/// Something that happened.
public struct TimelineEvent: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case window
    case changePoint = "change_point"
    case driftOnset = "drift_onset"
    case alert, deployment
    case labelDelay = "label_delay"
    case cause
  }

  public var at: Instant
  public var kind: Kind
  /// The feature, metric, rule or version.
  @NullCoded public var subject: String?
  public var event: String
  /// Between which times it happened; nil where it is known.
  @NullCoded public var earliest: Instant?
  @NullCoded public var latest: Instant?

  enum CodingKeys: String, CodingKey {
    case at = "timestamp"
    case kind, subject, event, earliest, latest
  }

  init(
    _ at: Instant, _ kind: Kind, of subject: String? = nil, _ event: String,
    range: ClosedRange<Instant>? = nil
  ) {
    self.at = at
    self.kind = kind
    self.subject = subject
    self.event = event
    earliest = range?.lowerBound
    latest = range?.upperBound
  }
}
