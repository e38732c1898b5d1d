// Times counting, observing and rendering; prints seconds as one JSON object.
//
// Of threads that share an instrument the wall time by all their operations is given: where they wait
// for each other it is longer than that of one thread alone.

import Foundation
import Telemetry

let bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
let operations = 10_000_000

func seconds(_ work: () -> Void) -> Double {
  let begun = ContinuousClock.now
  work()
  let taken = begun.duration(to: .now).components
  return Double(taken.seconds) + Double(taken.attoseconds) * 1e-18
}

func least(_ repetitions: Int, _ work: () -> Void) -> Double {
  (0..<repetitions).reduce(.infinity) { best, _ in min(best, seconds(work)) }
}

/// Seconds of an operation where some threads do it at once.
func cost(threads count: Int, _ repeated: @escaping @Sendable (Int) -> Void) -> Double {
  let each = operations / count
  return least(7) {
    let ended = DispatchGroup()
    for _ in 0..<count {
      ended.enter()
      Thread {
        repeated(each)
        ended.leave()
      }.start()
    }
    ended.wait()
  } / Double(each * count)
}

func costs(_ repeated: @escaping @Sendable (Int) -> Void) -> [String: Double] {
  ["one": cost(threads: 1, repeated), "eight": cost(threads: 8, repeated)]
}

/// The registry Benchmarks/peers/prometheus_exposition.py makes too: 10 000 series.
func makeRegistry() throws -> MetricRegistry {
  let registry = MetricRegistry(seriesLimit: 4_000)
  let labels = ["model_name", "feature"]
  let counters = try registry.counter(
    "bench_predictions_total", help: "Predictions made.", labels: labels)
  let gauges = try registry.gauge("bench_drift_score", help: "Drift of a feature.", labels: labels)
  let histograms = try registry.histogram(
    "bench_latency_seconds", help: "Time to predict.", labels: labels, bounds: Array(bounds[..<7]))
  for index in 0..<4_000 {
    let values = ["model_\(index / 100)", "feature_\(index % 100)"]
    counters.with(values).increment(by: Double(index * 37))
    gauges.with(values).set(Double(index) / 3)
  }
  // Seven bounds, what is above them, sum and count: ten series each.
  for index in 0..<200 {
    let latency = histograms.with(["model_\(index / 100)", "feature_\(index % 100)"])
    for step in 0..<100 { latency.observe(Double(step * index % 97) / 500) }
  }
  return registry
}

let registry = MetricRegistry()
let counter = try registry.counter("bench_total", help: "Counted.").with()
let histogram = try registry.histogram("bench_seconds", help: "Observed.", bounds: bounds).with()
let values = (0..<1_024).map { Double($0 * 389 % 1_024) / 1_024 }

struct Times: Encodable {
  var counter: [String: Double]
  var histogram: [String: Double]
  var samples: Int
  var text: Double
  var openMetrics: Double

  enum CodingKeys: String, CodingKey {
    case counter, histogram, samples, text
    case openMetrics = "open_metrics"
  }
}

let rendered = try makeRegistry()
let times = Times(
  counter: costs { [counter] count in for _ in 0..<count { counter.increment() } },
  histogram: costs { [histogram, values] count in
    for index in 0..<count { histogram.observe(values[index & 1_023]) }
  },
  samples: String(decoding: rendered.render(.text), as: UTF8.self)
    .split(separator: "\n").count { !$0.hasPrefix("#") },
  text: least(20) { _ = rendered.render(.text) },
  openMetrics: least(20) { _ = rendered.render(.openMetrics) })
print(String(decoding: try JSONEncoder().encode(times), as: UTF8.self))
