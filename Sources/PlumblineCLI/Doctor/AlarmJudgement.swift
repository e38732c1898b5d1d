import Foundation
import Monitoring
import Reporting
import Store

/// How long it is from one check to the next, by what rules are about.
struct CheckIntervals: Equatable {
  /// Seconds; nil where no such check is configured.
  var drift: Int?
  var quality: Int?
  var performance: Int?
  /// Seconds from look to look at live traffic.
  var traffic: Int

  init(drift: Int? = nil, quality: Int? = nil, performance: Int? = nil, traffic: Int) {
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.traffic = traffic
  }

  /// The longest there is between two checks of a kind.
  init(_ configuration: Configuration, now: Instant) {
    let checks = configuration.models.flatMap(\.checks)
    func longest(_ kind: CheckConfiguration.Kind) -> Int? {
      checks.filter { $0.kind == kind }.compactMap { Self.interval($0.schedule, now) }.max()
    }
    self.init(
      drift: longest(.drift), quality: longest(.quality), performance: longest(.performance),
      traffic: configuration.alerting.intervalSeconds)
  }

  private static func interval(_ schedule: CronSchedule, _ now: Instant) -> Int? {
    var times: [Instant] = []
    var time = schedule.next(after: now)
    while let due = time, times.count < 8 {
      times.append(due)
      time = schedule.next(after: due)
    }
    return zip(times, times.dropFirst()).map { one, other in
      Int((other.microseconds - one.microseconds) / 1_000_000)
    }.max()
  }

  func seconds(of rule: AlertRule) -> Int? {
    switch RuleMetric.named(rule.metric)?.source {
    case .drift: drift
    case .quality: [drift, quality].compactMap { $0 }.max()
    case .performance: performance
    case .checks: [drift, quality, performance].compactMap { $0 }.max()
    case .traffic, nil: traffic
    }
  }
}

/// Whether people are told soon enough, and not too often.
enum CooldownJudgement {
  /// Seconds within which an alert has to be able to fire.
  private static func limit(_ severity: AlertSeverity) -> Int? {
    switch severity {
    case .critical: 2 * 86_400
    case .warning: 7 * 86_400
    case .info: nil
    }
  }

  static func judge(
    _ rules: [AlertRule], routes: [AlertingConfiguration.Route], intervals: CheckIntervals
  ) -> Finding {
    var findings = rules.flatMap { rule in
      intervals.seconds(of: rule).map { judge(rule, interval: $0) } ?? []
    }
    for route in routes {
      guard let interval = route.repeatInterval, interval.seconds < 900 else { continue }
      findings.append(
        .warning(
          "\(route.channels.joined(separator: ", ")) are told again every "
            + "\(interval.description) while an alert fires",
          mend: "set repeat_interval to an hour or more: what is known need not be said so often"))
    }
    let cooldowns = Set(rules.map(\.cooldownMinutes)).sorted().map { "\($0)" }
    return .worst(
      of: findings,
      fine: "cooldowns of \(cooldowns.joined(separator: ", ")) minutes, traffic looked at every "
        + "\(intervals.traffic) s")
  }

  static func judge(_ rule: AlertRule, interval: Int) -> [Finding] {
    var findings: [Finding] = []
    let wait = max(rule.holdFor?.seconds ?? 0, (rule.consecutiveFailures - 1) * interval)
    if let limit = limit(rule.severity), wait > limit {
      findings.append(
        .warning(
          "\(rule.name) is \(rule.severity.rawValue), and fires "
            + "\(MetricsJudgement.span(Double(wait))) after the first failure at the earliest",
          mend: "ask for fewer consecutive_failures, or check more often"))
    }
    if rule.cooldownMinutes * 60 < interval, rule.cooldownMinutes == 0 || interval <= 900,
      rule.recovery == nil, rule.keepFiringFor == nil
    {
      findings.append(
        .warning(
          "\(rule.name) has a cooldown of \(rule.cooldownMinutes) minutes, shorter than the "
            + "\(interval) s from value to value: one that starts and ends again is told each time",
          mend: "set cooldown_minutes to 15, or give the rule a `recovery`"))
    }
    if rule.severity == .critical, rule.cooldownMinutes > 1_440 {
      findings.append(
        .warning(
          "\(rule.name) is critical, and quiet for \(rule.cooldownMinutes / 60) hours once it was told",
          mend: "set cooldown_minutes to an hour or less"))
    }
    return findings
  }
}

enum RunbookJudgement {
  /// - Parameters:
  ///   - rules: the owner's own.
  ///   - answers: what each link came to.
  static func judge(_ rules: [AlertRule], _ answers: [String: LinkAnswer]) -> Finding {
    guard !rules.isEmpty || !answers.isEmpty else {
      return .skipped("there are no rules but those of the matrix, which have no runbooks")
    }
    var findings: [Finding] = []
    for (url, answer) in answers.sorted(by: { $0.key < $1.key }) {
      let mend = "correct the link, or write what to do there"
      switch answer {
      case .status(200...299): continue
      case .status(401), .status(403), .status(407):
        findings.append(.unknown("\(url) asks for a login: whether the page is there was not seen"))
      case .login(let host):
        findings.append(
          .unknown("\(url) leads to a login on \(host): whether the page is there was not seen"))
      case .status(300...399):
        findings.append(
          .failed("\(url) is redirected, and does not say to which address", mend: mend))
      case .status(let status): findings.append(.failed("\(url) answers \(status)", mend: mend))
      case .silent(let why): findings.append(.failed("\(url): \(why)", mend: mend))
      }
    }
    let unlinked = rules.filter { $0.runbookURL == nil && $0.severity != .info }.map(\.name)
    if !unlinked.isEmpty {
      findings.append(
        .warning(
          "no runbook is linked by \(Finding.listed(unlinked))",
          mend: "give each a runbook_url: whoever is woken needs to know what to do"))
    }
    return .worst(of: findings, fine: "\(NumberText.count(answers.count, "link")) tried: answered")
  }
}
