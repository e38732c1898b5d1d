import Foundation

/// A program that was run to its end: what it said, and how it ended.
public struct ToolRun {
  public let code: Int32
  public let output: String
  public let errors: String
  /// Whether it ended by itself, and not by a signal.
  public let hasExited: Bool

  public var all: String { output + errors }

  /// What was said as an object of JSON; empty where it is none.
  public var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
  }

  /// - Parameters:
  ///   - tool: where the program is.
  ///   - input: what is at its standard input, which ends then.
  ///   - environment: besides this process's own, or all there is where it is alone.
  ///   - place: the working directory; this process's where nil.
  public init(
    _ tool: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
    isAlone: Bool = false, at place: String? = nil
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.environment =
      isAlone
      ? environment : ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let place { process.currentDirectoryURL = URL(fileURLWithPath: place) }
    let (output, errors, source) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = source
    try process.run()
    // What fills one pipe while the other is read would wait for ever.
    let problems = DispatchQueue(label: "errors")
    nonisolated(unsafe) var said = Data()
    problems.async { said = errors.fileHandleForReading.readDataToEndOfFile() }
    source.fileHandleForWriting.write(Data(input.utf8))
    try source.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    problems.sync {}
    code = process.terminationStatus
    self.output = String(decoding: text, as: UTF8.self)
    self.errors = String(decoding: said, as: UTF8.self)
    hasExited = process.terminationReason == .exit
  }

  /// Runs the system's Python, which has the modules the tests' packages bring.
  public static func python(_ arguments: [String], input: String = "") throws -> ToolRun {
    try ToolRun("/usr/bin/python3", arguments, input: input)
  }

  /// Holds a document against one of `docs/schemas`; what is wrong with it is in what was said.
  public static func schema(_ schema: String, of document: String) throws -> ToolRun {
    let schemas = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/schemas").standardizedFileURL.path
    return try python(["\(schemas)/validate.py", "\(schemas)/\(schema).schema.json", document])
  }
}
