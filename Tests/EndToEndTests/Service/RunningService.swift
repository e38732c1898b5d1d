import Foundation
import Support

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The service as a process of its own, on a free port.
final class RunningService: Sendable {
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }
  }

  struct NotStarted: Error, CustomStringConvertible {
    let code: Int32
    let errors: String
    var description: String { "exit code \(code): \(errors)" }
  }

  /// The binary that was built beside the tests.
  static let binary = Bundle.module.bundleURL.deletingLastPathComponent()
    .appendingPathComponent("plumbline")

  private let process: Process
  private let log: String
  let address: URL

  /// Starts the service with a configuration and waits until it listens.
  ///
  /// - Parameter fileKilobytes: what a file may grow to before writing fails, as on a full disk.
  init(
    _ folder: TemporaryFolder, _ service: String, environment: [String: String] = [:],
    fileKilobytes: Int? = nil
  ) throws {
    let config = try folder.write("plumbline.yaml", service)
    log = folder.path + "/service-\(UUID().uuidString).log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process = Process()
    if let fileKilobytes {
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = [
        "-c", "trap '' XFSZ; ulimit -f \(fileKilobytes); exec \"$@\"", "limited",
        Self.binary.path, "serve", "--config", config,
      ]
    } else {
      process.executableURL = Self.binary
      process.arguments = ["serve", "--config", config]
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var found: URL?
    while found == nil {
      found = Self.address(in: try Self.read(log))
      if found == nil, !process.isRunning {
        // What it said last may have come after the look.
        throw NotStarted(code: process.terminationStatus, errors: try Self.read(log))
      }
      if found == nil { Thread.sleep(forTimeInterval: 0.01) }
    }
    address = found ?? URL(fileURLWithPath: "/")
  }

  /// Starts the service of the model `fraud` with no rules but some.
  ///
  /// - Parameter alerting: the rules and channels, with whatever else there is to say of alerts.
  convenience init(
    _ folder: TemporaryFolder, alerting: String, environment: [String: String] = [:]
  ) throws {
    let keys = alerting.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    try self.init(
      folder,
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      models: [{name: fraud}]
      alerting:
        interval: 5s
        default_rules: false
      \(keys)
      """, environment: environment)
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  private static func read(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private static func address(in log: String) -> URL? {
    guard let start = log.range(of: "address=") else { return nil }
    return log[start.upperBound...].split(whereSeparator: \.isWhitespace).first
      .flatMap { URL(string: String($0)) }
  }

  /// What the service has written to its log so far.
  var logText: String { (try? Self.read(log)) ?? "" }

  /// Bytes of memory it has had at most.
  func peakMemory() throws -> Int {
    let status = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1_024
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end and gives the exit code.
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Sends a request; nil where no answer came.
  func request(
    _ method: String, _ path: String, body: Data? = nil, type: String? = nil,
    headers: [String: String] = [:], within seconds: Double = 20
  ) async -> Answer? {
    var request = URLRequest(
      url: URL(string: address.absoluteString + "/" + path) ?? address, timeoutInterval: seconds)
    request.httpMethod = method
    request.httpBody = body
    if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    return await withCheckedContinuation { continuation in
      URLSession.shared.dataTask(with: request) { data, response, _ in
        guard let response = response as? HTTPURLResponse else {
          return continuation.resume(returning: nil)
        }
        let headers = response.allHeaderFields.reduce(into: [String: String]()) {
          $0["\($1.key)".lowercased()] = "\($1.value)"
        }
        continuation.resume(
          returning: Answer(
            status: response.statusCode, headers: headers, body: data ?? Data()))
      }.resume()
    }
  }

  /// Sends predictions with some ids, an object on each line.
  func predict(_ ids: some Sequence<Int>, model: String = "fraud") async -> Answer? {
    let lines = ids.map {
      "{\"prediction_id\": \"p\($0)\", \"prediction\": \($0 % 2), \"features\": {\"x\": \($0)}}"
    }
    return await predict(lines, model: model)
  }

  /// Sends predictions with some ids that all went alike: `success` or `error`.
  func predict(
    _ ids: some Sequence<Int>, status: String, model: String = "fraud"
  ) async -> Answer? {
    await predict(
      ids.map { "{\"prediction_id\": \"p\($0)\", \"status\": \"\(status)\"}" }, model: model)
  }

  private func predict(_ lines: [String], model: String) async -> Answer? {
    await request(
      "POST", "v1/models/\(model)/predictions",
      body: Data(lines.joined(separator: "\n").utf8), type: "application/x-ndjson")
  }
}
