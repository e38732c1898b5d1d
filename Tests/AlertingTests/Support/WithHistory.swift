import Alerting
import Monitoring
import Store

/// Tests over a history of their own, whose times are minutes of a scenario.
protocol WithHistory {
  var history: History { get }
}

extension WithHistory {
  func manager(_ configuration: AlertingConfiguration, at minute: Int = 0) throws -> AlertManager {
    try AlertManager(configuration, history: history, now: Scenario.time(minute))
  }

  func sample(
    _ value: Double?, at minute: Int, model: String = "a", metric: String = "error_rate"
  ) -> MetricSample {
    MetricSample(
      metric: metric, labels: ["model_name": model], at: Scenario.time(minute), value: value)
  }
}
