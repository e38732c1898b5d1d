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
    // Until it is trapped: the configuration is read after that.
    signal(SIGHUP, SIG_IGN)
    try Blocking.run { try await serve() }
  }

  private func serve() async throws {
    // From here on a SIGHUP waits until the service runs, so that none is lost.
    let reloads = await ReloadSignals.trapped()
    let inspection = try options().inspection()
    let configuration = try overruled(inspection.readable())
    let settings = configuration.service
    LoggingSystem.bootstrap { label in
      StreamLog(
        label: label, level: settings.logLevel, format: settings.logFormat, now: { .now })
    }
    let logger = Logger(label: "plumbline")
    // Events are taken whatever else is not there: the checks that need it fail until it is.
    for absence in inspection.absences {
      logger.warning("the configuration, line \(absence.line): \(absence.text)")
    }
    let registry = MetricRegistry(seriesLimit: settings.seriesLimit)
    // What Hummingbird counts comes out of /metrics too.
    MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
    let service = PlumblineService(
      configuration,
      reread: { try self.overruled(self.reread()) },
      now: { .now }, logger: logger, version: plumblineVersion, registry: registry)
    try await service.run(reloads)
  }

  /// The configuration as it is now. A file that is empty is one that is being written, or was lost.
  private func reread() throws -> Configuration {
    let options = try options()
    let inspection = try options.inspection()
    if let path = options.configurationPath, inspection.isEmpty {
      throw ConfigurationError(
        path: path,
        mistakes: [.init(line: 1, what: "the file is empty", mend: "put its content back")])
    }
    return try inspection.flawless()
  }

  private func options() throws -> OutputOptions {
    try OutputOptions.parse(config.map { ["--config", $0] } ?? [])
  }

  /// What the file says, with what flags say over it.
  private func overruled(_ file: Configuration) throws -> Configuration {
    var configuration = file
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
