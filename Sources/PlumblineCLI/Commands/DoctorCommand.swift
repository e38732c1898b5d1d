import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Reporting

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Go through the debug checklist: what works, what does not, and what mends it.",
    discussion: """
      Asks the service, Prometheus, the links to runbooks and the places alerts are sent to, and reads \
      the configuration, the data folder and the references. Nobody is told anything, but for \
      --send-tests. A service that does not run is looked at by its data folder.

      Examples:
        plumbline doctor --config plumbline.yaml
        plumbline doctor --config plumbline.yaml --prometheus http://localhost:9090
        PLUMBLINE_TOKEN=… plumbline doctor --url https://plumbline.example.com --format json
        plumbline doctor --config plumbline.yaml --offline
        plumbline doctor --config plumbline.yaml --send-tests

      Exit codes: 0 nothing failed, 1 something failed (a warning too with --strict), 2 nothing could \
      be told.
      """)

  @Option(
    help: ArgumentHelp(
      "Where the service is; else where the configuration has it listen.", valueName: "address"))
  var url: String?

  @Option(
    help: ArgumentHelp(
      "A file with a token of the service's; else PLUMBLINE_TOKEN is one.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "Where Prometheus is; else PLUMBLINE_PROMETHEUS says so.", valueName: "address"))
  var prometheus: String?

  @Option(
    help: ArgumentHelp("A file with a bearer token for Prometheus.", valueName: "file"))
  var prometheusTokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The job Prometheus scrapes the service by, where the address does not tell.",
      valueName: "name"))
  var job = "plumbline"

  @Option(
    help: ArgumentHelp(
      "A file of certificates that are trusted for the service and Prometheus.", valueName: "file"))
  var certificateAuthority: String?

  @Option(
    help: ArgumentHelp(
      "The service's data folder; the configuration's, or plumbline-data.", valueName: "folder"))
  var dataFolder: String?

  @Option(help: ArgumentHelp("How far back is looked; 7d.", valueName: "span"))
  var since: TimeSpan?

  @Option(help: ArgumentHelp("Seconds an answer may take, 1 to 300.", valueName: "n"))
  var timeout = 5

  @Flag(
    help:
      "Ask neither the service nor Prometheus, runbooks and channels: look at files and sources alone."
  )
  var offline = false

  @Flag(help: "Send the marked test alert to every channel.")
  var sendTests = false

  @Flag(help: "Exit with 1 where there is a warning, too.")
  var strict = false

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...300).contains(timeout) else { throw ValidationError("--timeout takes 1 to 300") }
    guard !(offline && sendTests) else {
      throw ValidationError("--offline sends nothing: leave out --send-tests")
    }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    func setting(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    let visit = try Visit.make(
      VisitOptions(
        configurationPath: output.config ?? setting("PLUMBLINE_CONFIG"), url: url,
        token: try tokenFile.map(Self.secret) ?? setting("PLUMBLINE_TOKEN"),
        prometheus: prometheus ?? setting("PLUMBLINE_PROMETHEUS"),
        prometheusToken: try prometheusTokenFile.map(Self.secret), job: job,
        dataFolder: dataFolder, certificateAuthority: certificateAuthority,
        since: since ?? Self.week, timeoutSeconds: timeout, isOffline: offline,
        sendsTests: sendTests, environment: environment))
    let report = DoctorReport(
      checkedAt: visit.now, items: Checkups.all.flatMap { $0.items(visit) })
    if !output.quiet {
      try Console.write(render(report, as: output.format ?? .table, style: Console.style))
    }
    throw ExitCode(Self.exitStatus(report.status, isStrict: strict))
  }

  /// A constant: only a mistake of this file could make it none.
  private static var week: TimeSpan {
    guard let week = TimeSpan.days(7) else { preconditionFailure("a week is a span of time") }
    return week
  }

  private static func secret(_ path: String) throws -> String {
    try TextFile.read(path).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func exitStatus(_ status: DoctorReport.Status, isStrict: Bool) -> Int32 {
    switch status {
    case .ok: ExitStatus.fine
    case .warning: isStrict ? ExitStatus.finding : ExitStatus.fine
    case .failed: ExitStatus.finding
    case .unknown: ExitStatus.couldNotTell
    }
  }
}

/// Every part of the checklist, in its order.
enum Checkups {
  static let all: [any Checkup] = [
    InstallationCheckup(), MetricsCheckup(), DriftCheckup(), PerformanceCheckup(),
    AlertingCheckup(), ExperimentCheckup(),
  ]
}
