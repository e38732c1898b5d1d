import ArgumentParser
import Foundation
import Monitoring
import Reporting

/// What becomes of a report besides being printed, by flags.
struct ReportFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Also write a report to look at.", valueName: "file"))
  var html: String?

  @Option(
    help: ArgumentHelp("Also write the result as JSON, whatever is printed.", valueName: "file"))
  var json: String?

  @Option(help: "Exit with 1 at this status or worse: degraded, critical, never.")
  var failOn: FailOn?

  /// The flag, else what the configuration says.
  func failOn(_ configuration: Configuration) -> FailOn? {
    failOn ?? configuration.failOn.flatMap(FailOn.init)
  }

  /// Refuses files that would be written over each other, or over what the command reads.
  ///
  /// - Parameters:
  ///   - history: where the run is kept; nil where it is not.
  ///   - inputs: sources and files that are read.
  func check(history: String? = nil, reads inputs: [String?]) throws {
    try OutputFiles.check(
      [("--html", html), ("--json", json), ("--history", history)], reads: inputs)
  }

  /// Writes the files that were asked for.
  ///
  /// - Parameters:
  ///   - report: as JSON.
  ///   - page: makes the page, of the time it is made at.
  func write(_ report: some Encodable, page: (_ at: String) throws -> String) throws {
    if let html { try TextFile.write(page(Instant.now.iso8601), to: html) }
    if let json { try TextFile.write(Reporting.json(report), to: json) }
  }
}

/// The status at which a command's exit code tells.
enum FailOn: String, ExpressibleByArgument, CaseIterable {
  case degraded, critical, never

  /// 0 fine, 1 at the status asked about or worse, 2 where the status is unknown.
  func exitStatus(for status: Status) -> Int32 {
    switch (self, status) {
    case (_, .unknown): ExitStatus.couldNotTell
    case (.degraded, .degraded), (.degraded, .critical), (.critical, .critical): ExitStatus.finding
    default: ExitStatus.fine
    }
  }
}
