public import Alerting
import Monitoring
public import Store

/// Rules that cry wolf, and what became of thresholds.
public struct ThresholdReport: Encodable, Sendable {
  public var fatigue: [AlertFatigue]
  /// Newest first.
  public var changes: [ThresholdChange]
  /// What was applied last to each rule, in force or overruled by its owner since.
  public var inForce: [ThresholdLog.Standing]

  enum CodingKeys: String, CodingKey {
    case fatigue, changes
    case inForce = "in_force"
  }

  public init(
    fatigue: [AlertFatigue], changes: [ThresholdChange], inForce: [ThresholdLog.Standing] = []
  ) {
    self.fatigue = fatigue
    self.changes = changes
    self.inForce = inForce
  }
}

/// Thresholds as text of some format.
public func render(
  _ report: ThresholdReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(report) }
  let wolves = report.fatigue.map { fatigue in
    "- \(PrintableText.visible(fatigue.explanation))\n"
      + (fatigue.proposal.map { "  \(PrintableText.visible($0.explanation))\n" } ?? "")
  }.joined()
  let standings = report.inForce.map { standing in
    let applied = "\(standing.rule): \(Figures.number(standing.applied))"
    let own = Figures.number(standing.own)
    return "- "
      + PrintableText.visible(
        standing.overruled.map { "\(applied) is overruled, \(own) is in force: \($0)" }
          ?? "\(applied) is in force in place of \(own)") + "\n"
  }.joined()
  let changes = Grid(
    ["at", "rule", "state", "from", "to", "why"],
    report.changes.map { change in
      [
        change.at.iso8601, change.rule, change.state.rawValue, Figures.number(change.before),
        Figures.number(change.after), change.explanation,
      ]
    }, empty: "no threshold has been changed")
  let said = wolves + standings
  return said + (said.isEmpty ? "" : "\n") + changes.text(format, style)
}
