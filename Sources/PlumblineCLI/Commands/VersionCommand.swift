import ArgumentParser
import Reporting

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version.",
    discussion: "Example: plumbline version --format json")

  @OptionGroup var output: OutputOptions

  func run() throws {
    switch output.format ?? .table {
    case .json: try Console.write(json(["version": plumblineVersion]))
    default: try Console.write("plumbline \(plumblineVersion)\n")
    }
  }
}
