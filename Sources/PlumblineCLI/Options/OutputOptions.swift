public import ArgumentParser
public import Reporting

/// Options every command has.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to print the result: \(OutputFormat.allValues); table unless the command says otherwise.",
      valueName: "format"))
  var format: OutputFormat?

  @Flag(help: "Print nothing but errors; the exit code tells.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "A configuration file (YAML). Without one, PLUMBLINE_CONFIG names it.", valueName: "file"))
  var config: String?
}

extension OutputFormat: ExpressibleByArgument {
  fileprivate static var allValues: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
