import Events
import Foundation
import Monitoring
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// Which predictions count as live traffic.
struct LiveTrafficTests {
  private static let now = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  @Test func `Predictions made long ago are kept, and raise no alert about live traffic`()
    async throws
  {
    let folder = try TemporaryFolder()
    let log = try EventLog(folder: folder.path + "/data", clock: { Self.now })
    let registry = MetricRegistry()
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: registry,
      configuration: try ConfigurationReader.read(
        "service: {}", path: "plumbline.yaml", environment: [:]), now: { Self.now })
    var meter = TrafficMeter()
    func look(_ seconds: Int64) -> [String: Double] {
      let samples = meter.samples(
        of: state.metrics.traffic(), models: ["m"],
        at: Instant(microseconds: Self.now.microseconds + seconds * 1_000_000))
      return Dictionary(
        samples.compactMap { sample in sample.value.map { (sample.metric, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
    func add(_ name: String, minutesAgo: Int64, _ status: String, waited: Int = 0) async throws {
      let time = Instant(microseconds: Self.now.microseconds - minutesAgo * 60_000_000)
      let text = (0..<10).map {
        "{\"prediction_id\": \"\(name)\($0)\", \"timestamp\": \"\(time.iso8601)\", "
          + "\"status\": \"\(status)\", \"latency_seconds\": \(status == "error" ? 9 : 0.01)}"
      }
      let events = try await log.append(
        Array(text.joined(separator: "\n").utf8), .lines, to: "m", .predictions)
      #expect(events.appended.accepted == 10)
      state.count(events, of: "m", .predictions, waited: waited)
    }
    _ = look(0)
    try await add("live", minutesAgo: 0, "success")
    try await add("late", minutesAgo: 59, "success")
    try await add("old", minutesAgo: 61, "error")
    let seen = look(100)
    #expect(seen["error_rate"] == 0)
    #expect(seen["prediction_rate"] == 0.2)
    #expect(try #require(seen["prediction_latency_p99"]) < 1)
    #expect(state.metrics.traffic()["m"]?.failed == 0)
    // What has waited here was live when it came.
    try await add("waited", minutesAgo: 65, "error", waited: 600)
    #expect(try #require(look(200)["error_rate"]) > 0.3)
    let text = String(decoding: registry.render(.text), as: UTF8.self)
    #expect(text.contains("plumbline_events_backfilled_total{model_name=\"m\"} 10"), "\(text)")
  }

  @Test func `A model's traffic is whole, and its own, beyond the limit of series too`()
    async throws
  {
    let folder = try TemporaryFolder()
    let log = try EventLog(folder: folder.path + "/data", clock: { Self.now })
    let registry = MetricRegistry(seriesLimit: 1)
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: registry,
      configuration: Configuration(), now: { Self.now })
    func add(_ model: String, _ version: String, _ status: String, latency: Double) async throws {
      let text =
        "{\"prediction_id\": \"\(version)\", \"model_version\": \"\(version)\", "
        + "\"status\": \"\(status)\", \"latency_seconds\": \(latency)}"
      let events = try await log.append(Array(text.utf8), .lines, to: model, .predictions)
      #expect(events.appended.accepted == 1)
      state.count(events, of: model, .predictions)
    }
    try await add("m", "v1", "success", latency: 0.02)
    for version in 2...9 { try await add("m", "v\(version)", "success", latency: 0.3) }
    try await add("other", "v1", "error", latency: 9)
    let traffic = state.metrics.traffic()
    let (model, other) = (try #require(traffic["m"]), try #require(traffic["other"]))
    #expect(model.succeeded == 9 && model.failed == 0)
    #expect(model.latencyCounts.last == 9 && model.latencyCounts.first == 0)
    #expect(other.succeeded == 0 && other.failed == 1)
    // What is shown has its limit as before.
    let shown = String(decoding: registry.render(.text), as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("ml_predictions_total{") }
    #expect(shown.count == 2 && shown.contains { $0.contains("__overflow__") }, "\(shown)")
  }
}
