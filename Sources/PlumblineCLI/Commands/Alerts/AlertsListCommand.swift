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
    let all = try store.open().alerts().map(\.whole).filter { $0.state != .inactive }
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
    let history = try store.open()
    let alert = try history.alert(beginning: fingerprint)
    let events = try history.alertEvents(of: alert.record.fingerprint, limit: 100)
    try store.print {
      try render(AlertDetail(alert: alert.whole, events: events), as: $0, style: $1)
    }
  }
}

struct AlertsAckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack",
    abstract: "Take a firing alert on: it is not told again.",
    discussion: "Example: plumbline alerts ack 6f1c --by ada")

  @Argument(help: "The alert's id, or enough of its beginning.")
  var fingerprint: String

  @Option(help: ArgumentHelp("Who takes it on.", valueName: "name"))
  var by: String

  @OptionGroup var store: AlertStoreOptions

  func run() throws {
    let history = try store.open()
    let alert = try history.alert(beginning: fingerprint)
    guard
      let taken = try history.acknowledge(alert.record.fingerprint, by: by, at: .now)
    else { throw AlertsError.notFiring(rule: alert.record.rule) }
    try store.print { format, style in
      format == .json
        ? try json(taken) : "\(taken.rule) (\(taken.seriesText)) is taken on by \(by).\n"
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

  func run() throws {
    let history = try store.open()
    if deliveries {
      let attempts = try history.deliveryAttempts(of: channel, limit: max(0, limit))
      return try store.print { try render(attempts, as: $0, style: $1) }
    }
    let events = try history.alertEvents(limit: max(0, limit))
    try store.print { try render(events, as: $0, style: $1) }
  }
}

extension AlertRecord.State: ExpressibleByArgument {}
extension AlertSeverity: ExpressibleByArgument {}
