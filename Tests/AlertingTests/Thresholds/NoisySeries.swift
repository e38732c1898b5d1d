import Foundation
import Monitoring
import Statistics
import Testing

/// A metric with the rhythm of the day and noise, a value every ten minutes.
enum NoisySeries {
  static func samples(
    days: Int, seed: UInt64, metric: String = "latency", level: Double = 0.4, swing: Double = 0.1,
    noise: Double = 0.02, shifts: [(fromHour: Int, hours: Int, by: Double)] = []
  ) -> [MetricSample] {
    var generator = SeededGenerator(seed: seed)
    return (0..<days * 144).map { index in
      let hour = Double(index) / 6
      // Twelve uniform numbers add up to a normal one, nearly.
      let normal = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
      var value = level + swing * sin(hour / 24 * 2 * .pi) + noise * normal
      for shift in shifts
      where hour >= Double(shift.fromHour) && hour < Double(shift.fromHour + shift.hours) {
        value += shift.by
      }
      return MetricSample(
        metric: metric, labels: ["model_name": "fraud"], at: MinuteSeries.minute(index * 10),
        value: value)
    }
  }

  /// A rule, as the configuration has it.
  static func rule(
    _ condition: String, metric: String = "latency", dynamic: String? = nil, failures: Int = 1
  ) throws -> AlertRule {
    let text = """
      rules:
        - name: slow
          metric: \(metric)
          condition: "\(condition)"
          consecutive_failures: \(failures)
          dynamic: \(dynamic.map { "{\($0)}" } ?? "{mode: propose}")
      """
    return try #require(
      ConfigurationReader.rules(text, path: "rules.yaml", environment: [:]).first)
  }
}
