import Alerting
import Monitoring
import Statistics
import Store
import Synchronization
import Telemetry

/// What rules look at, and what became of them, for Prometheus.
///
/// A metric `m` that rules look at is the gauge `plumbline_m`, its reference `plumbline_m_reference`, the
/// ends of its interval `plumbline_m_lower` and `plumbline_m_upper`: rules exported for Prometheus ask for
/// these.
final class AlertMetrics: Sendable {
  private let registry: MetricRegistry
  private let alerts: MetricFamily<Gauge>
  private let firing: MetricFamily<Gauge>
  private let overdue: MetricFamily<Gauge>
  private let attempts: MetricFamily<Counter>
  private let waiting: MetricFamily<Gauge>
  private let givenUp: MetricFamily<Counter>
  /// Rule, severity and model of the alerts that were shown firing last.
  private let shown = Mutex<Set<[String]>>([])
  private let series = Mutex(Series())

  private struct Series {
    /// Checks there are; nil before the configuration was read again.
    var known: CheckKeys?
    /// What rules look at.
    var families: [String: MetricFamily<Gauge>] = [:]
  }

  init(_ registry: MetricRegistry) throws {
    self.registry = registry
    alerts = try registry.gauge(
      "plumbline_alerts", help: "Alerts by state and severity.", labels: ["state", "severity"])
    firing = try registry.gauge(
      "plumbline_alerts_firing", help: "Alerts of a rule that fire.",
      labels: ["rule", "severity", "model_name"])
    overdue = try registry.gauge(
      "plumbline_alerts_overdue",
      help: "Alerts that nobody has acknowledged within their response time.",
      labels: ["severity"])
    attempts = try registry.counter(
      "plumbline_notification_attempts_total", help: "Attempts to tell people, by how they went.",
      labels: ["channel", "outcome"])
    waiting = try registry.gauge(
      "plumbline_notifications_waiting", help: "Messages that wait for a channel.",
      labels: ["channel"])
    givenUp = try registry.counter(
      "plumbline_notifications_given_up_total",
      help: "Messages a channel never took and that are not tried again, by what they told.",
      labels: ["channel", "kind"])
  }

  /// - Parameter givenUp: kinds of the messages that are not tried again after it.
  func count(_ attempt: DeliveryAttempt, givenUp kinds: [AlertMessage.Kind]) {
    // A message that is given up as too old, or because its channel is gone, is no attempt.
    if attempt.outcome != .givenUp {
      attempts.with(attempt.channel, attempt.outcome.rawValue).increment()
    }
    for kind in kinds { givenUp.with(attempt.channel, kind.rawValue).increment() }
  }

  /// Shows what rules have just looked at.
  func show(_ samples: [MetricSample]) {
    series.withLock { series in
      for sample in samples {
        // One that was under way when its check was taken out.
        if let known = series.known, let model = sample.labels["model_name"],
          let check = sample.labels["check"], !known.contains(model: model, check: check)
        {
          continue
        }
        show(sample.metric, sample, sample.value, &series)
        show(sample.metric + "_reference", sample, sample.reference, &series)
        show(sample.metric + "_lower", sample, sample.interval?.lower, &series)
        show(sample.metric + "_upper", sample, sample.interval?.upper, &series)
      }
    }
  }

  private func show(
    _ metric: String, _ sample: MetricSample, _ value: Double?, _ series: inout Series
  ) {
    let labels = sample.labels.sorted { $0.key < $1.key }
    // A name that is taken with other labels, as by a metric of the same name, is shown by that alone.
    let family = try? registry.gauge(
      "plumbline_\(metric)", help: "What alert rules on \(sample.metric) look at.",
      labels: labels.map(\.key))
    guard let family else { return }
    series.families[family.name] = family
    // No data is no figure, not the one before.
    if let value {
      family.with(labels.map(\.value)).set(value)
    } else {
      family.remove(labels.map(\.value))
    }
  }

  /// Forgets what rules looked at of models and checks there are no more.
  func keep(of models: [ModelConfiguration]) {
    let known = CheckKeys(models)
    series.withLock { series in
      series.known = known
      for family in series.families.values {
        guard let model = family.labelNames.firstIndex(of: "model_name") else { continue }
        let check = family.labelNames.firstIndex(of: "check")
        family.removeAll { labels in
          check.map { !known.contains(model: labels[model], check: labels[$0]) }
            ?? !known.models.contains(labels[model])
        }
      }
    }
  }

  /// Shows how alerts are, as they are seen now.
  func show(_ records: [AlertRecord], waiting counts: [String: Int]) {
    for state in AlertRecord.State.allCases where state != .inactive {
      for severity in AlertSeverity.allCases {
        alerts.with(state.rawValue, severity.rawValue).set(
          Double(records.count { $0.state == state && $0.severity == severity }))
      }
    }
    for severity in AlertSeverity.allCases {
      overdue.with(severity.rawValue).set(
        Double(records.count { $0.overdue == true && $0.severity == severity }))
    }
    let fires = Dictionary(grouping: records.filter { $0.state == .firing }) {
      [$0.rule, $0.severity.rawValue, $0.labels["model_name"] ?? ""]
    }
    let gone = shown.withLock { shown in
      defer { shown = Set(fires.keys) }
      return shown.subtracting(fires.keys)
    }
    for labels in gone { firing.remove(labels) }
    for (labels, records) in fires { firing.with(labels).set(Double(records.count)) }
    for (channel, count) in counts { waiting.with(channel).set(Double(count)) }
  }
}
