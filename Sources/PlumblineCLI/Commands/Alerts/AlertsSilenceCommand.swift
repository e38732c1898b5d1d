import Alerting
import ArgumentParser
import Monitoring
import Reporting
import Store

struct AlertsSilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence",
    abstract: "Tell nobody of some alerts for a time.",
    discussion: """
      Examples:
        plumbline alerts silence add model_name=fraud severity!=critical --for 2h --by ada
        plumbline alerts silence list
        plumbline alerts silence end 3
      """,
    subcommands: [Add.self, List.self, End.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Silence alerts with some labels.",
      discussion: """
        Matchers are label=value, label!=value, label=~regex and label!~regex; all have to match.

        Example:
          plumbline alerts silence add model_name=fraud --for 2h --by ada --comment "load test"
        """)

    @Argument(help: "Which labels, such as model_name=fraud.")
    var matchers: [String]

    @Option(
      name: .customLong("for"), help: ArgumentHelp("How long: 45m, 2h, 1d.", valueName: "time"))
    var duration: String?

    @Option(help: ArgumentHelp("Until when.", valueName: "time"))
    var until: Instant?

    @Option(help: ArgumentHelp("From when; now where left out.", valueName: "time"))
    var from: Instant?

    @Option(help: ArgumentHelp("Who silences them.", valueName: "name"))
    var by: String

    @Option(help: ArgumentHelp("Why.", valueName: "text"))
    var comment: String?

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let history = try store.open()
      var silence = try SilenceRequest(
        matchers: matchers, startsAt: from, endsAt: until, duration: duration, createdBy: by,
        comment: comment
      ).silence(at: .now, else: AlertsError.noSilence(reason:))
      silence.id = try history.add(silence)
      try store.print { format, style in
        format == .json
          ? try json(silence) : try render([silence], as: format, style: style)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List silences that have not ended.",
      discussion: "Example: plumbline alerts silence list --all")

    @Flag(help: "Those that have ended too.")
    var all = false

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      let silences = try store.open(toRead: true).silences(notEndedAt: all ? nil : .now)
      try store.print { try render(silences, as: $0, style: $1) }
    }
  }

  struct End: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End a silence now.", discussion: "Example: plumbline alerts silence end 3")

    @Argument(help: "The silence's id.")
    var id: Int64

    @OptionGroup var store: AlertStoreOptions

    func run() throws {
      try store.output.refuse(.junit)
      guard try store.open().endSilence(id, at: .now) else {
        throw AlertsError.noSuchSilence(id: id)
      }
      try store.print { format, style in
        format == .json ? try json(["ended": id]) : "Silence \(id) has ended.\n"
      }
    }
  }
}
