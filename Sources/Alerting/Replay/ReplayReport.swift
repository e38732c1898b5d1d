public import Monitoring

/// What rules would have done over a history.
public struct ReplayReport: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  /// The first and the last sample; nil without samples.
  @NullCoded public var from: Instant?
  @NullCoded public var to: Instant?
  public var samples: Int
  /// Samples whose time lies outside the years 1 to 9999, and rows whose time or metric is missing or cannot
  /// be read.
  public var skippedSamples: Int
  public var series: Int
  /// Messages people would have been sent, over all channels, once each: what is at a channel's rate
  /// limit comes in a digest and is not told apart here.
  public var notifications: Int
  /// In the order they were given.
  public var rules: [RuleReplay]
  /// What an alert of every model that fires all of the time, and none that ever does, would have come to:
  /// that is known without labels.
  public var extremes = Extremes()
  /// What alerting never, and alerting always, would have been worth; nil where degradations are not
  /// known.
  @NullCoded public var baselines: Baselines?
  /// nil where they are not known.
  @NullCoded public var degradations: [Degradation]?
  /// What hours cost, where that was given.
  @NullCoded public var costs: AlertReplay.Costs?
  /// In the order of their starts.
  public var firings: [Firing]

  public struct Baselines: Codable, Sendable, Equatable {
    public var alwaysFire: Detection
    public var neverFire: Detection

    enum CodingKeys: String, CodingKey {
      case alwaysFire = "always_fire"
      case neverFire = "never_fire"
    }
  }

  public struct Extremes: Codable, Sendable, Equatable {
    public var alwaysFire = Extreme()
    public var neverFire = Extreme()

    enum CodingKeys: String, CodingKey {
      case alwaysFire = "always_fire"
      case neverFire = "never_fire"
    }

    public init() {}
  }

  public struct Extreme: Codable, Sendable, Equatable {
    /// Share of the time in which it fires; nil where there is no time.
    @NullCoded public var firingShare: Double?
    public var notifications = 0

    enum CodingKeys: String, CodingKey {
      case firingShare = "firing_share"
      case notifications
    }

    public init() {}
  }

  /// One time an alert fired.
  public struct Firing: Codable, Sendable, Equatable {
    public var rule: String
    /// Of its series.
    public var labels: [String: String]
    public var start: Instant
    /// nil where it still fired at the end.
    @NullCoded public var end: Instant?
    /// What the condition was held against where it was worst; nil for an absence.
    @NullCoded public var peak: Double?

    public init(
      rule: String, labels: [String: String], start: Instant, end: Instant?, peak: Double?
    ) {
      self.rule = rule
      self.labels = labels
      self.start = start
      self.end = end
      self.peak = peak
    }
  }

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case from, to, samples
    case skippedSamples = "skipped_samples"
    case series, notifications, rules, extremes, baselines, degradations, costs, firings
  }
}

/// What one rule would have done.
public struct RuleReplay: Codable, Sendable, Equatable {
  public var rule: String
  public var metric: String
  /// What it was held against.
  public var condition: String
  /// The rule's own condition, where another threshold is in force in its place; nil elsewhere.
  @NullCoded public var ownCondition: String?
  public var severity: AlertSeverity
  /// Series it is about.
  public var series: Int
  /// Why there are none, and what may have been meant; nil where there are some.
  @NullCoded public var note: String?
  /// How often an alert of it began to fire.
  public var firings = 0
  /// How many different alerts fired.
  public var alerts = 0
  /// Of all its alerts, added up.
  public var firingSeconds = 0.0
  public var longestFiringSeconds = 0.0
  /// Share of the time in which any of its alerts fires; nil where there is no time.
  @NullCoded public var firingShare: Double?
  /// Messages that would have told something new of it, after inhibition, flapping and grouping.
  public var notifications = 0
  /// How often it failed and was well again before it fired.
  public var pendingNeverFired = 0
  @NullCoded public var firstFiring: Instant?
  @NullCoded public var lastFiring: Instant?
  /// Beside real degradations of the models it is about; nil where none are known.
  @NullCoded public var detection: Detection?

  enum CodingKeys: String, CodingKey {
    case rule, metric, condition
    case ownCondition = "own_condition"
    case severity, series, note, firings, alerts
    case firingSeconds = "firing_seconds"
    case longestFiringSeconds = "longest_firing_seconds"
    case firingShare = "firing_share"
    case notifications
    case pendingNeverFired = "pending_never_fired"
    case firstFiring = "first_firing"
    case lastFiring = "last_firing"
    case detection
  }
}

/// How well alerts tell degradations.
///
/// Weighted by time: of each model's time, that in which an alert fires (F), that in which it is degraded
/// (D) and that of both (B). precision = B / F, recall = B / D, F1 = 2B / (F + D); a figure whose divisor
/// is 0 is not there. By episode: a degradation is detected where an alert of its model fires at any
/// time of it; an alert that touches no degradation is false.
public struct Detection: Codable, Sendable, Equatable {
  @NullCoded public var precision: Double?
  @NullCoded public var recall: Double?
  @NullCoded public var f1: Double?
  public var episodes = 0
  public var detectedEpisodes = 0
  /// True firings over all.
  @NullCoded public var episodePrecision: Double?
  /// Detected degradations over all.
  @NullCoded public var episodeRecall: Double?
  @NullCoded public var episodeF1: Double?
  /// From a degradation's start to the first alert that fires in it, 0 where one did already; the median
  /// over those detected.
  @NullCoded public var medianDelaySeconds: Double?
  public var falseAlarms = 0
  @NullCoded public var falseAlarmsPerWeek: Double?
  public var missedHours = 0.0
  public var falseHours = 0.0
  /// missed hours · cost of one + false hours · cost of one; nil where costs are not given.
  @NullCoded public var expectedCost: Double?

  enum CodingKeys: String, CodingKey {
    case precision, recall, f1, episodes
    case detectedEpisodes = "detected_episodes"
    case episodePrecision = "episode_precision"
    case episodeRecall = "episode_recall"
    case episodeF1 = "episode_f1"
    case medianDelaySeconds = "median_delay_seconds"
    case falseAlarms = "false_alarms"
    case falseAlarmsPerWeek = "false_alarms_per_week"
    case missedHours = "missed_hours"
    case falseHours = "false_hours"
    case expectedCost = "expected_cost"
  }

  init() {}
}
