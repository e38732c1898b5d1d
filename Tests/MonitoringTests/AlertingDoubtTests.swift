import Foundation
import Monitoring
import Testing

/// What can be read of `alerting` and will hardly do what was meant, each with its line and mend.
struct AlertingDoubtTests {
  struct Case: CustomTestStringConvertible {
    var text: String
    var doubts: [(line: Int, words: String)]

    init(_ text: String, _ doubts: (Int, String)...) {
      (self.text, self.doubts) = (text, doubts)
    }

    var testDescription: String { text }
  }

  private static func rule(_ text: String, _ doubts: (Int, String)...) -> Case {
    var example = Case("alerting:\n  rules:\n    - name: r\n" + text)
    example.doubts = doubts
    return example
  }

  static let cases: [Case] = [
    rule(
      "      condition: '> 1'\n      metric: eror_rate",
      (5, "there is no metric `eror_rate`; did you mean `error_rate`?")),
    rule(
      "      metric: prediction_error_rate\n      condition: '> 1'",
      (4, "there is no metric `prediction_error_rate`; did you mean `error_rate`?")),
    rule(
      "      metric: accuracy\n      condition: '< 0.8'",
      (4, "there is no metric `accuracy`; did you mean `model_accuracy`?")),
    rule(
      "      metric: gpu_temperature\n      condition: '> 80'",
      (4, "there is no metric `gpu_temperature`; docs/alerting.md has all there are")),
    rule("      metric: model_ndcg_at_0\n      condition: '< 1'", (4, "there is no metric")),
    rule(
      "      metric: error_rate\n      condition: '> 1%'\n      where:\n        - model_name=a\n"
        + "        - model=fraud\n        - feature=age",
      (8, "`error_rate` has no label `model`; did you mean `model_name`?"),
      (9, "`error_rate` has no label `feature`; it has model_name")),
    rule(
      "      metric: drift_score\n      condition: '> 1%'\n      where: {chek: daily}",
      (6, "`drift_score` has no label `chek`; did you mean `check`?")),
    rule(
      "      metric: error_rate\n      condition: '> 1%'\n      labels: {team: ml}\n"
        + "      description: '{labels.model} of {labels.team}, {labels.severity}'",
      (7, "alerts of this rule have no label `model`; did you mean `model_name`?")),
    rule(
      "      metric: error_rate\n      condition: '> 5%'\n"
        + "      dynamic: {mode: apply, minimum: 6%, maximum: 20%}",
      (6, "the threshold of `> 5%` is not between `minimum` and `maximum`")),
    rule(
      "      metric: model_accuracy\n      condition: '< 80%'\n"
        + "      dynamic: {mode: propose, maximum: 0.7}",
      (6, "the threshold of `< 80%` is not between")),
    rule(
      "      metric: error_rate\n      condition: 'change  > 5%'",
      (5, "`error_rate` has no reference, so that `change > 5%` never fires; hold the value itself")
    ),
    rule(
      "      metric: model_accuracy_drop\n      condition: 'change > 0.1'",
      (5, "`model_accuracy_drop` has no reference")),
    .init(
      "alerting:\n  group_by: [model_name,\n    model, alertname]",
      (3, "no alert has a label `model`; did you mean `model_name`?")),
    .init(
      "alerting:\n  inhibit:\n    - {source: severity=critical, target: severity=info}",
      (3, "without `equal` an alert of one model silences those of all others")),
    .init(
      "alerting:\n  inhibit:\n    - {source: severty=critical, target: severity=info, equal: [topc]}",
      (3, "no alert has a label `severty`; did you mean `severity`?"),
      (3, "no alert has a label `topc`; did you mean `topic`?")),
    .init(
      "alerting:\n  channels: [{name: a, type: webhook, url: 'http://h'}]\n  routes:\n"
        + "    - {match: [severety=critical], channels: a}\n    - {channels: a}",
      (4, "no alert has a label `severety`; did you mean `severity`?")),
  ]

  private func doubts(_ text: String) throws -> [ConfigurationError.Mistake] {
    try ConfigurationReader.read(text, path: "p.yaml", environment: [:]).doubts
  }

  @Test(arguments: cases) func `It is doubted, with its line`(_ example: Case) throws {
    let doubts = try doubts(example.text)
    #expect(doubts.map(\.line) == example.doubts.map(\.line), "\(doubts)")
    for (doubt, expected) in zip(doubts, example.doubts) {
      #expect(doubt.text.hasPrefix(expected.words), "\(doubt.text)")
    }
  }

  @Test(arguments: [
    "alerting: {}",
    "alerting: {inhibit: [{source: severity=critical, target: severity=info, equal: []}]}",
    "alerting: {rules: [{name: a, metric: model_ndcg_at_10, condition: '< 0.3', where: check=weekly}]}",
    "alerting: {rules: [{name: a, metric: error_rate, condition: '> 5%', labels: {team: x}}], group_by: [team, feature]}",
    "alerting: {rules: [{name: a, metric: error_rate, condition: '> 5%', dynamic: {mode: apply, minimum: 5%, maximum: 9%}}]}",
    "alerting: {rules: [{name: a, metric: error_rate, condition: absent, where: model_name!=x}]}",
    "alerting: {rules: [{name: a, metric: traffic_drop, condition: '> 50%'}]}",
    "alerting: {rules: [{name: a, metric: prediction_rate, condition: 'change < -50%'}]}",
    "alerting: {rules: [{name: a, metric: model_f1_score, condition: 'change < -15%'}]}",
    "alerting: {rules: [{name: a, metric: model_quantile_loss_by_level, condition: 'change > 10%'}]}",
  ])
  func `What does what it says is not doubted`(text: String) throws {
    #expect(try doubts(text).isEmpty)
  }

  @Test func `Rules of a file may be about any metric, as those are that are replayed`() throws {
    let rules = try ConfigurationReader.rules(
      "rules: [{name: a, metric: gpu_temperature, condition: '> 80'}]", path: "r.yaml",
      environment: [:])
    #expect(rules.map(\.metric) == ["gpu_temperature"])
  }

  @Test func `The default rules are about metrics there are`() {
    for rule in AlertRule.defaults { #expect(RuleMetric.named(rule.metric) != nil, "\(rule.name)") }
  }

  @Test func `The documentation has every metric, with its labels`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/alerting.md").standardizedFileURL.path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let table = try #require(text.range(of: "## What rules look at")).upperBound
    let rows = text[table...].prefix { $0 != "#" }.split(separator: "\n").filter {
      $0.hasPrefix("| `")
    }
    var documented: [String: Set<String>] = [:]
    for row in rows {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let labels = cells.count > 2 ? cells[2].components(separatedBy: ", ") : []
      for name in cells[0].components(separatedBy: ", ") {
        documented[name.replacing("`", with: "")] = Set(labels).subtracting([""])
      }
    }
    #expect(documented.removeValue(forKey: "model_METRIC") == ["check"])
    // Metrics of performance have rows of their own where there is something to say of them.
    let made = RuleMetric.names.filter { name in
      RuleMetric.named(name).map {
        $0.source != .performance || name.hasSuffix("_drop")
          || !$0.labels.isSubset(of: ["model_name", "check"])
      } == true
    }
    #expect(Set(documented.keys) == Set(made))
    for name in made {
      let labels = RuleMetric.named(name)?.labels.subtracting(["model_name"])
      #expect(documented[name] == labels, "\(name)")
    }
  }
}
