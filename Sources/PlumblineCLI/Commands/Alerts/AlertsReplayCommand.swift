import Alerting
import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

struct AlertsReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run rules over what was, before they page anyone.",
    discussion: """
      How often each rule would have fired and how long, how many messages that would have been, and, \
      where labels show when the model really was worse, what it would have caught, missed and cried \
      wolf about, beside always firing and never firing. Thresholds a service has put in force stand in place \
      of rules' own, and it is said of which.

      Examples:
        plumbline alerts replay --rules rules.yaml --history plumbline-data/history.db
        plumbline alerts replay --rules rules.yaml --samples metrics.parquet --from 2026-11-01
      """)

  @OptionGroup var rules: RulesFile

  @Option(
    help: ArgumentHelp(
      "A file runs and metrics were kept in; the service's where left out.", valueName: "file"))
  var history: String?

  @Option(
    help: ArgumentHelp(
      "Metrics over time instead: a table with timestamp, metric and value, or a column for each "
        + "metric; other columns are labels.", valueName: "source"))
  var samples: String?

  @Option(help: ArgumentHelp("With --samples: the column of times.", valueName: "column"))
  var timestamp = "timestamp"

  @Option(help: ArgumentHelp("The first time that is looked at.", valueName: "time"))
  var from: Instant?

  @Option(help: ArgumentHelp("The first time that is looked at no more.", valueName: "time"))
  var until: Instant?

  @Option(
    help: ArgumentHelp(
      "How much worse than its reference a model has to be to count as degraded.",
      valueName: "share"))
  var degraded = 0.05

  @Option(
    help: ArgumentHelp(
      "What an hour costs: missed=100,false=5.", valueName: "missed=X,false=Y"))
  var cost: Costs?

  @Option(
    help: ArgumentHelp(
      "The service's data folder; the configuration's, or plumbline-data.", valueName: "folder"))
  var dataFolder: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  /// Costs as people write them.
  struct Costs: ExpressibleByArgument {
    let value: AlertReplay.Costs

    init?(argument: String) {
      var costs: [String: Double] = [:]
      for part in argument.split(separator: ",") {
        let pair = part.split(separator: "=")
        guard pair.count == 2, let cost = Double(pair[1]), cost.isFinite, cost >= 0 else {
          return nil
        }
        costs[String(pair[0])] = cost
      }
      guard costs.count == 2, let missed = costs["missed"], let wasted = costs["false"] else {
        return nil
      }
      value = AlertReplay.Costs(missedHour: missed, falseHour: wasted)
    }
  }

  func validate() throws {
    guard degraded.isFinite, degraded >= 0 else {
      throw ValidationError("--degraded takes a share of at least 0, such as 0.05")
    }
    if let from, let until, from >= until {
      throw ValidationError("--from has to be before --until")
    }
  }

  func run() throws {
    try output.refuse(.junit)
    let configuration = try output.configuration()
    var alerting = configuration.alerting
    if let rules = try rules.read() { alerting.rules = rules }
    let found = try read(configuration)
    let conditions = try ConditionsInForce.read(
      for: alerting.rules, from: dataFolder.map { $0 + "/history.db" } ?? history,
      // Samples of somewhere else have nothing to do with a service that happens to run here.
      else: samples == nil || output.configurationPath != nil ? configuration : nil)
    let replay = AlertReplay(alerting, costs: cost?.value, conditions: conditions)
    let report = replay.run(
      found.samples,
      degradations: Degradation.found(in: found.samples, threshold: degraded),
      unreadableRows: found.unreadableRows)
    guard !output.quiet else { return }
    try Console.write(render(report, as: output.format ?? .table, style: Console.style))
    // Where there was nothing to replay nothing can be told.
    if found.samples.isEmpty { throw ExitCode(ExitStatus.couldNotTell) }
  }

  private func read(_ configuration: Configuration) throws -> SampleReader.Result {
    if let samples {
      let relation = try SourceOpener(connections: configuration.connections)
        .open(samples, sql: nil, option: "--samples")
      var read = try SampleReader(relation, timestamp: timestamp).read()
      read.samples.removeAll { sample in
        from.map { sample.at < $0 } ?? false || until.map { sample.at >= $0 } ?? false
      }
      return read
    }
    let path = history ?? (dataFolder ?? configuration.service.dataFolder) + "/history.db"
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError.unreadable(path: path, reason: "there is no such file")
    }
    return .init(
      samples: try History(reading: path).replaySamples(from: from, until: until),
      unreadableRows: 0)
  }
}
