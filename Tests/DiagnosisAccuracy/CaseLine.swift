import Monitoring
import Simulation

/// A case and what was found of it, to look at with other tools.
struct CaseLine: Encodable {
  let seed: UInt64
  let incidents: [String]
  let rows: Int
  let loss: String
  let isCostless: Bool
  /// What is true.
  let causes: [String]
  let kinds: [String]
  let scores: [String: Double]
  let first: String
  /// What failed diagnostics say.
  let failed: [String]
  let signals: [String: Double]
  /// Figures that signals were made of.
  let figures: [String: Double]

  init(_ verdict: Campaign.Verdict) {
    let (made, report) = (verdict.made, verdict.report)
    seed = made.seed
    incidents = made.incidents.map(\.rawValue)
    rows = made.evidence.tables?.reference.rows ?? 0
    loss = made.evidence.tables?.loss.rawValue ?? ""
    isCostless = made.isCostless
    causes = made.causes.map(\.rawValue).sorted()
    kinds = made.kinds.map(\.rawValue).sorted()
    scores = Dictionary(uniqueKeysWithValues: report.causes.map { ($0.cause.rawValue, $0.score) })
    first = report.causes.first?.kind.rawValue ?? ""
    failed = report.diagnostics.filter { $0.outcome == .failed }.map(\.message)
    signals = verdict.signals.values
    var figures: [String: Double] = [:]
    for result in report.diagnostics where result.outcome != .unknown {
      figures[result.checkName] = result.strength
      for detail in result.details where detail.subject == nil {
        figures[detail.name] = detail.value
        if let p = detail.pValue { figures[detail.name + "_p"] = p }
      }
    }
    figures["change"] = report.attribution?.change
    figures["reference_loss"] = report.attribution?.reference
    figures["covariate"] = report.attribution?.covariate
    figures["concept"] = report.attribution?.concept
    figures["unfamiliar"] = report.attribution?.unfamiliar
    self.figures = figures
  }
}
