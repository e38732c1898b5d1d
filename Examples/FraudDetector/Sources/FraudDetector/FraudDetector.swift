import Foundation
import Hummingbird
import Metrics
import Telemetry

/// A model served over HTTP, and watched: `POST /predict`, `GET /metrics`.
@main
struct FraudDetector {
  static func main() async throws {
    let registry = MetricRegistry()
    try registry.addProcessMetrics()
    // Hummingbird's own metrics, and everybody's, come out of the same registry.
    MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
    let metrics = try MLMetrics(
      modelName: "fraud_detector", modelVersion: "v1.0.0", registry: registry)
    let port = ProcessInfo.processInfo.environment["PORT"].flatMap { Int($0) } ?? 8081
    try await Application(
      router: router(FraudModel(), metrics),
      configuration: .init(address: .hostname("127.0.0.1", port: port))
    ).runService()
  }

  static func router(_ model: FraudModel, _ metrics: MLMetrics) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: MetricsMiddleware())
    router.post("predict") { request, context -> Response in
      let payment = try await request.decode(as: Payment.self, context: context)
      metrics.recordFeature("amount", payment.amount)
      metrics.recordFeature("hour", Double(payment.hour))
      do {
        // Latency, success or error, and confidence are kept.
        let verdict = try metrics.trackPrediction { try model.verdict(on: payment) }
        return Response(
          status: .ok, headers: [.contentType: "application/json"],
          body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(verdict))))
      } catch FraudModel.Problem.impossible(let reason) {
        throw HTTPError(.badRequest, message: reason)
      }
    }
    router.get("metrics") { request, _ -> Response in
      let format = ExpositionFormat(accept: request.headers[.accept])
      return Response(
        status: .ok, headers: [.contentType: format.contentType],
        body: .init(byteBuffer: ByteBuffer(bytes: metrics.registry.render(format))))
    }
    return router
  }
}
