import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

struct DriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Compare current data with a reference, column by column.",
    discussion: """
      A source is a path or quoted pattern of .parquet, .csv, .tsv, .ndjson or .jsonl files, a \
      folder of them, - for NDJSON on standard input, DRIVER://… for a database, or the name of a \
      configured connection.

      Examples:
        plumbline drift january.parquet july.parquet --target label
        plumbline drift 'logs/*.parquet' today.csv --html report.html
        plumbline drift events.parquet --timestamp ts \\
          --reference-window 30d --current-window 1d
        plumbline drift postgresql://host/db postgresql://host/db \\
          --reference-sql "SELECT * FROM old" \\
          --current-sql "SELECT * FROM new"
      """)

  @Argument(help: "Where the reference is.")
  var reference: String

  @Argument(help: "Where current is; left out where both windows are cut out of the reference.")
  var current: String?

  @Option(
    help: ArgumentHelp("A query over the reference; a file's rows are `source`.", valueName: "sql"))
  var referenceSql: String?

  @Option(
    help: ArgumentHelp("A query over current; a file's rows are `source`.", valueName: "sql"))
  var currentSql: String?

  @OptionGroup(title: "Columns") var schema: SchemaFlags
  @OptionGroup(title: "Comparison") var drift: DriftFlags

  @Option(help: ArgumentHelp("Also keep the run in this SQLite file.", valueName: "file"))
  var history: String?

  @OptionGroup(title: "Report") var files: ReportFlags
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let configuration = try output.configuration()
    let history = history ?? configuration.history
    try files.check(history: history, reads: [reference, current, output.configurationPath])
    var options = configuration.drift
    schema.apply(to: &options.schema)
    try drift.apply(to: &options)
    let failOn = files.failOn(configuration) ?? .never

    let sources = SourceOpener(connections: configuration.connections)
    let check = DriftCheck(
      reference: try sources.open(reference, sql: referenceSql, option: "--reference-sql"),
      current: try currentRelation(sources), options: options)
    let progress = Progress(isEnabled: Console.errorIsTerminal && !output.quiet)
    let report = try check.run { progress.update($0, of: $1) }
    progress.finish()

    try keep(report, in: history)
    if !output.quiet {
      try Console.write(render(report, as: output.format ?? .table, style: Console.style))
    }
    throw ExitCode(failOn.exitStatus(for: report.status))
  }

  private func currentRelation(_ sources: SourceOpener) throws -> Relation? {
    if let current { return try sources.open(current, sql: currentSql, option: "--current-sql") }
    return try currentSql.map {
      try sources.open(reference, sql: $0, option: "--current-sql")
    }
  }

  /// Writes the files that were asked for.
  private func keep(_ report: DriftReport, in history: String?) throws {
    if let history {
      try History(path: history).add(
        Run(command: "drift", createdAt: Instant.now.iso8601, report: .drift(report)))
    }
    try files.write(report) { now in
      try renderHTML(
        report, title: "Drift report", generatedAt: now, version: plumblineVersion)
    }
  }
}

extension Instant {
  /// The clock's time, read at the door only.
  static var now: Instant {
    Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
