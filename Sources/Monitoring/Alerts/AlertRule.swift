/// When a metric is worth telling somebody of.
public struct AlertRule: Sendable, Equatable {
  /// A threshold that follows the metric's own history.
  public struct Dynamic: Sendable, Equatable {
    public enum Mode: String, Sendable, CaseIterable {
      /// The threshold is worked out and shown; the rule's own stays in force.
      case propose
      /// The threshold is put in force, within the owner's bounds.
      case apply
    }

    public var mode: Mode
    /// Beyond these the threshold never goes. Needed to apply one.
    public var minimum: Double
    public var maximum: Double

    public init(mode: Mode, minimum: Double, maximum: Double) {
      self.mode = mode
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  public var name: String
  public var metric: String
  /// Series the rule is about; empty for all of the metric.
  public var matchers: [LabelMatcher] = []
  public var condition: AlertCondition
  /// How long it has to fail before it fires; nil for no time.
  public var holdFor: TimeSpan?
  /// How many values in a row have to fail before it fires, at least 1.
  public var consecutiveFailures = 3
  /// How long it goes on firing after the last failure; nil for not at all.
  public var keepFiringFor: TimeSpan?
  /// Within these bounds a firing alert is over; nil where that is wherever the condition does not fail.
  public var recovery: AlertCondition.Bounds?
  public var severity: AlertSeverity
  /// How soon somebody is to take its alerts on; the severity's, unless it is set.
  public var responseTime: ResponseTime
  /// The least time between two notifications of an alert that fires on, or that starts and ends again
  /// and again.
  public var cooldownMinutes = 15
  /// Whether a value fails only where all of its interval does: what chance explains is no failure.
  public var requiresSignificance = false
  /// Labels its alerts have besides those of their series, in place of none of these.
  public var labels: [String: String] = [:]
  public var description: DescriptionTemplate
  public var runbookURL: String?
  public var dynamic: Dynamic?

  public init(
    name: String, metric: String, condition: AlertCondition, severity: AlertSeverity,
    description: DescriptionTemplate
  ) {
    self.name = name
    self.metric = metric
    self.condition = condition
    self.severity = severity
    responseTime = severity.responseTime
    self.description = description
  }

  /// What its alerts are about, by which a severe one silences a milder one.
  public var topic: String { labels["topic"] ?? metric }

  /// The labels an alert of a series has: those by which series are told apart stand above the rule's own, or
  /// two alerts would have the same labels, which are one to an Alertmanager.
  public func labels(of series: [String: String]) -> [String: String] {
    series.merging(labels) { told, _ in told }
      .merging(["alertname": name, "severity": severity.rawValue, "topic": topic]) { $1 }
  }
}
