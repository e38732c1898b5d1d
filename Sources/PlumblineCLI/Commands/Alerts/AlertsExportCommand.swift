import Alerting
import ArgumentParser
import Foundation
import Monitoring
import Reporting

struct AlertsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the rules as Prometheus alerting rules.",
    discussion: """
      They ask for the gauges the service shows at /metrics. Prometheus 2.42 or later reads them.

      Where a service has put a threshold in force in place of a rule's own, it is exported, and the file says so.

      Example:
        plumbline alerts export --config plumbline.yaml > plumbline.rules.yml
      """)

  @OptionGroup var rules: RulesFile

  @Option(
    help: ArgumentHelp(
      "How often Prometheus will look: consecutive failures become a time by it.",
      valueName: "time"))
  var interval: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "The data folder of the service whose thresholds are in force; the configuration's where it is there.",
      valueName: "folder"))
  var dataFolder: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write; standard output.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A configuration file (YAML). Without one, PLUMBLINE_CONFIG names it.", valueName: "file"))
  var config: String?

  func run() throws {
    let named = config ?? ProcessInfo.processInfo.environment["PLUMBLINE_CONFIG"]
    try OutputFiles.check([("--output", output)], reads: [rules.path, named])
    let options = try OutputOptions.parse(config.map { ["--config", $0] } ?? [])
    // A file of rules needs no configuration: one the environment names may be another service's.
    let configuration = rules.path == nil || config != nil ? try options.configuration() : nil
    let exported = try rules.read() ?? configuration?.alerting.rules ?? []
    let conditions = try ConditionsInForce.read(
      for: exported, from: dataFolder.map { $0 + "/history.db" }, else: configuration)
    let prometheus = PrometheusRules(
      rules: exported, evaluationInterval: interval, conditions: conditions)
    for rule in exported {
      guard let condition = conditions[rule.name] else { continue }
      Console.error("note: \(rule.name): \(rule.replaced(by: condition))")
    }
    for left in prometheus.leftOut {
      Console.error("warning: \(left.rule) is left out: \(left.reason)")
    }
    let yaml = try prometheus.yaml
    if let output {
      try TextFile.write(yaml, to: output)
    } else {
      try Console.write(yaml)
    }
  }
}
