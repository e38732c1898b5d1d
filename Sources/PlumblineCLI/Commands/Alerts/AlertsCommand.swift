import Alerting
import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

struct AlertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alerts",
    abstract: "See alerts, take them on, silence them, and tune their rules.",
    discussion: """
      Reads and writes the data folder of a service on this machine, which may run or not.

      Examples:
        plumbline alerts list
        plumbline alerts ack 6f1c… --by ada
        plumbline alerts silence add model_name=fraud --for 2h --by ada --comment "load test"
        plumbline alerts test oncall --config plumbline.yaml
        plumbline alerts replay --rules rules.yaml --history plumbline-data/history.db
      """,
    subcommands: [
      AlertsListCommand.self, AlertsShowCommand.self, AlertsAckCommand.self,
      AlertsSilenceCommand.self, AlertsHistoryCommand.self, AlertsTestCommand.self,
      AlertsReplayCommand.self, AlertsThresholdsCommand.self, AlertsExportCommand.self,
    ])
}

/// Where the service keeps alerts.
struct AlertStoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The service's data folder; the configuration's, or plumbline-data.", valueName: "folder"))
  var dataFolder: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  /// - Parameter reads: whether the command only reads: then the file stays as it is.
  func open(toRead reads: Bool = false) throws -> History {
    let folder = try dataFolder ?? output.configuration(using: ["service"]).service.dataFolder
    let path = folder + "/history.db"
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError.unreadable(
        path: path, reason: "there is no such file: the service has not run there")
    }
    return try reads ? History(reading: path) : History(path: path)
  }

  /// Prints what `render` makes for the format that is asked for.
  func print(_ render: (OutputFormat, TerminalStyle) throws -> String) throws {
    guard !output.quiet else { return }
    try Console.write(render(output.format ?? .table, Console.style))
  }
}

/// What is wrong with what was said of alerts.
enum AlertsError: ExplainedError {
  case noSuchAlert(text: String)
  case ambiguous(text: String, count: Int)
  case notFiring(rule: String)
  case takenBefore(rule: String, by: String, at: Instant?)
  case noName(option: String)
  /// The data folder has alerts of rules that are not among the default ones, and no configuration is named.
  case unknownRules(names: [String])
  case noSuchSilence(id: Int64)
  case noSilence(reason: String)
  case noSuchChannel(name: String, known: [String])
  case noSuchRule(name: String, known: [String])

  var code: String {
    switch self {
    case .noSuchAlert, .ambiguous: "no_such_alert"
    case .notFiring: "not_firing"
    case .takenBefore: "already_acknowledged"
    case .noName: "invalid_name"
    case .unknownRules: "no_configuration"
    case .noSuchSilence: "no_such_silence"
    case .noSilence: "invalid_silence"
    case .noSuchChannel: "no_such_channel"
    case .noSuchRule: "no_such_rule"
    }
  }

  var what: String {
    switch self {
    case .noSuchAlert(let text): "there is no alert whose id begins with `\(text)`"
    case .ambiguous(let text, let count): "\(count) alerts have ids that begin with `\(text)`"
    case .notFiring(let rule): "the alert of \(rule) does not fire"
    case .takenBefore(let rule, let by, let at):
      "\(by) has acknowledged the alert of \(rule) already"
        + (at.map { ", at \($0.iso8601)" } ?? "")
    case .noName(let option): "\(option) is no name"
    case .unknownRules(let names):
      "no configuration is named, and the data folder knows rules that are not default ones: "
        + names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
    case .noSuchSilence(let id): "there is no silence \(id) that has not ended"
    case .noSilence(let reason): reason
    case .noSuchRule(let name, let known):
      "there is no rule `\(name)`, but \(known.joined(separator: ", "))"
    case .noSuchChannel(let name, let known):
      known.isEmpty
        ? "the configuration has no channels"
        : "the configuration has no channel `\(name)`, but \(known.joined(separator: ", "))"
    }
  }

  var mend: String {
    switch self {
    case .noSuchAlert, .notFiring: "see `plumbline alerts list`"
    case .takenBefore: "leave it to them, or take it over with --take-over"
    case .noName: "give \(Person.expected)"
    case .unknownRules: "name the service's configuration with --config or PLUMBLINE_CONFIG"
    case .ambiguous: "write more of the id"
    case .noSuchSilence: "see `plumbline alerts silence list`"
    case .noSilence: "see `plumbline help alerts silence add`"
    case .noSuchRule: "name one that is there; --config says which there are"
    case .noSuchChannel: "add it to alerting.channels, or name one that is there"
    }
  }
}

extension OutputOptions {
  /// Refuses a format that has no form for what a command shows.
  func refuse(_ format: OutputFormat) throws {
    guard self.format == format else { return }
    let others = OutputFormat.allCases.filter { $0 != format }.map(\.rawValue)
    throw ValidationError(
      "this has no form in \(format.rawValue): --format takes \(others.joined(separator: ", ")) here"
    )
  }
}

extension History {
  /// The alert whose fingerprint begins so, as people type it.
  func alert(beginning text: String) throws -> KeptAlert {
    let found = try alerts().filter { $0.record.fingerprint.hasPrefix(text) }
    guard let first = found.first, !text.isEmpty else {
      throw AlertsError.noSuchAlert(text: text)
    }
    guard found.count == 1 else { throw AlertsError.ambiguous(text: text, count: found.count) }
    return first
  }
}
