public import Alerting
import Monitoring
public import Store

/// Rules that cry wolf, and what became of thresholds.
public struct ThresholdReport: Encodable, Sendable {
  public var fatigue: [AlertFatigue]
  /// Newest first.
  public var changes: [ThresholdChange]

  public init(fatigue: [AlertFatigue], changes: [ThresholdChange]) {
    self.fatigue = fatigue
    self.changes = changes
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
  let changes = Grid(
    ["at", "rule", "state", "from", "to", "why"],
    report.changes.map { change in
      [
        change.at.iso8601, change.rule, change.state.rawValue, Figures.number(change.before),
        Figures.number(change.after), change.explanation,
      ]
    }, empty: "no threshold has been changed")
  return wolves + (wolves.isEmpty ? "" : "\n") + changes.text(format, style)
}
