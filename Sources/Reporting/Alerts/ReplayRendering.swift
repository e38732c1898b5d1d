public import Alerting
import Monitoring

/// What rules would have done as text of some format.
public func render(
  _ report: ReplayReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(report) }
  let isJudged = report.baselines != nil
  var titles = ["rule", "severity", "fired", "of the time", "longest", "messages"]
  if isJudged { titles += ["caught", "precision", "recall", "false alarms a week", "delay"] }
  var rows = report.rules.map { rule -> [String] in
    // What nobody looked at is not quiet. Absences fire without a series.
    guard rule.note == nil || rule.firings > 0 else {
      return [rule.rule, rule.severity.rawValue, "–", "–", "–", "–"]
        + (isJudged ? judgement(nil) : [])
    }
    return [
      rule.rule, rule.severity.rawValue, "\(rule.firings)", Figures.percent(rule.firingShare),
      duration(rule.longestFiringSeconds), "\(rule.notifications)",
    ] + (isJudged ? judgement(rule.detection) : [])
  }
  for (name, extreme, detection) in [
    ("always fire", report.extremes.alwaysFire, report.baselines?.alwaysFire),
    ("never fire", report.extremes.neverFire, report.baselines?.neverFire),
  ] where !report.rules.isEmpty {
    rows.append(
      [name, "", "", Figures.percent(extreme.firingShare), "", "\(extreme.notifications)"]
        + (isJudged ? judgement(detection) : []))
  }
  let costs = cost(report)
  let period =
    "\(report.samples) samples of \(report.series) series, "
    + "\(report.from?.iso8601 ?? "–") to \(report.to?.iso8601 ?? "–")"
    + (report.skippedSamples == 0
      ? ""
      : "; \(report.skippedSamples) more are left out, whose time or metric is missing or cannot be read")
  let truth =
    report.degradations.map { "\($0.count) times the model really was worse" }
    ?? "whether the model really was worse is not known: there are no labels"
  let replaced = report.rules.compactMap { rule in
    rule.ownCondition.map {
      PrintableText.visible(
        "\(rule.rule): \(rule.condition) is in force in place of its own \($0)") + "\n"
    }
  }.joined()
  let notes = report.rules.compactMap { rule in
    rule.note.map { PrintableText.visible("\(rule.rule): \($0)") + "\n" }
  }.joined()
  return "\(period); \(truth).\n\n" + replaced + notes
    + (replaced.isEmpty && notes.isEmpty ? "" : "\n")
    + Grid(titles, rows, empty: "there are no rules").text(format, style) + costs
}

private func judgement(_ detection: Detection?) -> [String] {
  guard let detection else { return ["–", "–", "–", "–", "–"] }
  return [
    "\(detection.detectedEpisodes) of \(detection.episodes)", Figures.percent(detection.precision),
    Figures.percent(detection.recall), Figures.number(detection.falseAlarmsPerWeek),
    detection.medianDelaySeconds.map(duration) ?? "–",
  ]
}

private func cost(_ report: ReplayReport) -> String {
  guard report.costs != nil, let baselines = report.baselines else { return "" }
  let all =
    report.rules.map { ($0.rule, $0.detection?.expectedCost) }
    + [
      ("always fire", baselines.alwaysFire.expectedCost),
      ("never fire", baselines.neverFire.expectedCost),
    ]
  let known = all.compactMap { name, cost in cost.map { (name, $0) } }.sorted { $0.1 < $1.1 }
  guard let best = known.first else { return "" }
  return "\nCheapest: \(best.0), \(Figures.number(best.1)); "
    + known.dropFirst().map { "\($0.0) \(Figures.number($0.1))" }.joined(separator: ", ") + ".\n"
}

private func duration(_ seconds: Double) -> String {
  switch seconds {
  case ..<60: "\(Int(seconds)) s"
  case ..<3_600: "\(Int(seconds / 60)) min"
  case ..<172_800: "\(Figures.number((seconds / 360).rounded() / 10)) h"
  default: "\(Figures.number((seconds / 8_640).rounded() / 10)) d"
  }
}
