import Metrics
import Synchronization
import Telemetry
import Testing

/// Counting, and what keeps it in bounds.
struct RegistryTests {
  private func text(_ registry: MetricRegistry) -> String {
    String(decoding: registry.render(.text), as: UTF8.self)
  }

  @Test func `Nothing is lost where many threads count`() async throws {
    let registry = MetricRegistry()
    let counter = try registry.counter("a_total", help: "A").with()
    let gauge = try registry.gauge("b", help: "B").with()
    let histogram = try registry.histogram("c", help: "C", bounds: [0.5]).with()
    let summary = try registry.summary("d", help: "D", labels: ["x"])
    await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          for index in 0..<20_000 {
            counter.increment()
            gauge.add(index % 2 == 0 ? 1 : -1)
            histogram.observe(Double(index % 2))
            summary.with("\(task % 3)").observe(0.5)
          }
        }
      }
    }
    #expect(counter.value == 160_000 && gauge.value == 0)
    #expect(histogram.cumulativeCounts == [80_000, 160_000] && histogram.sum == 80_000)
    let counts = ["0", "1", "2"].map { summary.with($0).count }
    #expect(counts == [60_000, 60_000, 40_000])
  }

  @Test func `What cannot be counted is left out`() throws {
    let registry = MetricRegistry()
    let counter = try registry.counter("a_total", help: "A").with()
    for amount in [1.5, -1, .nan, .infinity, 0] { counter.increment(by: amount) }
    #expect(counter.value == 1.5)
    let histogram = try registry.histogram("c", help: "C", bounds: [0]).with()
    for value in [Double.nan, -.infinity, .infinity, 0, -0.0] { histogram.observe(value) }
    #expect(histogram.cumulativeCounts == [3, 4])
  }

  @Test func `Label values beyond the limit share a series, and that is counted`() throws {
    let registry = MetricRegistry(seriesLimit: 3)
    let family = try registry.counter("a_total", help: "A", labels: ["user"])
    for user in 0..<50 { family.with("u\(user)").increment() }
    family.with("u1").increment()
    #expect(family.seriesCount == 4)
    let text = text(registry)
    #expect(text.contains("a_total{user=\"u1\"} 2\n"))
    #expect(text.contains("a_total{user=\"__overflow__\"} 47\n"))
    #expect(text.contains("telemetry_series_overflow_total{metric=\"a_total\"} 47\n"))
    family.remove(["u1"])
    #expect(!self.text(registry).contains("u1"))
    // There is room again, for as many as went.
    family.removeAll { $0[0] != "u2" }
    #expect(family.seriesCount == 2)
    family.with("u9").increment()
    let left = self.text(registry)
    #expect(left.contains("a_total{user=\"u2\"} 1\n") && left.contains("a_total{user=\"u9\"} 1\n"))
    #expect(!left.contains("\"u0\""))
  }

  @Test func `A name belongs to one metric`() throws {
    let registry = MetricRegistry()
    let first = try registry.counter("a_total", help: "A", labels: ["x"])
    #expect(try registry.counter("a_total", help: "B", labels: ["x"]) === first)
    #expect(throws: MetricError.taken("a_total")) {
      try registry.counter("a_total", help: "A", labels: ["y"])
    }
    _ = try registry.histogram("h", help: "H", bounds: [1, 2])
    #expect(throws: MetricError.taken("h")) { try registry.gauge("h", help: "H") }
    #expect(throws: MetricError.taken("h")) {
      try registry.histogram("h", help: "H", bounds: [1, 3])
    }
    for name in ["", "1a_total", "a-b_total", "a", "é_total", "a_total "] {
      #expect(throws: MetricError.self) { try registry.counter(name, help: "") }
    }
    #expect(throws: MetricError.self) { try registry.gauge("g_total", help: "") }
    for labels in [["__x"], ["a:b"], ["x", "x"], ["é"], [""]] {
      #expect(throws: MetricError.self) { try registry.gauge("g", help: "", labels: labels) }
    }
    for bounds in [[1, 1], [2, 1], [.nan], [.infinity]] as [[Double]] {
      #expect(throws: MetricError.self) { try registry.histogram("k", help: "", bounds: bounds) }
    }
    #expect(throws: MetricError.self) {
      try registry.histogram("k", help: "", labels: ["le"], bounds: [1])
    }
  }

  @Test func `Predictions are timed, and counted by how they end`() async throws {
    struct Failure: Error {}
    struct Fraud: ConfidentPrediction {
      let predictedClass = "fraud"
      let confidence = 0.92
    }
    final class Time: Sendable {
      let value = Atomic<UInt64>(0)
    }
    let time = Time()
    let metrics = try MLMetrics(modelName: "m", modelVersion: "1") {
      time.value.wrappingAdd(250_000_000, ordering: .relaxed).newValue
    }
    #expect(metrics.trackPrediction { 7 } == 7)
    let prediction = try await metrics.trackPrediction { () async throws -> Fraud in
      await Task.yield()
      return Fraud()
    }
    #expect(prediction.confidence == 0.92)
    #expect(throws: Failure.self) { try metrics.trackPrediction { throw Failure() } }
    await #expect(throws: Failure.self) {
      try await metrics.trackPrediction { () async throws -> Int in
        await Task.yield()
        throw Failure()
      }
    }
    let text = text(metrics.registry)
    let model = "model_name=\"m\",model_version=\"1\""
    #expect(text.contains("ml_predictions_total{\(model),status=\"success\"} 2\n"))
    #expect(text.contains("ml_predictions_total{\(model),status=\"error\"} 2\n"))
    #expect(text.contains("ml_prediction_latency_seconds_sum{\(model)} 0.5\n"))
    #expect(text.contains("ml_prediction_latency_seconds_bucket{\(model),le=\"0.25\"} 2\n"))
    #expect(
      text.contains(
        "ml_prediction_confidence_bucket{\(model),predicted_class=\"fraud\",le=\"0.95\"} 1\n"))
  }

  @Test func `What libraries measure comes out of the same registry`() throws {
    let registry = MetricRegistry()
    let factory = RegistryMetricsFactory(registry)
    let counter = Metrics.Counter(
      label: "hb.requests", dimensions: [("method", "GET"), ("a.b", "x")], factory: factory)
    counter.increment(by: 3)
    Metrics.Timer(label: "hb.request.duration", dimensions: [], factory: factory)
      .recordMilliseconds(20)
    let meter = Metrics.Meter(label: "queue", dimensions: [], factory: factory)
    meter.set(4)
    meter.decrement(by: 1.5)
    Metrics.Recorder(label: "size", dimensions: [], aggregate: true, factory: factory).record(150)
    // The same name with other labels cannot be.
    Metrics.Counter(label: "hb.requests", dimensions: [("z", "1")], factory: factory).increment()
    var text = text(registry)
    #expect(text.contains("hb_requests_total{a_b=\"x\",method=\"GET\"} 3\n"))
    #expect(text.contains("hb_request_duration_seconds_sum 0.02\n"))
    #expect(text.contains("hb_request_duration_seconds_bucket{le=\"0.025\"} 1\n"))
    #expect(text.contains("queue 2.5\n"))
    #expect(text.contains("size_bucket{le=\"200.0\"} 1\n"))
    #expect(text.contains("telemetry_conflicts_total{metric=\"hb_requests_total\"} 1\n"))
    counter.reset()
    #expect(self.text(registry).contains("hb_requests_total{a_b=\"x\",method=\"GET\"} 0\n"))
    counter.destroy()
    text = self.text(registry)
    #expect(!text.contains("hb_requests_total{"))
  }
}
