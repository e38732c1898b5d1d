import ArgumentParser
import DataSources
import Foundation

/// Runs the command line: the one place where errors become text and an exit code.
public enum CommandLineDoor {
  /// Parses `arguments`, runs the command and returns the process's exit code.
  public static func run(_ arguments: [String]) -> Int32 {
    Console.holdClosedStreams()
    var running: (any ParsableCommand.Type)?
    do {
      var command = try PlumblineCommand.parseAsRoot(joiningNegatives(arguments))
      running = type(of: command)
      try command.run()
      return ExitStatus.fine
    } catch let finding as ExitCode {
      return finding.rawValue
    } catch let error as any ExplainedError {
      Console.error("error: \(error.what); \(error.mend)")
      return ExitStatus.couldNotTell
    } catch let error as ValidationError {
      Console.error("Error: \(error.message)" + (running.map { usage(of: $0) } ?? ""))
      return ExitStatus.couldNotTell
    } catch {
      return report(error)
    }
  }

  /// How a command is used, as what does not parse is answered with: the parser knows which command ran
  /// only while it parses.
  private static func usage(of command: any ParsableCommand.Type) -> String {
    let usage = PlumblineCommand.usageString(for: command)
    let name = usage.split(separator: " ").prefix { !"[<".contains($0.first ?? " ") }
      .joined(separator: " ")
    return "\nUsage: \(usage)\n  See '\(name) --help' for more information."
  }

  /// The arguments with a negative number after an option joined to it: `--threshold -1` is
  /// `--threshold=-1`, as no option is named by a number.
  static func joiningNegatives(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    var isOver = false
    for argument in arguments {
      if !isOver, let option = joined.last, option.hasPrefix("--"), !option.contains("="),
        argument.hasPrefix("-"), Double(argument) != nil
      {
        joined[joined.count - 1] = "\(option)=\(argument)"
      } else {
        joined.append(argument)
      }
      // What stands after it is no option.
      isOver = isOver || argument == "--"
    }
    return joined
  }

  /// Help and version go to standard output, usage errors to standard error.
  private static func report(_ error: any Error) -> Int32 {
    let message = PlumblineCommand.fullMessage(for: error)
    guard PlumblineCommand.exitCode(for: error) == .success else {
      Console.error(message)
      return ExitStatus.couldNotTell
    }
    do {
      try Console.write(message + "\n")
      return ExitStatus.fine
    } catch {
      Console.error("error: \(error)")
      return ExitStatus.couldNotTell
    }
  }
}

/// What the exit code says.
enum ExitStatus {
  static let fine: Int32 = 0
  static let finding: Int32 = 1
  static let couldNotTell: Int32 = 2
}
