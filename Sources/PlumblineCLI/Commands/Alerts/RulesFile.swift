import ArgumentParser
import Foundation
import Monitoring

/// The file of rules a command takes in place of the configuration's.
struct RulesFile: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "A file of rules; the configuration's, or the default ones, where left out.",
      valueName: "file"))
  var path: String?

  /// Its rules; nil where none is named.
  func read() throws -> [AlertRule]? {
    try path.map { path in
      try ConfigurationReader.rules(
        TextFile.read(path), path: path, environment: ProcessInfo.processInfo.environment)
    }
  }
}
