import Monitoring
import Statistics
import Testing

/// Series with a value a minute, from the start of 2024 on.
enum MinuteSeries {
  static let start = Instant("2024-01-01T00:00:00Z") ?? Instant(microseconds: 0)

  static func minute(_ minute: Int) -> Instant {
    Instant(microseconds: start.microseconds + Int64(minute) * 60_000_000)
  }

  static func samples(
    _ metric: String, _ labels: [String: String], _ values: [Double?], from first: Int = 0
  ) -> [MetricSample] {
    values.enumerated().map {
      MetricSample(metric: metric, labels: labels, at: minute(first + $0), value: $1)
    }
  }

  static func samples(
    _ metric: String, _ values: [Double?], from first: Int = 0
  ) -> [MetricSample] {
    samples(metric, ["model_name": "fraud"], values, from: first)
  }

  /// What a condition fails beyond.
  static func bounds(_ condition: String) throws -> AlertCondition.Bounds {
    guard case .beyond(_, let bounds) = try #require(AlertCondition(condition)).test else {
      throw MissingBounds()
    }
    return bounds
  }

  struct MissingBounds: Error {}

  static func rule(
    _ name: String, _ metric: String, _ condition: String, failures: Int = 1,
    severity: AlertSeverity = .warning
  ) throws -> AlertRule {
    var rule = AlertRule(
      name: name, metric: metric, condition: try #require(AlertCondition(condition)),
      severity: severity, description: try #require(DescriptionTemplate("{rule}: {value}")))
    rule.consecutiveFailures = failures
    return rule
  }
}
