import ArgumentParser

/// The root of the command line.
struct PlumblineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumbline",
    abstract: "Production monitoring for machine-learning models.",
    discussion: """
      Has the data drifted, which columns, how badly, and what to do about it:

        plumbline drift reference.parquet current.parquet --html report.html

      Exit codes: 0 fine, 1 the finding asked about (--fail-on), 2 could not tell or bad usage.
      """,
    version: plumblineVersion,
    subcommands: [
      DriftCommand.self, PerformanceCommand.self, ExperimentCommand.self, DiagnoseCommand.self,
      RunCommand.self, HistoryCommand.self, ServeCommand.self, AlertsCommand.self,
      DoctorCommand.self, HealthCommand.self, CheckConfigCommand.self, ExportCommand.self,
      VersionCommand.self,
    ])
}
