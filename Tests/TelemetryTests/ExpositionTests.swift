import Foundation
import Telemetry
import Testing

/// What scrapers read.
struct ExpositionTests {
  private func text(_ registry: MetricRegistry, _ format: ExpositionFormat = .text) -> String {
    String(decoding: registry.render(format), as: UTF8.self)
  }

  /// One of everything, with labels that need escaping.
  private func everything() throws -> MetricRegistry {
    let registry = MetricRegistry()
    let metrics = try MLMetrics(
      modelName: "fraud \"a\\b\"\nc", modelVersion: "v1", registry: registry)
    metrics.recordPrediction(.success, latencySeconds: 0.004)
    metrics.recordPrediction(.success, latencySeconds: 3)
    metrics.recordPrediction(.error, latencySeconds: nil)
    metrics.recordConfidence(0.92, ofClass: "1")
    metrics.recordFeature("amount", -2.5)
    metrics.updatePerformance(accuracy: 0.5, f1Score: .nan)
    metrics.updateDriftScore(driftType: "psi", feature: "日本", score: .infinity)
    try registry.addProcessMetrics()
    return registry
  }

  @Test func `Each kind is written as Prometheus reads it`() throws {
    let registry = MetricRegistry()
    try registry.counter("a_total", help: "Says \"a\\\n", labels: ["x", "y"])
      .with("1", "q\"\\\n").increment(by: 2)
    try registry.gauge("b", help: "B").set(-0.25)
    let times = try registry.histogram("c_seconds", help: "C", bounds: [0.1, 1])
    for value in [0.1, 0.25, 5] { times.observe(value) }
    try registry.summary("d", help: "D").with().observe(4)
    try #require(
      text(registry) == """
        # HELP a_total Says "a\\\\\\n
        # TYPE a_total counter
        a_total{x="1",y="q\\"\\\\\\n"} 2
        # HELP b B
        # TYPE b gauge
        b -0.25
        # HELP c_seconds C
        # TYPE c_seconds histogram
        c_seconds_bucket{le="0.1"} 1
        c_seconds_bucket{le="1.0"} 2
        c_seconds_bucket{le="+Inf"} 3
        c_seconds_sum 5.35
        c_seconds_count 3
        # HELP d D
        # TYPE d summary
        d_sum 4
        d_count 1

        """)
    let open = text(registry, .openMetrics)
    #expect(open.hasPrefix("# HELP a Says \\\"a\\\\\\n\n# TYPE a counter\na_total{"))
    #expect(open.hasSuffix("\n# EOF\n"))
  }

  @Test func `promtool finds nothing to mend`() throws {
    let (code, output) = try run("/usr/bin/promtool", ["check", "metrics"], text(everything()))
    #expect(code == 0 && output.isEmpty, "\(output)")
  }

  @Test(arguments: [ExpositionFormat.text, .openMetrics])
  func `Python's parser reads every sample back`(_ format: ExpositionFormat) throws {
    let registry = try everything()
    let module = format == .text ? "parser" : "openmetrics.parser"
    let program = """
      import sys
      from prometheus_client.\(module) import text_string_to_metric_families as parse
      for family in parse(sys.stdin.read()):
          for sample in family.samples:
              print(sample.name, sorted(sample.labels.items()), float(sample.value), sep="|")
      """
    let (code, output) = try run("/usr/bin/python3", ["-c", program], text(registry, format))
    #expect(code == 0, "\(output)")
    let lines = Set(output.split(separator: "\n").map(String.init))
    let model = "('model_name', 'fraud \"a\\\\b\"\\nc')"
    for expected in [
      "ml_predictions_total|[\(model), ('model_version', 'v1'), ('status', 'success')]|2.0",
      "ml_prediction_latency_seconds_sum|[\(model), ('model_version', 'v1')]|3.004",
      "ml_prediction_latency_seconds_bucket|[('le', '2.5'), \(model), ('model_version', 'v1')]|1.0",
      "ml_prediction_latency_seconds_bucket|[('le', '+Inf'), \(model), ('model_version', 'v1')]|2.0",
      "ml_drift_score|[('drift_type', 'psi'), ('feature', '日本'), \(model)]|inf",
      "ml_model_f1_score|[\(model), ('model_version', 'v1'), ('window', '1h')]|nan",
      "ml_feature_value_count|[('feature_name', 'amount'), \(model)]|1.0",
    ] {
      #expect(lines.contains(expected), "\(expected) in \(output)")
    }
    // A sum below zero is none to OpenMetrics.
    let sum = "ml_feature_value_sum|[('feature_name', 'amount'), \(model)]|-2.5"
    #expect(lines.contains(sum) == (format == .text))
    #expect(lines.contains { $0.hasPrefix("process_cpu_seconds_total|[]|") })
  }

  @Test func `The format a client prefers is written`() {
    let prometheus =
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
      + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    #expect(ExpositionFormat(accept: prometheus) == .openMetrics)
    for accept in [
      nil, "", "*/*", "text/plain", "text/html, */*;q=0.1",
      "application/openmetrics-text;version=2.0.0",
      "application/openmetrics-text;q=0.2, text/plain;q=0.9", "application/openmetrics-text;q=0",
      ";;;,,q=", "\u{0}",
    ] {
      #expect(ExpositionFormat(accept: accept) == .text, "\(accept ?? "none")")
    }
  }

  private func run(
    _ program: String, _ arguments: [String], _ input: String
  ) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (into, out) = (Pipe(), Pipe())
    process.standardInput = into
    process.standardOutput = out
    process.standardError = out
    try process.run()
    try into.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try into.fileHandleForWriting.close()
    let output = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
