import ArgumentParser
import Foundation
import Monitoring

struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Plan, assign and analyse experiments that compare models.",
    discussion: """
      Examples:
        plumbline experiment design --metric proportion --baseline 0.1 --mde 0.02
        plumbline experiment assign --config experiment.yaml < users.txt
        plumbline experiment analyze results.parquet --config experiment.yaml \\
          --variant variant --metric converted
        plumbline experiment boundaries --spending obrien_fleming --looks 0.5,1
      """,
    subcommands: [
      ExperimentDesignCommand.self, ExperimentAssignCommand.self, ExperimentAnalyzeCommand.self,
      ExperimentBoundariesCommand.self,
    ])

  /// Reads an experiment's file.
  static func config(_ path: String) throws -> ExperimentConfig {
    try ExperimentConfig.read(TextFile.read(path), path: path)
  }
}
