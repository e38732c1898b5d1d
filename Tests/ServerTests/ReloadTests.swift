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
    // Nor is the loopback opened by a file that was cut short.
    ("listen: \"127.0.0.1:8080\", \(tokens)", "listen: \"127.0.0.1:8080\"", true),
    (
      "listen: \"127.0.0.1:8080\", \(tokens)",
      "listen: \"127.0.0.1:8080\", allow_unauthenticated: true", false
    ),
    (
      "listen: \"0.0.0.0:8080\", \(tokens)",
      "listen: \"0.0.0.0:8080\", allow_unauthenticated: true", false
    ),
  ])
  func `A reload drops no tokens that nobody means to drop`(
    started: String, fresh: String, isProtected: Bool
  ) async throws {
    let (state, _) = try await Self.reloaded(from: started, to: fresh)
    #expect(state.tokens.isRequired == isProtected)
  }

  @Test func `What changes at the next start only is named`() async throws {
    let fresh = """
      data_folder: other, listen: "127.0.0.1:8081", stop_seconds: 31, log: {level: debug, format: json},
      limits: {pending_bytes: 257MiB, unsealed_rows: 5, models: 5, series: 5, idle_seconds: 5, body_bytes: 1MiB}
      """
    let (_, lines) = try await Self.reloaded(from: "listen: \"127.0.0.1:8080\"", to: fresh)
    let warning = try #require(lines.all.first { $0.hasPrefix("warning ") })
    let keys = try #require(warning.split(separator: "keys=").last)
    #expect(
      keys == "data_folder, listen, limits.pending_bytes, limits.unsealed_rows, limits.models, "
        + "limits.series, limits.idle_seconds, stop_seconds, log.level, log.format")
    let (_, others) = try await Self.reloaded(
      from: "listen: \"127.0.0.1:8080\"", to: "listen: \"127.0.0.1:8080\", retention: {days: 3}")
    #expect(others.all.allSatisfy { !$0.hasPrefix("warning ") }, "\(others.all)")
  }

  /// A service that started with one configuration and was told twice to read another.
  private static func reloaded(
    from started: String, to fresh: String
  ) async throws -> (state: ServiceState, lines: LogLines) {
    let folder = try TemporaryFolder()
    let configuration = try Self.configuration(started)
    let log = try EventLog(folder: folder.path + "/data", clock: { Instant(microseconds: 0) })
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: configuration, now: { Instant(microseconds: 0) })
    let lines = LogLines()
    let alerts = try AlertService(
      state: state, history: try History(path: folder.path + "/history.db"), logger: lines.logger)
    let reload = ReloadOnSignal(
      state: state, alerts: alerts, checks: try CheckMetrics(MetricRegistry()),
      logger: lines.logger, started: configuration.service,
      signals: await ReloadSignals.trapped()
    ) { try Self.configuration(fresh) }
    // Twice: the first must not move what the second is judged by.
    reload.reload()
    reload.reload()
    return (state, lines)
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
