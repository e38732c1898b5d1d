public import ArgumentParser
public import Events
import Foundation
import Monitoring
import Reporting

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write events the service kept as Parquet files by day.",
    discussion: """
      Reads the data folder of a service that does not run; one that runs gives events at \
      GET /v1/models/MODEL/predictions.

      Example:
        plumbline export fraud --data-folder plumbline-data --to fraud-2026 --from 2026-01-01
      """)

  @Argument(help: "The model's name.")
  var model: String

  @Option(help: ArgumentHelp("predictions or labels.", valueName: "kind"))
  var kind = EventKind.predictions

  @Option(help: ArgumentHelp("A folder that is not there yet.", valueName: "folder"))
  var to: String

  @Option(help: ArgumentHelp("The first time that is wanted.", valueName: "time"))
  var from: Instant?

  @Option(help: ArgumentHelp("The first time that is wanted no more.", valueName: "time"))
  var until: Instant?

  @Option(
    help: ArgumentHelp(
      "The service's data folder; the configuration's, or plumbline-data.", valueName: "folder"))
  var dataFolder: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  private struct Answer: Encodable {
    let rows: Int
    let folder: String
  }

  func run() throws {
    let folder = try dataFolder ?? output.configuration().service.dataFolder
    // The files alone are enough: a journal that was lost is made of them again.
    guard ["events.db", "events"].contains(where: { Self.isThere("\(folder)/\($0)") }) else {
      throw FileError.unreadable(
        path: folder + "/events.db",
        reason: "there is no such file: the service has not run there")
    }
    var options = EventLog.Options()
    options.tidies = false
    let log = try EventLog(folder: folder, options: options, clock: { .now })
    defer { log.close() }
    Self.warn(of: log.recovery)
    let rows = try log.export(kind, of: model, from: from, until: until, to: to)
    guard !output.quiet else { return }
    let isJSON = output.format == .json
    try Console.write(
      isJSON ? json(Answer(rows: rows, folder: to)) : "\(rows) \(kind.rawValue) are in \(to).\n")
  }

  private static func isThere(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }

  /// Says what is not in an export that looks whole.
  private static func warn(of recovery: EventLog.Recovery) {
    if !recovery.adopted.isEmpty {
      Console.error(
        "warning: the journal was lost: what waited to be written to files is not among the events")
    }
    for (what, files) in [
      ("files the journal does not know", recovery.unknown),
      ("files that are gone or damaged", recovery.missing),
    ] {
      guard let first = files.first else { continue }
      let rest = files.count > 1 ? " and \(files.count - 1) more" : ""
      Console.error("warning: \(what) are left out: \(first)\(rest)")
    }
  }
}

extension EventKind: ExpressibleByArgument {}
