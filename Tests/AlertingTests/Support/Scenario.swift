import Alerting
import Foundation
import Monitoring
import Statistics
import Store
import Support
import Testing

/// What happens to alerts, as a text to read: what comes at which minute, and what is to come of it.
///
///     at 0m error_rate{model_name="a"} 0.07
///     = errors/a pending
///     = errors/a firing
///     = chat firing errors/a:firing
///
/// `at TIME` goes before a sample, `ack RULE/MODEL`, `silence MATCHER SPAN`, `end silences`, `without RULE`,
/// `down CHANNEL`, `up CHANNEL` or `advance`. Samples of one time come in one batch; time passes minute by
/// minute. A line with `=` is a transition, or a message a channel got.
struct Scenario: CustomTestStringConvertible {
  var name: String
  var configuration: AlertingConfiguration
  var script: String

  var testDescription: String { name }

  init(_ name: String, _ configuration: AlertingConfiguration, _ script: String) {
    (self.name, self.configuration, self.script) = (name, configuration, script)
  }

  static let start: Int64 = 1_700_000_000_000_000

  static func time(_ minute: Int) -> Instant {
    Instant(microseconds: start + Int64(minute) * 60_000_000)
  }

  struct Unreadable: Error { var line: String }

  enum Action {
    case sample(MetricSample)
    case acknowledge(String)
    case silence(LabelMatcher, minutes: Int)
    case endSilences
    case without(String)
    case down(String, Bool)
    case advance
  }

  /// Actions by minute, and the lines that are expected.
  func read() throws -> (actions: [Int: [Action]], expected: [String]) {
    var actions: [Int: [Action]] = [:]
    var expected: [String] = []
    var minute = 0
    for raw in script.split(separator: "\n") {
      let line = raw.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      if line.hasPrefix("= ") {
        expected.append("\(minute)m \(line.dropFirst(2))")
        continue
      }
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count == 3, words[0] == "at", let number = Int(words[1].dropLast()) else {
        throw Unreadable(line: line)
      }
      minute = number
      actions[minute, default: []].append(try Self.action(words[2], minute))
    }
    return (actions, expected)
  }

  private static func action(_ text: String, _ minute: Int) throws -> Action {
    let words = text.split(separator: " ").map(String.init)
    switch words[0] {
    case "advance": return .advance
    case "ack" where words.count == 2: return .acknowledge(words[1])
    case "without" where words.count == 2: return .without(words[1])
    case "down" where words.count == 2: return .down(words[1], true)
    case "up" where words.count == 2: return .down(words[1], false)
    case "end": return .endSilences
    case "silence":
      guard words.count == 3, let matcher = LabelMatcher(words[1]),
        let minutes = Int(words[2].dropLast())
      else { throw Unreadable(line: text) }
      return .silence(matcher, minutes: minutes)
    default: return .sample(try sample(words, minute))
    }
  }

  /// `METRIC{label="value",…} VALUE [of REFERENCE] [in LOWER..UPPER]`
  private static func sample(_ words: [String], _ minute: Int) throws -> MetricSample {
    guard words.count >= 2, let brace = words[0].firstIndex(of: "{"), words[0].hasSuffix("}") else {
      throw Unreadable(line: words.joined(separator: " "))
    }
    let labels = try words[0][brace...].dropFirst().dropLast().split(separator: ",")
      .reduce(into: [String: String]()) { labels, pair in
        guard let matcher = LabelMatcher(String(pair)) else {
          throw Unreadable(line: String(pair))
        }
        labels[matcher.label] = matcher.value
      }
    var sample = MetricSample(
      metric: String(words[0][..<brace]), labels: labels, at: time(minute),
      value: words[1] == "none" ? nil : Double(words[1]))
    if let of = words.firstIndex(of: "of") { sample.reference = Double(words[of + 1]) }
    if let within = words.firstIndex(of: "in") {
      let ends = words[within + 1].components(separatedBy: "..").compactMap(Double.init)
      sample.interval = Interval(lower: ends[0], upper: ends[1])
    }
    return sample
  }
}

extension AlertTransition {
  var line: String { "\(record.name) \(kind.rawValue)" }
}

extension AlertRecord {
  var name: String { "\(rule)/\(labels["model_name"] ?? "")" }
}

/// A rule whose parts are constants of a test.
func rule(
  _ name: String, _ metric: String, _ condition: String, _ severity: AlertSeverity = .warning,
  failures: Int = 1, _ change: (inout AlertRule) -> Void = { _ in }
) -> AlertRule {
  guard let condition = AlertCondition(condition),
    let description = DescriptionTemplate("{labels.model_name}: {value}")
  else { preconditionFailure("the rule \(name) cannot be read") }
  var rule = AlertRule(
    name: name, metric: metric, condition: condition, severity: severity, description: description)
  rule.consecutiveFailures = failures
  change(&rule)
  return rule
}

/// Everything goes to a chat at once, unless a test changes that.
func alerting(
  _ rules: [AlertRule], channels: [String] = ["chat"], pagers: [String] = [],
  _ change: (inout AlertingConfiguration) -> Void = { _ in }
) -> AlertingConfiguration {
  var configuration = AlertingConfiguration()
  configuration.isEnabled = true
  configuration.rules = rules
  configuration.channels =
    channels.map { ChannelConfiguration(name: $0, target: .slack(url: "http://\($0)")) }
    + pagers.map { ChannelConfiguration(name: $0, target: .pagerduty(routingKey: "k", url: "u")) }
  configuration.routes = [.init(matchers: [], channels: channels + pagers)]
  configuration.grouping.labels = ["model_name"]
  configuration.grouping.waitSeconds = 0
  configuration.grouping.intervalSeconds = 0
  change(&configuration)
  return configuration
}
