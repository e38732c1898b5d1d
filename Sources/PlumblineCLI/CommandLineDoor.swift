import ArgumentParser
import DataSources
import Foundation

/// Runs the command line: the one place where errors become text and an exit code.
public enum CommandLineDoor {
  /// Parses `arguments`, runs the command and returns the process's exit code.
  public static func run(_ arguments: [String]) -> Int32 {
    do {
      var command = try PlumblineCommand.parseAsRoot(arguments)
      try command.run()
      return ExitStatus.fine
    } catch let finding as ExitCode {
      return finding.rawValue
    } catch let error as any ExplainedError {
      Console.error("error: \(error.what); \(error.mend)")
      return ExitStatus.couldNotTell
    } catch {
      return report(error)
    }
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
