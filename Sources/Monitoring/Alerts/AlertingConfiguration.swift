/// What is alerted on, how noise is kept down, and who is told how.
public struct AlertingConfiguration: Sendable, Equatable {
  /// Alerts with the source's labels silence those with the target's, where `equal` labels are the same.
  public struct Inhibition: Sendable, Equatable {
    public var source: [LabelMatcher]
    public var target: [LabelMatcher]
    public var equal: [String]

    public init(source: [LabelMatcher], target: [LabelMatcher], equal: [String]) {
      self.source = source
      self.target = target
      self.equal = equal
    }
  }

  /// Which channels are told of which alerts; the first that matches decides.
  public struct Route: Sendable, Equatable {
    public var matchers: [LabelMatcher]
    public var channels: [String]
    /// Time after which an alert that still fires, and that nobody acknowledged, is told again; nil for never.
    public var repeatInterval: TimeSpan?

    public init(matchers: [LabelMatcher], channels: [String], repeatInterval: TimeSpan? = nil) {
      self.matchers = matchers
      self.channels = channels
      self.repeatInterval = repeatInterval
    }
  }

  /// Alerts with the same values of some labels are told together.
  public struct Grouping: Sendable, Equatable {
    public var labels = ["model_name", "severity"]
    /// How long a new group waits for more before it is told; critical alerts do not wait.
    public var waitSeconds = 30
    /// The least time between two messages of a group.
    public var intervalSeconds = 300

    public init() {}
  }

  /// An alert that starts so often within so long is flapping.
  public struct Flapping: Sendable, Equatable {
    public var starts = 4
    public var withinSeconds = 3_600

    public init() {}
  }

  /// Whether `alerting` stands in the configuration; alerts of the default rules are there without it.
  public var isEnabled = false
  /// How often metrics of live traffic are looked at.
  public var intervalSeconds = 60
  public var rules = AlertRule.defaults
  public var routes: [Route] = []
  public var grouping = Grouping()
  public var inhibitions: [Inhibition] = AlertingConfiguration.defaultInhibitions
  public var flapping = Flapping()
  public var channels: [ChannelConfiguration] = []
  /// Where people find the dashboard; in messages.
  public var externalURL: String?

  public init() {}
}
