import ArgumentParser
import Monitoring
import Reporting

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Name every mistake in a configuration file, with its line and mend.",
    discussion: """
      Example:
        plumbline check-config --config plumbline.yaml
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  private struct Answer: Encodable {
    let valid: Bool
  }

  func run() throws {
    let (configuration, mistakes, path) = try output.readableConfiguration()
    let all = mistakes.all + configuration.doubts
    guard all.isEmpty else {
      throw ConfigurationError(path: path, mistakes: all.sorted { $0.line < $1.line })
    }
    guard !output.quiet else { return }
    let isJSON = output.format == .json
    try Console.write(isJSON ? json(Answer(valid: true)) : "The configuration has no mistakes.\n")
  }
}
