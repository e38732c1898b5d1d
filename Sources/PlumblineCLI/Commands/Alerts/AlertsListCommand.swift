import Alerting
public import ArgumentParser
public import Monitoring
import Reporting
import Store

struct AlertsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List alerts that are pending, firing, unknown or lately resolved.",
    discussion: "Example: plumbline alerts list --state firing --fail-on critical")

  @Option(help: "Only of these states; may be given several times.")
  var state: [AlertRecord.State] = []

  @Option(help: ArgumentHelp("Only of this model.", valueName: "name"))
  var model: String?

  @Option(help: "Exit with 1 where an alert of this severity or a higher one fires.")
  var failOn: AlertSeverity?

  @OptionGroup var store: AlertStoreOptions

  func run() throws {
    let all = try store.open().alerts().map { $0.whole.seen(at: .now) }
      .filter { $0.state != .inactive }
    let shown = all.filter { alert in
      (state.isEmpty || state.contains(alert.state))
        && (model == nil || alert.labels["model_name"] == model)
    }.sorted(by: AlertRecord.comesFirst)
    try store.print { try render(shown, as: $0, style: $1) }
    guard let failOn, let limit = AlertSeverity.allCases.firstIndex(of: failOn) else { return }
    let severe = AlertSeverity.allCases.prefix(through: limit)
    let fires = shown.contains { $0.state == .firing && severe.contains($0.severity) }
    throw ExitCode(fires ? ExitStatus.finding : ExitStatus.fine)
  }
}

struct AlertsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show an alert and what happened to it.",
    discussion: "Example: plumbline alerts show 6f1c")

  @Argument(help: "The alert's id, or enough of its beginning.")
  var fingerprint: String

  @OptionGroup var store: AlertStoreOptions

  func run() throws {
    try store.output.refuse(.junit)
    let history = try store.open()
    let alert = try history.alert(beginning: fingerprint)
    let events = try history.alertEvents(of: alert.record.fingerprint, limit: 100)
    try store.print {
      try render(
        AlertDetail(alert: alert.whole.seen(at: .now), events: events), as: $0, style: $1)
    }
  }
}

struct AlertsAckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack",
    abstract: "Take a firing alert on: it is not told again.",
    discussion: """
      It stays with whoever took it on first, unless another takes it over; what happened to the alert \
      names both.

      Examples:
        plumbline alerts ack 6f1c --by ada
        plumbline alerts ack 6f1c --by bob --take-over
      """)

  @Argument(help: "The alert's id, or enough of its beginning.")
  var fingerprint: String

  @Option(help: ArgumentHelp("Who takes it on.", valueName: "name"))
  var by: String

  @Flag(help: "Take it from somebody else who has taken it on.")
  var takeOver = false

  @OptionGroup var store: AlertStoreOptions

  func run() throws {
    try store.output.refuse(.junit)
    guard Person.isName(by) else { throw AlertsError.noName(option: "--by") }
    let history = try store.open()
    let alert = try history.alert(beginning: fingerprint)
    let outcome = try history.acknowledge(
      alert.record.fingerprint, by: by, takesOver: takeOver, at: .now)
    switch outcome {
    case .taken(let taken):
      try store.print { format, _ in
        format == .json
          ? try json(taken.seen(at: .now))
          : taken.acknowledgementText + "\n"
      }
    case .takenBefore(let alert):
      throw AlertsError.takenBefore(
        rule: alert.rule, by: alert.acknowledgedBy ?? "", at: alert.acknowledgedAt)
    case .notFiring: throw AlertsError.notFiring(rule: alert.record.rule)
    }
  }
}

struct AlertsHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show what happened to alerts, or how messages were delivered.",
    discussion: """
      Examples:
        plumbline alerts history --limit 20
        plumbline alerts history --deliveries --channel oncall
      """)

  @Option(help: ArgumentHelp("How many at most, newest first.", valueName: "n"))
  var limit = 100

  @Flag(help: "Attempts to deliver messages instead.")
  var deliveries = false

  @Option(help: ArgumentHelp("With --deliveries: only of this channel.", valueName: "name"))
  var channel: String?

  @OptionGroup var store: AlertStoreOptions

  func validate() throws {
    if channel != nil, !deliveries {
      throw ValidationError("--channel is about attempts to deliver messages: add --deliveries")
    }
    if limit < 1 { throw ValidationError("--limit takes a whole number above 0") }
  }

  func run() throws {
    try store.output.refuse(.junit)
    let history = try store.open()
    if deliveries {
      let attempts = try history.deliveryAttempts(of: channel, limit: limit)
      return try store.print { try render(attempts, as: $0, style: $1) }
    }
    let events = try history.alertEvents(limit: limit)
    try store.print { try render(events, as: $0, style: $1) }
  }
}

extension AlertRecord.State: ExpressibleByArgument {}
extension AlertSeverity: ExpressibleByArgument {}
