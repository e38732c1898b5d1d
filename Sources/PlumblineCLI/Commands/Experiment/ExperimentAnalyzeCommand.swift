import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

struct ExperimentAnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "What an experiment has shown so far, and what to do.",
    discussion: """
      Rows are observations, or units. Shards can be read apart: --state-out keeps what one adds up \
      to, --state adds it to others.

      Examples:
        plumbline experiment analyze results.parquet --config experiment.yaml \\
          --variant variant --metric converted
        plumbline experiment analyze results.parquet --config experiment.yaml \\
          --variant variant --metric revenue --unit user_id --covariate revenue_before \\
          --timestamp ts --history experiments.db --html report.html
        plumbline experiment analyze --config experiment.yaml \\
          --state monday.json --state tuesday.json
      """)

  @Argument(help: "Where the observations are; left out where states are given.")
  var source: String?

  @Option(
    name: .customLong("config"), help: ArgumentHelp("The experiment (YAML).", valueName: "file"))
  var experiment: String?

  @Option(
    help: ArgumentHelp("The column that says which variant a row is of.", valueName: "column"))
  var variant: String?

  @Option(
    help: ArgumentHelp("Columns of metrics, the first deciding.", valueName: "a,b"))
  var metric: String?

  @Option(help: ArgumentHelp("The column of the unit that was assigned.", valueName: "column"))
  var unit: String?

  @Option(
    help: ArgumentHelp(
      "A column known before the experiment, to take out noise.", valueName: "column")
  )
  var covariate: String?

  @Option(help: ArgumentHelp("The column of times, to show it over days.", valueName: "column"))
  var timestamp: String?

  @Option(
    help: ArgumentHelp("A query over the source; a file's rows are `source`.", valueName: "sql"))
  var sql: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("What a shard added up to; may be repeated.", valueName: "file"))
  var state: [String] = []

  @Option(help: ArgumentHelp("Also keep what this adds up to.", valueName: "file"))
  var stateOut: String?

  @Option(help: ArgumentHelp("Keeps looks in this SQLite file.", valueName: "file"))
  var history: String?

  @Option(help: ArgumentHelp("Also write a report to look at.", valueName: "file"))
  var html: String?

  @Option(help: "Exit with 1 at this status or worse: degraded, critical, never.")
  var failOn: FailOn?

  @Option(help: "How to print the result: table, json, markdown, junit.")
  var format: OutputFormat = .table

  @Flag(help: "Print nothing but errors; the exit code tells.")
  var quiet = false

  func run() throws {
    try OutputFiles.check(
      [("--html", html), ("--state-out", stateOut), ("--history", history)],
      reads: [source, experiment] + state.map(Optional.some))
    let config = try planned()
    let state = try read(config)
    if let stateOut { try TextFile.write(Reporting.json(state), to: stateOut) }
    let kept = try history.map { try History(path: $0) }
    let earlier = try kept?.looks(of: config.experimentID) ?? []
    let analysis = ExperimentAnalysis(config: config, state: state, earlierLooks: earlier)
    let report = analysis.report()
    try kept?.add(
      analysis.look(in: report), of: config.experimentID, at: Instant.now.iso8601)
    if let html {
      try TextFile.write(
        renderHTML(
          report, title: "Experiment \(config.experimentID)", generatedAt: Instant.now.iso8601,
          version: plumblineVersion), to: html)
    }
    if !quiet { try Console.write(render(report, as: format, style: Console.style)) }
    throw ExitCode((failOn ?? .never).exitStatus(for: report.status))
  }

  /// The plan, with what flags say over it.
  private func planned() throws -> ExperimentConfig {
    guard let experiment else { throw ValidationError("--config names the experiment's file") }
    var config = try ExperimentCommand.config(experiment)
    if let metric {
      let known = Dictionary(
        config.metrics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      config.metrics = ColumnList.names(metric).map { known[$0] ?? .init(name: $0) }
    }
    if let unit { config.unit = unit }
    if let covariate { config.covariate = covariate }
    guard !config.metrics.isEmpty else {
      throw ValidationError("--metric names what is compared, or metrics in the experiment's file")
    }
    return config
  }

  private func read(_ config: ExperimentConfig) throws -> ExperimentState {
    var whole = ExperimentState(experimentID: config.experimentID)
    for path in state {
      do {
        try whole.merge(
          JSONDecoder().decode(ExperimentState.self, from: Data(TextFile.read(path).utf8)))
      } catch is DecodingError {
        throw FileError.unreadable(
          path: path, reason: "it is no experiment's state, as --state-out writes one")
      }
    }
    guard let source else {
      guard !state.isEmpty else { throw ValidationError("name a source, or --state") }
      return whole
    }
    guard let variant else { throw ValidationError("--variant names the column of variants") }
    let reader = ExperimentReader(
      source: try SourceOpener().open(source, sql: sql, option: "--sql"), config: config,
      variantColumn: variant, timestamp: timestamp)
    try whole.merge(reader.read())
    return whole
  }
}
