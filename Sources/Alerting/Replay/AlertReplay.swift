public import Monitoring

/// Runs rules over stored history, so that they can be tuned before they page anyone.
///
/// It is the engine and the plan of notifications that run in the service, given the samples' own times
/// for a clock: what it counts is what people would have got, had every message been delivered at once
/// and nobody acknowledged or silenced anything.
///
/// ```swift
/// let replay = AlertReplay(rules: AlertRule.defaults, costs: .init(missedHour: 100, falseHour: 5))
/// let report = replay.run(samples, degradations: Degradation.found(in: samples))
/// for rule in report.rules { print(rule.rule, rule.firings, rule.notifications) }
/// ```
public struct AlertReplay: Sendable {
  /// What an hour costs in which a degradation is not told, and one in which an alert fires for nothing.
  public struct Costs: Codable, Sendable, Equatable {
    public var missedHour: Double
    public var falseHour: Double

    enum CodingKeys: String, CodingKey {
      case missedHour = "missed_hour"
      case falseHour = "false_hour"
    }

    public init(missedHour: Double, falseHour: Double) {
      self.missedHour = missedHour
      self.falseHour = falseHour
    }
  }

  let configuration: AlertingConfiguration
  let costs: Costs?
  let conditions: [String: AlertCondition]

  /// - Parameters:
  ///   - configuration: rules, and how noise is kept down. Without channels, messages are counted as
  ///     those of one channel everything is sent to; without routes, the usual ones apply. Of rules of
  ///     one name the first counts.
  ///   - costs: finite; nil where they are not known.
  ///   - conditions: in force in place of rules' own, as ``ThresholdLog/conditions(for:)`` has them.
  public init(
    _ configuration: AlertingConfiguration, costs: Costs? = nil,
    conditions: [String: AlertCondition] = [:]
  ) {
    self.configuration = Self.usable(configuration)
    self.conditions = conditions
    self.costs = costs.flatMap { $0.missedHour.isFinite && $0.falseHour.isFinite ? $0 : nil }
  }

  /// As ``init(_:costs:)``, with the usual grouping.
  public init(
    rules: [AlertRule], flapping: AlertingConfiguration.Flapping = .init(),
    inhibitions: [AlertingConfiguration.Inhibition] = AlertingConfiguration.defaultInhibitions,
    costs: Costs? = nil
  ) {
    var configuration = AlertingConfiguration()
    configuration.rules = rules
    configuration.flapping = flapping
    configuration.inhibitions = inhibitions
    self.init(configuration, costs: costs)
  }

  /// Sums of the configuration's spans with instants must not leave the range of whole numbers.
  private static func usable(_ given: AlertingConfiguration) -> AlertingConfiguration {
    var configuration = given
    let seconds = 0...1_000_000_000
    var names: Set<String> = []
    configuration.rules = given.rules.filter { names.insert($0.name).inserted }
    for index in configuration.rules.indices {
      configuration.rules[index].cooldownMinutes = min(
        max(0, configuration.rules[index].cooldownMinutes), seconds.upperBound / 60)
    }
    func clamped(_ value: Int) -> Int { min(max(value, seconds.lowerBound), seconds.upperBound) }
    configuration.grouping.waitSeconds = clamped(given.grouping.waitSeconds)
    configuration.grouping.intervalSeconds = clamped(given.grouping.intervalSeconds)
    configuration.flapping.withinSeconds = clamped(given.flapping.withinSeconds)
    if given.channels.isEmpty {
      let everyone = ChannelConfiguration(
        name: "everyone", target: .webhook(url: "", secret: nil, headers: [:]))
      configuration.channels = [everyone]
      let pause = given.routes.first?.repeatInterval
      configuration.routes = [
        .init(matchers: [], channels: [everyone.name], repeatInterval: pause)
      ]
    } else if given.routes.isEmpty {
      configuration.routes = AlertingConfiguration.defaultRoutes(to: given.channels)
    }
    return configuration
  }

  /// Replays samples.
  ///
  /// Where a series has two samples of one time the first counts, as in the engine.
  ///
  /// - Parameters:
  ///   - samples: in any order.
  ///   - degradations: what alerts should have told, as ``Degradation/found(in:threshold:)`` finds them or
  ///     as people know them; nil where that is not known.
  ///   - unreadableRows: rows of where samples are from that are none, which are counted as skipped.
  public func run(
    _ samples: [MetricSample], degradations: [Degradation]? = nil, unreadableRows: Int = 0
  ) -> ReplayReport {
    let input = ReplayInput(samples)
    var run = ReplayRun(
      configuration, startedAt: input.samples.first?.at, countsMessages: true,
      conditions: conditions)
    run.replay(input)
    var report = ReplaySummary(
      configuration: configuration, conditions: conditions, costs: costs, input: input, run: run,
      degradations: degradations
    ).report()
    report.skippedSamples += unreadableRows
    return report
  }
}
