import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List and show runs that were kept with --history.",
    discussion: "Example: plumbline history list --history runs.db",
    subcommands: [List.self, Show.self])

  /// Where runs are kept.
  struct File: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The SQLite file runs are kept in. Without one, the configuration or PLUMBLINE_HISTORY "
          + "names it.", valueName: "file"))
    var history: String?

    func path(_ configuration: Configuration) throws -> String {
      let path =
        history ?? ProcessInfo.processInfo.environment["PLUMBLINE_HISTORY"]
        ?? configuration.history
      guard let path, !path.isEmpty else {
        throw ValidationError("--history has to name the file runs are kept in")
      }
      return path
    }

    func open(_ configuration: Configuration) throws -> History {
      let path = try path(configuration)
      guard FileManager.default.fileExists(atPath: path) else {
        throw FileError.unreadable(path: path, reason: "there is no such file")
      }
      return try History(reading: path)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List kept runs, newest first.",
      discussion: "Example: plumbline history list --history runs.db --limit 20")

    @OptionGroup var file: File

    @Option(help: ArgumentHelp("How many runs at most.", valueName: "n"))
    var limit = 50

    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
      if limit < 1 { throw ValidationError("--limit takes a whole number above 0") }
    }

    func run() throws {
      let runs = try file.open(output.configuration()).list(limit: limit)
      guard !output.quiet else { return }
      try Console.write(render(runs, as: output.format ?? .table, style: Console.style))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one kept run as it was printed.",
      discussion: "Example: plumbline history show 12 --history runs.db --format json")

    @Argument(help: "The run's number, as the list has it.")
    var id: Int64

    @OptionGroup var file: File

    @Option(help: ArgumentHelp("Also write a report to look at.", valueName: "file"))
    var html: String?

    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
      let configuration = try output.configuration()
      try OutputFiles.check(
        [("--html", html)],
        reads: [try file.path(configuration), output.configurationPath])
      let run = try file.open(configuration).run(id)
      if let html {
        try TextFile.write(
          renderHTML(
            run.report, generatedAt: run.createdAt, version: plumblineVersion), to: html)
      }
      guard !output.quiet else { return }
      try Console.write(render(run.report, as: output.format ?? .table, style: Console.style))
    }
  }
}
