import DataSources
import Events
import Hummingbird
import Monitoring
import Telemetry

/// Whether the service lives, whether it can take requests, and its metrics.
struct HealthRoutes<Context: RequestContext> {
  let state: ServiceState

  private struct Health: Encodable {
    let status: String
    let reason: String?
  }

  func add(to router: some RouterMethods<Context>) {
    router.get("healthz") { _, _ in try JSONText.response(Health(status: "ok", reason: nil)) }
    router.get("readyz") { _, _ in
      do {
        _ = try state.log.figures()
        guard state.canWrite() else {
          return try JSONText.response(
            Health(status: "not ready", reason: "events cannot be written: see the log"),
            status: .serviceUnavailable)
        }
        return try JSONText.response(Health(status: "ready", reason: nil))
      } catch {
        return try JSONText.response(
          Health(status: "not ready", reason: (error as? any ExplainedError)?.what ?? "\(error)"),
          status: .serviceUnavailable)
      }
    }
    router.group("metrics").add(middleware: ScopeMiddleware(scope: .read, state: state))
      .get { request, _ in
        let format = ExpositionFormat(accept: request.headers[.accept])
        return Response(
          status: .ok, headers: [.contentType: format.contentType],
          body: .init(byteBuffer: ByteBuffer(bytes: state.registry.render(format))))
      }
  }
}
