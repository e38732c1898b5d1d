import Foundation
import Testing

@testable import Outbound

/// The strict stand-in for all providers: Fixtures/provider_server.py, one for all tests.
final class ProviderServer: Sendable {
  struct Ports: Decodable {
    var http: Int
    var https: Int
    /// Bound, and not listened on.
    var refused: Int
    var certificate: String
    var mail: [String: Int]
  }

  /// A request, and what of it is against the provider's contract.
  struct Request: Decodable {
    var method: String
    var path: String
    var query: String
    var headers: [String: String]
    var body: String
    var problems: [String]

    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }
  }

  struct Mail: Decodable {
    var sender: String
    var recipients: [String]
    var problems: [String]
    var headers: [String: String]
    var time: Int64
    var type: String
    var text: String?
    var html: String?
    var tls: Bool
    var user: String
  }

  private static let started = Result { try ProviderServer() }

  static var shared: ProviderServer { get throws { try started.get() } }

  let ports: Ports
  private let process = Process()
  // Its end tells the server that the tests are over.
  private let input = Pipe()

  private init() throws {
    let python = try #require(
      ProcessInfo.processInfo.environment["PLUMBLINE_TEST_PYTHON"],
      "run the tests with `make test`, which installs what they hold messages against")
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [
      "-B", Bundle.module.bundleURL.appendingPathComponent("Fixtures/provider_server.py").path,
    ]
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      line += data
    }
    try #require(
      line.contains(UInt8(ascii: "\n")),
      "the provider server did not start: `Scripts/bootstrap test-tools` installs what it needs")
    ports = try JSONDecoder().decode(Ports.self, from: line)
  }

  /// The base address at which a provider behaves in some way.
  func address(_ provider: String, _ behaviour: String, key: String, tls: Bool = false) -> String {
    let base = tls ? "https://127.0.0.1:\(ports.https)" : "http://127.0.0.1:\(ports.http)"
    return "\(base)/\(behaviour)/\(key)/\(provider)"
  }

  func requests(_ key: String) throws -> [Request] { try received(key) }

  func mails(_ key: String) throws -> [Mail] { try received(key) }

  private func received<Item: Decodable>(_ key: String) throws -> [Item] {
    var client = HTTPClient(timeoutMilliseconds: 30_000)
    // What came may be fifty alerts as long as they get.
    client.responseLimit = 1 << 26
    let answer = try client.send(
      HTTPRequest(method: "GET", url: "http://127.0.0.1:\(ports.http)/received/\(key)"))
    return try JSONDecoder().decode([Item].self, from: Data(answer.body))
  }
}
