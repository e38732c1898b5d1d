import Alerting
import Dispatch
import Foundation
import Monitoring
import Outbound
import Reporting
import Store
import Synchronization

/// Whether alerts are about something, reach somebody, and are worth it.
struct AlertingCheckup: Checkup {
  static let syntax = Question("rule_syntax", .alerting, "Is the syntax of alert rules valid?")
  static let metrics = Question(
    "rule_metrics", .alerting, "Is every rule about something that is measured?")
  static let thresholds = Question(
    "rule_thresholds", .alerting, "Are the thresholds of rules sane?")
  static let cooldowns = Question("cooldowns", .alerting, "Are cooldowns appropriate?")
  static let runbooks = Question("runbooks", .alerting, "Are runbooks linked, and do they answer?")
  static let falseAlarms = Question("false_alarms", .alerting, "Are alarms worth it?")

  func items(_ visit: Visit) -> [DoctorItem] {
    guard visit.configurationPath != nil else {
      let why = Finding.skipped("there is no configuration: name it with --config")
      return [Self.syntax, Self.metrics, Self.thresholds].map { $0.answer(why) }
        + ChannelCheckup.skipped(why)
        + [Self.cooldowns, Self.runbooks].map { $0.answer(why) }
        + [Self.falseAlarms.answer(falseAlarms(visit))]
    }
    let alerting = visit.configuration.alerting
    let ruleMistakes = visit.mistakes["alerting.rules"]
    // Without a section there is nothing of the owner's to judge, but what the matrix comes to.
    let matrix = Finding.skipped(
      "the configuration has no `alerting`: the severity matrix is in force as it comes")
    let isOwn = alerting.isEnabled || !ruleMistakes.isEmpty
    return [
      Self.syntax.answer(
        isOwn
          ? RuleJudgement.syntax(
            ruleMistakes, rules: alerting.rules, path: visit.configurationPath) : matrix),
      Self.metrics.answer(metrics(visit)),
      Self.thresholds.answer(thresholds(visit)),
    ] + ChannelCheckup().items(visit) + [
      Self.cooldowns.answer(
        isOwn
          ? CooldownJudgement.judge(
            alerting.rules, routes: alerting.routes,
            intervals: CheckIntervals(visit.configuration, now: visit.now)) : matrix),
      Self.runbooks.answer(runbooks(visit)),
      Self.falseAlarms.answer(falseAlarms(visit)),
    ]
  }

  private func metrics(_ visit: Visit) -> Finding {
    let configuration = visit.configuration
    let own = RuleJudgement.own(configuration.alerting.rules)
    let stored = own.map(\.metric).filter { metric in
      // What was measured once is one, whatever it is called; where that is not to be had, names decide.
      let samples = try? visit.records.samples(of: metric, from: visit.start)
      return samples?.isEmpty == false
    }
    return RuleJudgement.metrics(
      own, stored: Set(stored), models: Set(configuration.models.map(\.name)),
      checks: Set(configuration.models.flatMap { $0.checks.map(\.kind) }))
  }

  private func thresholds(_ visit: Visit) -> Finding {
    let rules = visit.configuration.alerting.rules
    var findings = rules.compactMap { RuleJudgement.impossible($0) }
    var (judged, quiet) = (0, [String]())
    // A metric at a time, so that only one's history is in memory.
    let byMetric = Dictionary(grouping: rules, by: \.metric).sorted { $0.key < $1.key }
    for (metric, rules) in byMetric {
      do {
        let samples = try visit.records.samples(of: metric, from: visit.start)
        for rule in rules {
          let history = RuleHistory(of: rule, samples)
          if history.count > 0 { judged += 1 }
          if history.count > 0, history.failing == 0 {
            quiet.append("\(rule.name) `\(rule.condition.text)` (\(history.text))")
          }
          if let finding = RuleJudgement.history(history, of: rule) { findings.append(finding) }
        }
      } catch {
        return .worst(of: findings + [.unknown(error)], fine: "")
      }
    }
    guard judged > 0 || !findings.isEmpty else {
      return .unknown("no values of what rules are about are stored yet", mend: "ask again later")
    }
    let never =
      quiet.isEmpty ? "" : "; never exceeded: " + Finding.listed(quiet.sorted(), limit: 20)
    let stored = "\(judged) of \(NumberText.count(rules.count, "rule")) have values stored"
    guard !findings.isEmpty else { return .ok("\(stored), none always exceeded\(never)") }
    var finding = Finding.worst(of: findings, fine: "")
    finding.seen += never
    return finding
  }

  // MARK: Runbooks

  private static let linkLimit = 100

  private func runbooks(_ visit: Visit) -> Finding {
    let rules = visit.configuration.alerting.rules
    let links = Array(Set(rules.compactMap(\.runbookURL)).sorted().prefix(Self.linkLimit))
    guard !visit.isOffline else { return .skipped("not asked: --offline") }
    let http = visit.http
    let answers = Mutex<[String: LinkAnswer]>([:])
    DispatchQueue.concurrentPerform(iterations: links.count) { index in
      let answer = LinkAnswer(of: links[index], http)
      answers.withLock { $0[links[index]] = answer }
    }
    return RunbookJudgement.judge(RuleJudgement.own(rules), answers.withLock { $0 })
  }

  private func falseAlarms(_ visit: Visit) -> Finding {
    do {
      let events = try visit.records.alertEvents(from: visit.start)
      // What labels said then is not to be had of every service.
      let performance = ["model_accuracy_drop", "model_performance_drop"].flatMap { metric in
        (try? visit.records.samples(of: metric, from: visit.start)) ?? []
      }
      return FalseAlarmJudgement.judge(
        FalseAlarms(events), besideLabels: DriftAlarms(events, performance: performance),
        rules: visit.configuration.alerting.rules,
        days: Double(visit.since.seconds) / 86_400)
    } catch {
      return .unknown(error)
    }
  }
}
