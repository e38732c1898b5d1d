import Alerting
import Foundation
import Monitoring
import Statistics
import Support
import Testing

/// Rules and series, held against each other by Prometheus and by Plumbline.
struct PrometheusScenario {
  /// What a description says besides of a value that is well again, for which Prometheus has no words.
  private static var recovery: Regex<Substring> {
    #/ \((?:well again since \S+|better again, and not yet recovered)\)$/#
  }

  var rules: [AlertRule]
  /// By metric and labels: a value a minute, NaN for none.
  var series: [(metric: String, labels: [String: String], values: [Double])]
  /// By metric and labels, as the values.
  var references: [[Double]?]
  var intervals: [[Interval]?]
  var steps: Int

  private static func numbers(_ values: [Double]) -> String {
    values.map { $0.isNaN ? "_" : "\($0)" }.joined(separator: " ")
  }

  private var samples: [MetricSample] {
    (0..<steps).flatMap { step in
      series.enumerated().map { index, series in
        MetricSample(
          metric: series.metric, labels: series.labels, at: MinuteSeries.minute(step),
          value: series.values[step], reference: references[index]?[step],
          interval: intervals[index]?[step])
      }
    }
  }

  /// A file for `promtool test rules`, whose expectations are what the engine says at every minute.
  func expectations(rulesFile: String) throws -> String {
    var engine = AlertEngine(rules: rules, startedAt: MinuteSeries.minute(0))
    let samples = samples
    var alertTests: [[String: Any]] = []
    var queryTests: [[String: Any]] = []
    for step in 0..<steps {
      let now = MinuteSeries.minute(step)
      _ = engine.evaluate(samples.filter { $0.at == now })
      _ = engine.advance(to: now)
      let records = engine.records(at: now).filter { $0.state == .firing || $0.state == .pending }
      for rule in rules {
        let firing = records.filter { $0.rule == rule.name && $0.state == .firing }
        alertTests.append([
          "eval_time": "\(step)m", "alertname": rule.name,
          "exp_alerts": firing.map { record in
            [
              "exp_labels": record.labels.filter { $0.key != "alertname" },
              "exp_annotations": [
                "summary": record.title,
                "description": record.description.replacing(Self.recovery, with: ""),
                "response_time": rule.responseTime.description,
              ],
            ]
          },
        ])
      }
      queryTests.append([
        "expr": "ALERTS", "eval_time": "\(step)m",
        "exp_samples": records.map { record in
          let labels = record.labels.merging(["alertstate": record.state.rawValue]) { $1 }
            .sorted { $0.key < $1.key }.map {
              "\($0.key)=\"\($0.value.replacing("\"", with: "\\\""))\""
            }
          return ["labels": "ALERTS{\(labels.joined(separator: ","))}", "value": 1] as [String: Any]
        },
      ])
    }
    let file: [String: Any] = [
      "rule_files": [rulesFile], "evaluation_interval": "1m",
      "tests": [
        [
          "interval": "1m", "input_series": inputs, "alert_rule_test": alertTests,
          "promql_expr_test": queryTests,
        ]
      ],
    ]
    // JSON is YAML.
    return String(decoding: try JSONSerialization.data(withJSONObject: file), as: UTF8.self)
  }

  private var inputs: [[String: String]] {
    series.enumerated().flatMap { index, series -> [[String: String]] in
      let labels = series.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
      func input(_ suffix: String, _ values: [Double]) -> [String: String] {
        [
          "series": "plumbline_\(series.metric)\(suffix){\(labels.joined(separator: ","))}",
          "values": Self.numbers(values),
        ]
      }
      var inputs = [input("", series.values)]
      if let references = references[index] { inputs.append(input("_reference", references)) }
      if let intervals = intervals[index] {
        inputs.append(input("_lower", intervals.map(\.lower)))
        inputs.append(input("_upper", intervals.map(\.upper)))
      }
      return inputs
    }
  }
}

/// Runs promtool.
///
/// - Returns: its exit code, and all it said.
func promtool(_ arguments: [String]) throws -> (code: Int32, output: String) {
  let run = try ToolRun("/usr/bin/promtool", arguments)
  return (run.code, run.all)
}
