import Alerting
import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Carry out a monitoring request; the answer is JSON unless --format says otherwise.",
    discussion: """
      The request and the answer follow docs/schemas/run-request.schema.json and \
      run-response.schema.json.

      Example:
        echo '{"monitoring_type": "drift_detection",
               "drift_config": {"detection_method": "psi", "threshold": 0.2},
               "data": {"reference": "january.parquet", "current": "july.parquet"}}' \\
          | plumbline run
      """)

  @Argument(help: "A file with the request; left out or - for standard input.")
  var request: String?

  @Option(help: "Exit with 1 at this status or worse: degraded, critical, never.")
  var failOn: FailOn?

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let configuration = try output.configuration()
    let run = MonitoringRun(
      try RunRequest(json: readRequest()),
      sources: SourceOpener(connections: configuration.connections),
      diagnosis: configuration.diagnosis)
    let response = try run.response()
    if !output.quiet {
      try Console.write(render(response, as: output.format ?? .json, style: Console.style))
    }
    let failOn = failOn ?? configuration.failOn.flatMap(FailOn.init) ?? .never
    throw ExitCode(failOn.exitStatus(for: response.status))
  }

  private func readRequest() throws -> Data {
    if let request, request != "-" { return Data(try TextFile.read(request).utf8) }
    do {
      return try FileHandle.standardInput.readToEnd() ?? Data()
    } catch {
      throw FileError.unreadable(
        path: "standard input", reason: SystemReason.text(error))
    }
  }
}
