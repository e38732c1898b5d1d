import ArgumentParser
import Dispatch
import Foundation
import Logging
import Metrics
import Monitoring
import PlumblineServer
import Synchronization
import Telemetry

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the monitoring service.",
    discussion: """
      Takes predictions and labels over HTTP, keeps them in its data folder, and is scraped by \
      Prometheus at /metrics. SIGTERM stops it, SIGHUP has it read its configuration again.

      Examples:
        plumbline serve --config plumbline.yaml
        plumbline serve --data-folder data --listen 127.0.0.1:8080
      """)

  @Option(
    help: ArgumentHelp(
      "A configuration file (YAML). Without one, PLUMBLINE_CONFIG names it.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Where to listen; port 0 is any that is free. 127.0.0.1:8080.", valueName: "host:port"))
  var listen: String?

  @Option(help: ArgumentHelp("Where events are kept; plumbline-data.", valueName: "folder"))
  var dataFolder: String?

  func run() throws {
    // Until the service traps it: the configuration is being read anyway.
    signal(SIGHUP, SIG_IGN)
    let configuration = try configuration()
    let settings = configuration.service
    LoggingSystem.bootstrap { label in
      StreamLog(
        label: label, level: settings.logLevel, format: settings.logFormat, now: { .now })
    }
    let registry = MetricRegistry(seriesLimit: settings.seriesLimit)
    // What Hummingbird counts comes out of /metrics too.
    MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
    let service = PlumblineService(
      configuration, reread: { try self.configuration() }, now: { .now },
      logger: Logger(label: "plumbline"), version: plumblineVersion,
      registry: registry)
    try Blocking.run { try await service.run() }
  }

  /// What the file says, with what flags say over it.
  private func configuration() throws -> Configuration {
    let options = try OutputOptions.parse(config.map { ["--config", $0] } ?? [])
    var configuration = try options.configuration()
    if let dataFolder { configuration.service.dataFolder = dataFolder }
    if let listen {
      guard let address = ServiceConfiguration.address(listen) else {
        throw ValidationError("--listen takes HOST:PORT, such as 127.0.0.1:8080")
      }
      (configuration.service.host, configuration.service.port) = address
    }
    return configuration
  }
}

/// Waits on the main thread, which nothing else needs, for what runs on others.
enum Blocking {
  static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
    let outcome = Outcome()
    let isDone = DispatchSemaphore(value: 0)
    Task {
      do {
        try await body()
        outcome.result.withLock { $0 = .success(()) }
      } catch {
        outcome.result.withLock { $0 = .failure(error) }
      }
      isDone.signal()
    }
    isDone.wait()
    try outcome.result.withLock { $0 }?.get()
  }

  private final class Outcome: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)
  }
}
