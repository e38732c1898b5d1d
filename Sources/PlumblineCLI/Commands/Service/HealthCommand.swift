import ArgumentParser
import Foundation
import Monitoring
import Outbound
import Reporting

struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask the service on this machine whether it is ready, as a container's health check.",
    discussion: """
      Asks /readyz where the configuration has the service listen, over TLS where that is configured. \
      The certificate is not looked at, as it is of the name others know the service by; no token is \
      sent.

      Examples:
        plumbline health --config /etc/plumbline/plumbline.yaml
        plumbline health --url http://127.0.0.1:8080

      Exit codes: 0 it is ready, 1 it is not or does not answer, 2 bad usage.
      """)

  @Option(
    help: ArgumentHelp(
      "Where the service is; else where the configuration has it listen.", valueName: "address"))
  var url: String?

  @Option(help: ArgumentHelp("Seconds an answer may take, 1 to 300.", valueName: "n"))
  var timeout = 5

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    guard (1...300).contains(timeout) else { throw ValidationError("--timeout takes 1 to 300") }
    if let url, !WebAddress.isUsable(url) {
      throw ValidationError("--url takes an address with http:// or https://")
    }
  }

  private struct Answer: Encodable {
    let ready: Bool
    let service: String
    @NullCoded var reason: String?
  }

  func run() throws {
    guard let address = try url ?? Visit.address(of: output.readableConfiguration().service)
    else {
      throw ValidationError("the service listens on any free port: name where with --url")
    }
    let reason = reasonAgainst(address)
    let service = WebAddress.peer(of: address)
    if !output.quiet {
      try Console.write(
        output.format == .json
          ? json(Answer(ready: reason == nil, service: service, reason: reason))
          : "\(service) is \(reason.map { "not ready: \($0)" } ?? "ready")\n")
    }
    if reason != nil { throw ExitCode(ExitStatus.finding) }
  }

  private struct Health: Decodable {
    var reason: String?
  }

  /// Why the service is not ready; nil where it is.
  private func reasonAgainst(_ address: String) -> String? {
    var http = HTTPClient(timeoutMilliseconds: timeout * 1_000)
    http.isLocal = url.map { Visit.isLoopback($0) } ?? true
    do throws(OutboundError) {
      let answer = try http.send(
        HTTPRequest(method: "GET", url: WebAddress.appending("readyz", to: address)))
      guard answer.status != 200 else { return nil }
      // Whoever else answers there says nothing that could be read.
      let health = try? JSONDecoder().decode(Health.self, from: Data(answer.body))
      return health?.reason ?? "it answered with \(answer.status)"
    } catch {
      return error.what
    }
  }
}
