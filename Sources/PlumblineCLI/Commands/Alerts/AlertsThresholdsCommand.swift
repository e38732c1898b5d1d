import Alerting
import ArgumentParser
import Monitoring
import Reporting
import Store

struct AlertsThresholdsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thresholds",
    abstract: "Find rules that cry wolf, and thresholds that follow their metric's history.",
    discussion: """
      Nothing changes until it is applied, and what is applied can be reverted. A threshold is never put \
      beyond the minimum and maximum its rule's `dynamic` allows.

      Examples:
        plumbline alerts thresholds list
        plumbline alerts thresholds propose error_rate_warning
        plumbline alerts thresholds apply error_rate_warning
        plumbline alerts thresholds revert error_rate_warning
      """,
    subcommands: [List.self, Propose.self, Apply.self, Revert.self], defaultSubcommand: List.self)

  /// The service's rules.
  ///
  /// - Throws: ``AlertsError/unknownRules(names:)`` where no configuration says them and the data folder knows
  ///   others than the default ones: of these nothing could be told, and it would look as if all was well.
  private static func rules(
    _ store: AlertStoreOptions, _ history: History
  ) throws -> [AlertRule] {
    let rules = try store.output.configuration(using: ["alerting.rules"]).alerting.rules
    guard store.output.configurationPath == nil else { return rules }
    let known = Set(rules.map(\.name))
    // What was tried and reverted, or only proposed, is over: there has to be a way out.
    let others = Set(
      try history.alerts(isOpen: true).map(\.record.rule) + history.thresholdsInForce().keys
    ).subtracting(known)
    guard others.isEmpty else { throw AlertsError.unknownRules(names: others.sorted()) }
    return rules
  }

  private static func rule(
    _ name: String, _ store: AlertStoreOptions, _ history: History
  ) throws -> AlertRule {
    let rules = try rules(store, history)
    guard let rule = rules.first(where: { $0.name == name }) else {
      throw AlertsError.noSuchRule(name: name, known: rules.map(\.name))
    }
    return rule
  }

  private static func proposal(
    _ rule: AlertRule, _ history: History, tighter: Bool
  ) throws -> ThresholdProposal {
    let now = Instant.now
    let samples = try history.samples(of: rule.metric, from: DynamicThreshold.start(before: now))
    let telling = try Degradation.metrics.flatMap { try history.samples(of: $0) }
    return try DynamicThreshold.propose(
      rule: rule, history: samples, now: now,
      inForce: try ThresholdLog(history).threshold(inForceFor: rule),
      degradations: Degradation.found(in: telling) ?? [], allowsTightening: tighter)
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show rules that cry wolf, and what has been proposed, applied and reverted.",
      discussion: "Example: plumbline alerts thresholds list --format json")

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let history = try store.open(toRead: true)
      let rules = try AlertsThresholdsCommand.rules(store, history)
      let log = ThresholdLog(history)
      let now = Instant.now
      let start = DynamicThreshold.start(before: now)
      let earlier = try Degradation.metrics.flatMap { try history.samples(of: $0, until: start) }
      let samples = try history.samples(from: start)
      let fatigue = AlertFatigue.find(
        rules: rules, events: try history.alertEvents(limit: 100_000), history: samples, now: now,
        inForce: try log.inForce(for: rules),
        degradations: Degradation.found(in: earlier + samples) ?? [])
      let report = ThresholdReport(
        fatigue: fatigue, changes: try history.thresholdChanges(),
        inForce: try log.standings(of: rules))
      try store.print { try render(report, as: $0, style: $1) }
    }
  }

  struct Propose: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Work out a rule's threshold from its metric's history.",
      discussion: "Example: plumbline alerts thresholds propose error_rate_warning")

    @Argument(help: "The rule's name.")
    var rule: String

    @Flag(help: "A stricter threshold too, where the history allows one.")
    var tighter = false

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let history = try store.open()
      let rule = try AlertsThresholdsCommand.rule(rule, store, history)
      let proposal = try AlertsThresholdsCommand.proposal(rule, history, tighter: tighter)
      try ThresholdLog(history).keep(proposal, at: .now)
      try store.print { format, _ in
        format == .json ? try json(proposal) : proposal.explanation + "\n"
      }
    }
  }

  struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a threshold in force, within the bounds of the rule's `dynamic`.",
      discussion: """
        Examples:
          plumbline alerts thresholds apply error_rate_warning
          plumbline alerts thresholds apply error_rate_warning --threshold 0.03
        """)

    @Argument(help: "The rule's name.")
    var rule: String

    @Option(
      help: ArgumentHelp(
        "One of your own, instead of what history says: 0.03, 3%, 200ms.", valueName: "x"))
    var threshold: Threshold?

    /// A number, or a quantity as rules have it.
    struct Threshold: ExpressibleByArgument {
      let value: Double

      init?(argument: String) {
        guard let value = Quantity(argument)?.value ?? Double(argument), value.isFinite else {
          return nil
        }
        self.value = value
      }
    }

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let history = try store.open()
      let rule = try AlertsThresholdsCommand.rule(rule, store, history)
      let log = ThresholdLog(history)
      let change =
        if let threshold {
          try log.apply(threshold.value, to: rule, at: .now, explanation: "chosen by hand")
        } else {
          try log.apply(
            AlertsThresholdsCommand.proposal(rule, history, tighter: false), to: rule, at: .now)
        }
      try AlertsThresholdsCommand.print(change, store)
    }
  }

  struct Revert: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take the newest threshold of a rule back.",
      discussion: "Example: plumbline alerts thresholds revert error_rate_warning")

    @Argument(help: "The rule's name.")
    var rule: String

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let change = try ThresholdLog(store.open()).revert(rule, at: .now)
      try AlertsThresholdsCommand.print(change, store)
    }
  }

  private static func print(_ change: ThresholdChange, _ store: AlertStoreOptions) throws {
    try store.print { format, style in
      format == .json
        ? try json(change)
        : try render(ThresholdReport(fatigue: [], changes: [change]), as: format, style: style)
    }
  }
}
