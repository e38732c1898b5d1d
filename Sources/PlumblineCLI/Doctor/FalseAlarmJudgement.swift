import Foundation
import Monitoring
import Reporting
import Statistics
import Store

/// How alerts of each rule began and ended.
struct FalseAlarms: Equatable {
  struct Count: Equatable {
    var fired = 0
    /// Over within minutes, with nobody having taken it on.
    var brief = 0
  }

  static let briefSeconds = 600.0
  private(set) var rules: [String: Count] = [:]

  /// - Parameter events: in any order.
  init(_ events: [AlertEvent]) {
    var began: [String: Instant] = [:]
    var acknowledged: Set<String> = []
    for event in events.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }) {
      let alert = event.alert
      switch event.kind {
      case .firing:
        rules[alert.rule, default: Count()].fired += 1
        began[alert.fingerprint] = event.at
        acknowledged.remove(alert.fingerprint)
      case .acknowledged: acknowledged.insert(alert.fingerprint)
      case .resolved:
        guard let start = began.removeValue(forKey: alert.fingerprint) else { continue }
        let seconds = event.at.seconds - start.seconds
        if seconds <= Self.briefSeconds, !acknowledged.contains(alert.fingerprint) {
          rules[alert.rule, default: Count()].brief += 1
        }
      default: continue
      }
    }
  }
}

/// Whether drift that was told of went along with worse performance, as labels showed it.
struct DriftAlarms: Equatable {
  struct Count: Equatable {
    /// Performance fell, held, or nobody knows.
    var (harmful, harmless, unknown) = (0, 0, 0)
    var fired: Int { harmful + harmless + unknown }

    var text: String {
      "\(NumberText.count(fired, "time")): performance by labels fell in \(harmful), held in "
        + "\(harmless), is not known in \(unknown)"
    }
  }

  /// Checks of performance come when labels do: for so long after an alert they are of its time.
  static let reachSeconds = 7 * 86_400.0
  private(set) var rules: [String: Count] = [:]

  var total: Count {
    rules.values.reduce(into: Count()) { total, count in
      total.harmful += count.harmful
      total.harmless += count.harmless
      total.unknown += count.unknown
    }
  }

  /// - Parameters:
  ///   - events: of alerts, in any order.
  ///   - performance: how much worse models were than their references.
  init(_ events: [AlertEvent], performance: [MetricSample]) {
    for event in events where event.kind == .firing {
      guard RuleMetric.named(event.alert.metric)?.source == .drift else { continue }
      let model = event.alert.labels["model_name"]
      let known = performance.filter { sample in
        let wait = sample.at.seconds - event.at.seconds
        return sample.labels["model_name"] == model && sample.value != nil
          && (0...Self.reachSeconds).contains(wait)
      }
      let fell = known.contains { sample in
        // By more than chance, and by more than a fiftieth.
        (sample.interval?.lower ?? sample.value ?? 0) > 0 && (sample.value ?? 0) > 0.02
      }
      if known.isEmpty {
        rules[event.alert.rule, default: Count()].unknown += 1
      } else if fell {
        rules[event.alert.rule, default: Count()].harmful += 1
      } else {
        rules[event.alert.rule, default: Count()].harmless += 1
      }
    }
  }
}

enum FalseAlarmJudgement {
  /// Alarms below which a share says nothing.
  static let leastAlarms = 5

  static func judge(
    _ alarms: FalseAlarms, besideLabels drift: DriftAlarms = DriftAlarms([], performance: []),
    rules: [AlertRule], days: Double
  ) -> Finding {
    let fired = alarms.rules.values.reduce(0) { $0 + $1.fired }
    guard fired > 0 else {
      return .ok("nothing fired in \(MetricsJudgement.span(days * 86_400))")
    }
    let perWeek = { (count: Int) in NumberText.short((Double(count) * 7 / days).rounded()) }
    var findings = alarms.rules.sorted { $0.value.fired > $1.value.fired }
      .compactMap { name, count -> Finding? in
        let share = Double(count.brief) / Double(count.fired)
        guard count.fired >= leastAlarms, share >= 0.5 else { return nil }
        let rule = rules.first { $0.name == name }
        let tells = rule?.requiresSignificance == true ? "" : ", and does not ask for significance"
        let seen =
          "\(name) fired \(count.fired) times (\(perWeek(count.fired)) a week), "
          + "\(NumberText.percent(share)) of them over by themselves within 10 minutes\(tells)"
        return Finding(
          outcome: share >= 0.8 && Double(count.fired) * 7 / days >= 20 ? .failed : .warning,
          seen: seen, mend: mend(rule))
      }
    findings += drift.rules.sorted { $0.key < $1.key }.compactMap { name, count in
      let known = count.harmful + count.harmless
      guard known >= leastAlarms, 2 * count.harmless > known else { return nil }
      return .warning(
        "\(name) fired \(count.text)",
        mend: "raise the drift threshold (0.1 to 0.15), ask for 3 consecutive_failures and "
          + "requires_significance, or leave out what the model hardly uses")
    }
    let total = drift.total
    let labels = total.fired == 0 ? "" : "; drift alerts fired \(total.text)"
    return .worst(
      of: findings,
      fine:
        "\(NumberText.count(fired, "alert")) fired (\(perWeek(fired)) a week); few ended by themselves "
        + "at once\(labels)")
  }

  private static func mend(_ rule: AlertRule?) -> String {
    var steps: [String] = []
    if rule?.requiresSignificance != true { steps.append("set requires_significance: true") }
    if (rule?.consecutiveFailures ?? 1) < 3 { steps.append("ask for 3 consecutive_failures") }
    steps.append("raise the threshold")
    return steps.joined(separator: ", ") + "; try it with `plumbline alerts replay`"
  }
}
