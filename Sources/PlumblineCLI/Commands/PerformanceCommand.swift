import ArgumentParser
import DataSources
import Monitoring
import Reporting
import Store

struct PerformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "performance",
    abstract: "Measure how good predictions were, or estimate it before labels are in.",
    discussion: """
      Labels stand beside predictions (--target) or come apart and late (--labels, --id). Sources \
      are named as for plumbline drift.

      Examples:
        plumbline performance predictions.parquet --target late --probability p \\
          --reference spring.parquet --timestamp departed --chunk month
        plumbline performance predictions.parquet --probability p --id flight \\
          --labels labels.csv --target late --label-timestamp landed \\
          --timestamp departed --chunk week --estimate --reference spring.parquet
        plumbline performance prices.parquet --task regression --target paid \\
          --prediction price --segment region
      """)

  @Argument(help: "Where the predictions are.")
  var predictions: String

  @OptionGroup(title: "Labels") var labels: LabelFlags
  @OptionGroup(title: "Predictions") var predicted: PredictionFlags
  @OptionGroup(title: "Columns and metrics") var performance: PerformanceFlags

  @Option(
    help: ArgumentHelp(
      "Predictions of a time when the model was known to be good, with labels.",
      valueName: "source"))
  var reference: String?

  @Option(
    help: ArgumentHelp(
      "A query over the predictions; a file's rows are `source`.", valueName: "sql"))
  var sql: String?

  @Option(help: ArgumentHelp("A query over the reference.", valueName: "sql"))
  var referenceSql: String?

  @Option(help: ArgumentHelp("Also keep the run in this SQLite file.", valueName: "file"))
  var history: String?

  @OptionGroup(title: "Report") var files: ReportFlags
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let configuration = try output.configuration()
    try files.check(
      history: history, reads: [predictions, labels.labels, reference, output.configurationPath])
    var options = PerformanceOptions()
    try labels.apply(to: &options)
    try predicted.apply(to: &options)
    try performance.apply(to: &options)
    guard referenceSql == nil || reference != nil else {
      throw ValidationError("--reference-sql is a query over --reference: name where it is")
    }
    let sources = SourceOpener(connections: configuration.connections)
    let check = PerformanceCheck(
      predictions: try sources.open(predictions, sql: sql, option: "--sql"),
      labels: try labels.labels.map {
        try sources.open($0, sql: labels.labelsSql, option: "--labels-sql")
      },
      reference: try reference.map {
        try sources.open($0, sql: referenceSql, option: "--reference-sql")
      }, options: options)
    let report = try check.run()
    if let history {
      try History(path: history).add(
        Run(
          command: "performance", createdAt: Instant.now.iso8601, report: .performance(report)))
    }
    try files.write(report) { now in
      try renderHTML(
        report, title: "Performance report", generatedAt: now, version: plumblineVersion)
    }
    if !output.quiet {
      try Console.write(render(report, as: output.format ?? .table, style: Console.style))
    }
    throw ExitCode(exitStatus(report, files.failOn(configuration)))
  }

  /// Figures without a reference to judge them by are no failure unless a verdict was asked for.
  private func exitStatus(_ report: PerformanceReport, _ failOn: FailOn?) -> Int32 {
    let hasFigures = report.labelledRows > 0 || !report.estimates.isEmpty
    if report.status == .unknown, hasFigures, failOn == nil || failOn == .never {
      return ExitStatus.fine
    }
    return (failOn ?? .never).exitStatus(for: report.status)
  }
}
