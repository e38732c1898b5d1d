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

  private func evidence(_ configuration: Configuration) throws -> DiagnosisEvidence {
    var evidence = DiagnosisEvidence()
    let sources = SourceOpener(connections: configuration.connections)
    if let reference, let current {
      let reader = try reader(reference, current, sources, configuration)
      (evidence.tables, evidence.labelDelay) = try reader.read()
      evidence.results += configuration.diagnosis.checks.map {
        $0.run(current: reader.current, reference: reader.reference)
      }
    } else if reference != nil {
      throw ValidationError("the reference comes with the current rows: two sources, or none")
    } else if referenceSql != nil || currentSql != nil {
      throw ValidationError(
        "--reference-sql and --current-sql are queries over two sources: name them")
    }
    if let history {
      guard FileManager.default.fileExists(atPath: history) else {
        throw FileError.unreadable(path: history, reason: "there is no such file")
      }
      try History(reading: history).add(to: &evidence, model: model)
    }
    if let metrics {
      let relation = try sources.open(metrics, sql: nil, option: "--metrics")
      evidence.metrics += try samples(relation)
    }
    if let settings = try prometheus(configuration) {
      evidence.metrics += try InfrastructureReader(settings, model: model).samples(
        from: evidence.tables?.firstTime, until: .now)
    }
    if let infrastructure { evidence.infrastructure = try Self.figures(infrastructure) }
    if let deployments { evidence.deployments = try Self.deployments(deployments) }
    guard evidence.tables != nil || !evidence.metrics.isEmpty || !evidence.infrastructure.isEmpty
    else { throw ValidationError("there is nothing to go by: " + whatIsMissing) }
    return evidence
  }

  /// What was given and holds nothing; else what could be given.
  private var whatIsMissing: String {
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

  /// Metrics over time, of a table whose columns have the names they are to have.
  private func samples(_ relation: Relation) throws -> [MetricSample] {
    let reader = SampleReader(relation)
    do {
      return try reader.read().samples
    } catch MonitoringError.noSuchColumn(let name, _, let source, _) where name == reader.timestamp
    {
      // No option of this command names the column.
      throw MonitoringError.noMetrics(
        source: source, reason: "it has no column `\(reader.timestamp)`")
    }
  }

  private func reader(
    _ reference: String, _ current: String, _ sources: SourceOpener,
    _ configuration: Configuration
  ) throws -> DiagnosisReader {
    var options = PerformanceOptions()
    try labels.apply(to: &options)
    try predicted.apply(to: &options)
    var reader = DiagnosisReader(
      reference: try sources.open(reference, sql: referenceSql, option: "--reference-sql"),
      current: try sources.open(current, sql: currentSql, option: "--current-sql"),
      labels: try labels.labels.map {
        try sources.open($0, sql: labels.labelsSql, option: "--labels-sql")
      }, options: options)
    reader.schema = configuration.drift.schema
    reader.schema.ignored += (ignore ?? "").split(separator: ",").map(String.init)
    reader.version = versionColumn
    reader.loss = loss
    return reader
  }

  /// Which Prometheus is asked: the flag's, else the configuration's.
  private func prometheus(
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

  private static func figures(_ text: String) throws -> [String: InfrastructureFigure] {
    var figures: [String: InfrastructureFigure] = [:]
    for pair in text.split(separator: ",") {
      let sides = pair.split(separator: "=", maxSplits: 1)
      let numbers = sides.last?.split(separator: ":").map { Double($0) } ?? []
      guard sides.count == 2, (1...2).contains(numbers.count),
        let value = numbers[0], value.isFinite
      else {
        throw ValidationError(
          "--infrastructure takes name=now:usual,…, such as cpu_utilization=96:40, not `\(pair)`")
      }
      figures[String(sides[0])] = InfrastructureFigure(
        value: value, baseline: numbers.count > 1 ? numbers[1] : nil)
    }
    return figures
  }

  private static func deployments(_ path: String) throws -> [Deployment] {
    do {
      return try JSONDecoder().decode(
        [Deployment].self, from: Data(TextFile.read(path).utf8))
    } catch is DecodingError {
      throw FileError.unreadable(
        path: path,
        reason: "it is no JSON list of {\"at\": \"2026-11-24T10:00:00Z\", \"version\": \"v2\"}")
    }
  }
}

extension DiagnosisLoss: ExpressibleByArgument {}
