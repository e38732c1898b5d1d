import Foundation
import Telemetry
import Testing

/// What the service writes, read back, and what others may write.
struct ExpositionReadingTests {
  @Test func `What the registry writes has no problem`() throws {
    let registry = MetricRegistry()
    let metrics = try MLMetrics(modelName: "a\"b\\c\nd", modelVersion: "ü", registry: registry)
    metrics.recordPrediction(.success, latencySeconds: 0.02)
    metrics.recordPrediction(.error, latencySeconds: nil)
    metrics.feature("x").observe(-3)
    let exposition = Exposition(parsing: registry.render(.text))
    #expect(exposition.problems.isEmpty, "\(exposition.problems)")
    let calls = exposition.samples.filter { $0.name == "ml_predictions_total" }
    #expect(calls.map(\.value).sorted() == [1, 1])
    #expect(calls.allSatisfy { $0.labels["model_name"] == "a\"b\\c\nd" })
    #expect(exposition.types["ml_prediction_latency_seconds"] == "histogram")
  }

  static let heads = "# HELP a_total b\n# TYPE a_total counter\n"
  static let histogram = "# HELP h b\n# TYPE h histogram\n"

  @Test(arguments: [
    ("a 1\n", "no help"), ("# HELP a b\n# TYPE a counter\na 1\n", "_total"),
    (heads + "a_total -1\n", "cannot be"), (heads + "a_total NaN\n", "cannot be"),
    (heads + "a_total 1\na_total 2\n", "twice"),
    (heads + "a_total{x=\"1\",x=\"2\"} 1\n", "twice"),
    (heads + "a_total{x=1} 1\n", "quotes"), (heads + "a_total{x=\"1\"\n", "no end"),
    (heads + "a_total{x=\"1} 1\n", "quotes"), (heads + "a_total many\n", "number"),
    (heads + "a_total 0x10p\n", "number"), (heads + "a_total 1 2 3\n", "more than"),
    (heads + "a_total 1", "cut off"), (heads + heads, "two help"),
    ("9a 1\n", "no name"), ("# TYPE a nonsense\n", "no type"),
    (heads + "a_total{x=\"1\"} 1\n# HELP c b\nc 1\na_total{x=\"2\"} 1\n", "together"),
    ("a_total 1\n# HELP a_total b\n# TYPE a_total counter\n", "after its first"),
    (histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n", "+Inf"),
    (
      histogram + "h_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n",
      "cumulative"
    ),
    (histogram + "h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 3\n", "count"),
    (histogram + "h_bucket 2\nh_bucket{le=\"+Inf\"} 2\nh_count 2\n", "no bound"),
  ])
  func `What is no exposition is named with its line`(_ text: String, _ problem: String) {
    let exposition = Exposition(parsing: text.utf8)
    #expect(
      exposition.problems.contains { $0.text.contains(problem) && $0.line > 0 },
      "\(exposition.problems)")
  }

  @Test func `Whatever bytes come, they are read to their end`() {
    var generator = SystemRandomNumberGenerator()
    let signs = Array("#{}=\",\\ \t\nahHELPTYPE_019.eN+\u{e9}".utf8) + [0, 255, 13]
    for length in 0..<400 {
      let bytes = (0..<length).map { _ in signs.randomElement(using: &generator) ?? 0 }
      #expect(Exposition(parsing: bytes).problems.count <= Exposition.problemLimit)
    }
  }
}
