import Alerting
public import ArgumentParser
import DataSources
import Foundation
public import Monitoring
import Reporting
import Store

struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Say why a model got worse: which cause, since when, what to do.",
    discussion: """
      Compares the rows of a good time with those of a bad one, and looks at all else that is known: \
      metrics and alerts a service kept, machines, deployments. What is not known is said, never taken \
      for healthy.

      Examples:
        plumbline diagnose spring.parquet july.parquet --target late --probability p --html why.html
        plumbline diagnose spring.parquet july.parquet --target late --prediction guess \\
          --timestamp departed --version-column model_version --deployments deployments.json \\
          --infrastructure cpu_utilization=96:40,latency_p99_ms=850:120
        plumbline diagnose --history plumbline-data/history.db --model fraud
      """)

  @Argument(help: "Rows of a time when the model was good.")
  var reference: String?

  @Argument(help: "Rows of the time in question.")
  var current: String?

  @OptionGroup(title: "Labels") var labels: LabelFlags

  @OptionGroup(title: "Predictions") var predicted: PredictionFlags

  @Option(help: "What is explained: zero_one, brier, log_loss, squared_error, absolute_error.")
  var loss: DiagnosisLoss?

  @Option(help: ArgumentHelp("The column of the model's version.", valueName: "column"))
  var versionColumn: String?

  @Option(help: ArgumentHelp("Columns that are no features.", valueName: "a,b"))
  var ignore: String?

  @Option(
    help: ArgumentHelp(
      "A query over the reference; a file's rows are `source`.", valueName: "sql"))
  var referenceSql: String?

  @Option(help: ArgumentHelp("A query over the current rows.", valueName: "sql"))
  var currentSql: String?

  @Option(
    help: ArgumentHelp("Metrics and alerts that were kept, as by a service.", valueName: "file"))
  var history: String?

  @Option(help: ArgumentHelp("With --history: only of this model.", valueName: "name"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Metrics over time: a table with timestamp, metric and value, or a column for each.",
      valueName: "source"))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "Figures of machines now, with what is usual behind a colon: cpu_utilization, "
        + "memory_utilization, gpu_utilization (percent), latency_p99_ms, error_rate, "
        + "requests_per_second.", valueName: "name=now:usual,…"))
  var infrastructure: String?

  @Option(
    help: ArgumentHelp(
      "A Prometheus that knows machines and traffic, as http://localhost:9090.",
      valueName: "url"))
  var prometheus: String?

  @Option(
    help: ArgumentHelp(
      "With --prometheus: an expression for one of the figures; may be given several times.",
      valueName: "name=promql"))
  var prometheusQuery: [String] = []

  @Option(
    help: ArgumentHelp(
      "What was deployed when: a JSON list of {at, version, config, dependencies}.",
      valueName: "file"))
  var deployments: String?

  @OptionGroup(title: "Report") var files: ReportFlags
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let configuration = try output.configuration()
    try files.check(
      reads: [
        reference, current, labels.labels, history, metrics, deployments, output.configurationPath,
      ])
    var options = configuration.diagnosis.options
    if let seed = predicted.seed { options.seed = seed }
    let report = Diagnosis(options: options).run(try evidence(configuration))
    try files.write(report) { now in
      try renderHTML(
        report, title: "Root cause analysis", generatedAt: now, version: plumblineVersion)
    }
    if !output.quiet {
      try Console.write(render(report, as: output.format ?? .table, style: Console.style))
    }
    let failOn = files.failOn(configuration) ?? .never
    // A diagnosis that came to no verdict is an answer, unless a verdict was asked for.
    guard report.status != .unknown || failOn != .never else { return }
    throw ExitCode(failOn.exitStatus(for: report.status))
  }

  /// What was given and holds nothing; else what could be given.
  var whatIsMissing: String {
    let given = [
      history.map { "the history \($0)" }, metrics.map { "--metrics \($0)" },
      prometheus.map { "the Prometheus at \($0)" },
    ].compactMap(\.self)
    guard !given.isEmpty else {
      return "give two sources of rows, --history, --metrics, --prometheus or --infrastructure"
    }
    return "no metric\(model.map { " of the model \($0)" } ?? "") is in "
      + given.joined(separator: ", nor in ")
      + "; give two sources of rows, or figures with --infrastructure"
  }

  /// Which Prometheus is asked: the flag's, else the configuration's.
  func prometheus(
    _ configuration: Configuration
  ) throws -> DiagnosisConfiguration.Prometheus? {
    var settings = configuration.diagnosis.prometheus
    if let prometheus, settings?.address != prometheus {
      settings = DiagnosisConfiguration.Prometheus(address: prometheus)
    }
    let own = configuration.models.first { $0.name == model }?.diagnosis.queries ?? [:]
    settings?.queries.merge(own) { $1 }
    for pair in prometheusQuery {
      let sides = pair.split(separator: "=", maxSplits: 1)
      guard sides.count == 2 else {
        throw ValidationError("--prometheus-query takes name=promql, not `\(pair)`")
      }
      settings?.queries[String(sides[0])] = String(sides[1])
    }
    return settings
  }
}

extension DiagnosisLoss: ExpressibleByArgument {}
