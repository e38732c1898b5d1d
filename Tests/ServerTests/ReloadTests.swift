import Events
import Logging
import Monitoring
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What a configuration that is read again may change.
struct ReloadTests {
  private static let tokens = """
    tokens: [{name: ops, scopes: [admin], sha256: \(String(repeating: "ab", count: 32))}]
    """

  private static func configuration(_ service: String) throws -> Configuration {
    try ConfigurationReader.read(
      "service: {\(service)}", path: "plumbline.yaml", environment: [:])
  }

  @Test(arguments: [
    // The socket stays public, whatever the new file says of it.
    ("listen: \"0.0.0.0:8080\", \(tokens)", "listen: \"127.0.0.1:8080\"", true),
    ("listen: \"0.0.0.0:8080\", \(tokens)", "listen: \"0.0.0.0:8080\"", true),
    // The next start would refuse it.
    ("listen: \"127.0.0.1:8080\", \(tokens)", "listen: \"0.0.0.0:8080\"", true),
    ("listen: \"127.0.0.1:8080\", \(tokens)", "listen: \"127.0.0.1:8080\"", false),
    (
      "listen: \"0.0.0.0:8080\", \(tokens)",
      "listen: \"0.0.0.0:8080\", allow_unauthenticated: true", false
    ),
  ])
  func `A reload leaves no public listener without tokens`(
    started: String, fresh: String, isProtected: Bool
  ) async throws {
    let folder = try TemporaryFolder()
    let configuration = try Self.configuration(started)
    let log = try EventLog(folder: folder.path + "/data", clock: { Instant(microseconds: 0) })
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: { Instant(microseconds: 0) })
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let alerts = try AlertService(
      state: state, history: try History(path: folder.path + "/history.db"), logger: logger)
    let reload = ReloadOnSignal(
      state: state, alerts: alerts, checks: try CheckMetrics(MetricRegistry()), logger: logger,
      started: configuration.service,
      signals: await ReloadSignals.trapped()
    ) { try Self.configuration(fresh) }
    // Twice: the first must not move what the second is judged by.
    reload.reload()
    reload.reload()
    #expect(state.tokens.isRequired == isProtected)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.255.3.4", true), ("localhost", true), ("::1", true),
    ("127.example.org", false), ("127.0.0.1.example.org", false), ("127.0.0.256", false),
    ("127.1", false), ("127.0.0.+1", false), ("0.0.0.0", false), ("128.0.0.1", false),
  ])
  func `Only addresses of this machine are the loopback`(host: String, isLoopback: Bool) {
    var configuration = ServiceConfiguration()
    configuration.host = host
    #expect(configuration.isLoopback == isLoopback)
  }
}
