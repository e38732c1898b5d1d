import Foundation
public import Monitoring
public import Outbound

/// Asks Prometheus how machines and traffic were, for a diagnosis.
///
/// What it asks for by default is what node_exporter, NVIDIA's DCGM exporter and Plumbline expose; own
/// expressions stand in for it by name.
public struct InfrastructureReader: Sendable {
  private let client: PrometheusClient
  private let queries: [String: String]

  /// How far back it asks unless it is told.
  private static let days = 7.0
  /// How far back it asks at most.
  private static let mostDays = 62.0
  /// Prometheus gives 11 000 values of a series at most; a diagnosis needs fewer.
  private static let values = 1_500.0
  private static let leastStepSeconds = 60.0

  /// - Parameters:
  ///   - client: what asks.
  ///   - model: whose traffic; nil for that of all.
  ///   - own: expressions by name of the figure, instead of the default ones or besides.
  public init(_ client: PrometheusClient, model: String?, own: [String: String] = [:]) {
    self.client = client
    queries = Self.defaults(model).merging(own) { $1 }
  }

  /// Asks the Prometheus of a configuration.
  ///
  /// - Parameters:
  ///   - settings: where it is.
  ///   - model: whose traffic; nil for that of all.
  ///   - own: expressions that stand in for those of the settings.
  public init(
    _ settings: DiagnosisConfiguration.Prometheus, model: String?, own: [String: String] = [:]
  ) {
    var http = HTTPClient(
      timeoutMilliseconds: 10_000, certificateFile: settings.certificateAuthority)
    http.responseLimit = 16 << 20
    self.init(
      PrometheusClient(
        address: settings.address, http: http,
        headers: settings.token.map { [("Authorization", "Bearer \($0)")] } ?? []),
      model: model, own: settings.queries.merging(own) { $1 })
  }

  /// A model's name as PromQL has it in quotes.
  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n") + "\""
  }

  private static func defaults(_ model: String?) -> [String: String] {
    let own = model.map { "{model_name=\(quoted($0))}" } ?? ""
    let failed = model.map { "{model_name=\(quoted($0)),status=\"error\"}" } ?? "{status=\"error\"}"
    return [
      "cpu_utilization": "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[10m])))",
      "memory_utilization":
        "100 * (1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes))",
      "gpu_utilization": "avg(DCGM_FI_DEV_GPU_UTIL)",
      "latency_p99_ms":
        "1000 * histogram_quantile(0.99, sum by (le) "
        + "(rate(ml_prediction_latency_seconds_bucket\(own)[10m])))",
      "error_rate":
        "sum(rate(ml_predictions_total\(failed)[10m])) / sum(rate(ml_predictions_total\(own)[10m]))",
      "requests_per_second": "sum(rate(ml_predictions_total\(own)[10m]))",
    ]
  }

  /// What was measured, as samples of metrics of those names; what Prometheus has nothing of is left out.
  ///
  /// - Parameters:
  ///   - from: the first time that is wanted; nil for a week.
  ///   - now: the last.
  public func samples(
    from: Instant? = nil, until now: Instant
  ) throws(PrometheusError) -> [MetricSample] {
    let end = Double(now.microseconds) / 1e6
    let start =
      from.map { max(end - Self.mostDays * 86_400, min(end, Double($0.microseconds) / 1e6)) }
      ?? end - Self.days * 86_400
    let step = max(Self.leastStepSeconds, ((end - start) / Self.values).rounded(.up))
    var samples: [MetricSample] = []
    for (name, query) in queries.sorted(by: { $0.key < $1.key }) {
      let series = try client.queryRange(
        query, from: start, until: end, step: step)
      for one in series {
        samples += one.points.filter { $0.value.isFinite && abs($0.at) < 1e12 }.map { point in
          MetricSample(
            metric: name, labels: one.labels,
            at: Instant(microseconds: Int64(point.at * 1e6)), value: point.value)
        }
      }
    }
    return samples
  }
}
