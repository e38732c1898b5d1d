import DataSources
import Foundation
import Reporting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The terminal, or what stands for it.
enum Console {
  /// - Throws: ``FileError`` where the output is full or gone.
  static func write(_ text: String) throws(FileError) { try write(bytes: Array(text.utf8)) }

  static func write(bytes: [UInt8]) throws(FileError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    } catch {
      throw .unwritable(path: "standard output", reason: SystemReason.text(error))
    }
  }

  static func error(_ text: String) {
    // Where even errors cannot be said, the exit code still tells.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Colour on a terminal that has not asked for none; as wide as the terminal.
  static var style: TerminalStyle {
    let environment = ProcessInfo.processInfo.environment
    let asksForNone =
      !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    return TerminalStyle(
      color: outputIsTerminal && !asksForNone, width: outputIsTerminal ? terminalWidth : nil)
  }

  private static var terminalWidth: Int? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

extension Console {
  /// Takes the places of standard streams that are closed, so that no file of ours is opened there and
  /// written to in their stead; whoever uses one is told that it is closed.
  static func holdClosedStreams() {
    for (stream, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(stream, F_GETFD) == -1 {
      // The lowest number that is free, which is this one.
      _ = open("/dev/null", mode)
    }
  }

  /// Text on standard error without a line end.
  static func errorPart(_ text: String) {
    // As above; and what writes without `try` ends the process where the stream is closed.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
