import DataSources
import Events
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
public import Monitoring
import NIOCore
import ServiceLifecycle
import Store
public import Telemetry
import UnixSignals

/// The monitoring service: takes events in, keeps them, and answers for them.
public struct PlumblineService: Sendable {
  private let whole: Configuration
  private let reread: @Sendable () throws -> Configuration
  private let now: @Sendable () -> Instant
  private let logger: Logger
  private let version: String
  private let registry: MetricRegistry
  private var configuration: ServiceConfiguration { whole.service }

  /// - Parameters:
  ///   - configuration: how to run.
  ///   - reread: reads the configuration anew, when SIGHUP asks for it.
  ///   - now: the time.
  ///   - logger: takes what there is to say.
  ///   - version: the product's, for reports.
  ///   - registry: takes the service's metrics, and what else is to come out of `/metrics`.
  public init(
    _ configuration: Configuration,
    reread: @escaping @Sendable () throws -> Configuration,
    now: @escaping @Sendable () -> Instant, logger: Logger, version: String,
    registry: MetricRegistry
  ) {
    whole = configuration
    self.version = version
    self.registry = registry
    self.reread = reread
    self.now = now
    self.logger = logger
  }

  /// Runs until SIGTERM or SIGINT; what was accepted is on the disk when this returns.
  ///
  /// - Parameter reloads: trapped before the configuration was read.
  public func run(_ reloads: ReloadSignals) async throws {
    try await serve(reloads)
    // Last of all: until here the log of events may still be closing.
    logger.notice("stopped")
  }

  private func serve(_ reloads: ReloadSignals) async throws {
    try configuration.checkProtection()
    whole.logDoubts(to: logger)
    var options = EventLog.Options()
    options.pendingBytes = configuration.pendingLimit
    options.sealRows = configuration.unsealedRows
    options.models = configuration.modelLimit
    options.closingSeconds = configuration.closingSeconds
    let log = try EventLog(folder: configuration.dataFolder, options: options, clock: now)
    log.recovery.log(to: logger)
    let joiner = PayloadJoiner(log: log)
    defer {
      joiner.close()
      log.close()
    }
    let state = try ServiceState(
      log: log, joiner: joiner, registry: registry, configuration: whole, now: now,
      logger: logger)
    let history = try History(path: configuration.dataFolder + "/history.db")
    let alerts = try AlertService(state: state, history: history, logger: logger)
    let checks = try CheckMetrics(registry)
    let scheduler = Scheduler(
      state: state, history: history, metrics: checks, alerts: alerts, logger: logger)
    var group = ServiceGroupConfiguration(
      services: [
        alerts, scheduler, try application(state, history, alerts),
        Maintenance(state: state, history: history, logger: logger),
        ReloadOnSignal(
          state: state, alerts: alerts, checks: checks, logger: logger, started: configuration,
          signals: reloads,
          read: reread),
        StopLimit(seconds: configuration.stopSeconds, logger: logger),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // No maximum for the cancellation that follows: the group would crash; `StopLimit` ends it.
    group.maximumGracefulShutdownDuration =
      .seconds(Double(configuration.stopSeconds) * StopLimit.shareForServices)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw cannotListen(SystemReason.text(errno: error.errnoCode))
    } catch is SocketAddressError.UnknownHost {
      throw cannotListen("no machine is known by this name")
    }
  }

  private func cannotListen(_ reason: String) -> ServiceError {
    .cannotListen(address: "\(configuration.host):\(configuration.port)", reason: reason)
  }

  private func application(
    _ state: ServiceState, _ history: History, _ alerts: AlertService
  ) throws -> some Service {
    let router = Router(
      context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: HeadMiddleware())
    router.add(middleware: MetricsMiddleware())
    router.add(middleware: ProblemMiddleware(document: try OpenAPIDocument()))
    DashboardRoutes().add(to: router)
    HealthRoutes(state: state).add(to: router)
    router.get("openapi.json") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/json"],
        body: .init(byteBuffer: OpenAPIDocument.text))
    }
    IngestRoutes(state: state).add(to: router)
    CloudEventRoutes(state: state).add(to: router)
    EventRoutes(state: state).add(to: router)
    ModelRoutes(state: state).add(to: router)
    ExperimentRoutes(state: state, history: history, version: version).add(to: router)
    AlertRoutes(state: state, history: history, alerts: alerts).add(to: router)
    SilenceRoutes(state: state, history: history).add(to: router)
    RunRoutes(state: state, history: history, version: version).add(to: router)
    DiagnosisRoutes(state: state, history: history, version: version).add(to: router)
    let logger = logger
    let scheme = configuration.tls == nil ? "http" : "https"
    return Application(
      router: router, server: try server(),
      configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
      onServerRunning: { channel in
        logger.notice(
          "listening",
          metadata: [
            "address": "\(scheme)://\(Self.text(channel.localAddress))",
            "data_folder": "\(state.configuration.dataFolder)",
          ])
      }, logger: logger)
  }

  private static func text(_ address: SocketAddress?) -> String {
    guard let address, let host = address.ipAddress, let port = address.port else { return "?" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private func server() throws -> HTTPServerBuilder {
    let plain = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [ContinueHandler()],
        idleTimeout: .seconds(Int64(configuration.idleSeconds))))
    guard let tls = configuration.tls else { return plain }
    return try .tls(plain, tlsConfiguration: ServiceCertificate.configuration(tls))
  }
}
