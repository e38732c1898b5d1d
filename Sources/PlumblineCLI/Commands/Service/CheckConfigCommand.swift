import Alerting
import ArgumentParser
import Monitoring
import PlumblineServer
import Reporting

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Name every mistake in a configuration file, with its line and mend.",
    discussion: """
      What the file names is looked for on this machine too: drivers, certificates, references, \
      secrets. No database is connected to.

      Examples:
        plumbline check-config --config plumbline.yaml
        plumbline check-config --config plumbline.yaml --format json
        plumbline check-config --config plumbline.yaml --format junit > configuration.xml

      Exit codes: 0 no mistakes, 2 mistakes or no file.
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  private struct Answer: Encodable {
    struct Line: Encodable {
      let line: Int
      let text: String
      let mend: String

      init(_ mistake: ConfigurationError.Mistake) {
        line = mistake.line
        text = mistake.text
        mend = mistake.mend ?? ConfigurationError.mend
      }
    }

    let valid: Bool
    let mistakes: [Line]
    let notes: [Line]
  }

  func run() throws {
    guard let path = output.configurationPath else {
      throw ValidationError("no file is given: name it with --config, or by PLUMBLINE_CONFIG")
    }
    let inspection = try output.inspection()
    let configuration = inspection.configuration
    let found =
      (inspection.all + inspection.refusals + configuration.doubts
      + Channels.mistakes(in: configuration))
      .sorted { $0.line < $1.line }
    if output.format == .junit, !output.quiet {
      try Console.write(ConfigurationJUnit(path: path, mistakes: found).render())
      guard found.isEmpty else { throw ExitCode(ExitStatus.couldNotTell) }
      return
    }
    if output.format == .json, !output.quiet {
      try Console.write(
        json(
          Answer(
            valid: found.isEmpty, mistakes: found.map(Answer.Line.init),
            notes: inspection.notes.map(Answer.Line.init))))
      guard found.isEmpty else { throw ExitCode(ExitStatus.couldNotTell) }
      return
    }
    let notes = inspection.notes.map { "note: line \($0.line): \($0.text)\n" }.joined()
    guard found.isEmpty else {
      if !output.quiet, !notes.isEmpty { Console.error(String(notes.dropLast())) }
      throw ConfigurationError(path: path, mistakes: found)
    }
    guard !output.quiet else { return }
    try Console.write("The configuration has no mistakes.\n" + notes)
  }
}
