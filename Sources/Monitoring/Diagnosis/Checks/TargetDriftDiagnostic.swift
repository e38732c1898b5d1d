import Foundation
import Statistics

/// Whether outcomes come in other shares while rows of each outcome look as they did.
public struct TargetDriftDiagnostic: Diagnostic {
  public let name = "target_drift_check"
  public let cause = RootCause.targetDrift
  public let kind = CauseKind.targetDrift

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let analysis = evidence.analysis, let shift = analysis.labelShift else {
      return .unknown(
        self, "outcomes are not known on both sides",
        details: [
          DiagnosticFigure("score_distance", value: evidence.analysis?.scoreDistance)
        ])
    }
    let fit = Self.fit(analysis)
    let moved = Self.hasMoved(shift)
    var details = [
      DiagnosticFigure(
        "outcome_distance", value: shift.distance, threshold: 0.02, pValue: shift.pValue),
      DiagnosticFigure(
        "outcome_hellinger", value: shift.hellinger, threshold: Self.leastDistance),
      DiagnosticFigure("explained_loss", value: shift.explainedLoss),
      DiagnosticFigure(
        "rows_of_an_outcome_changed", value: shift.discrepancy, pValue: shift.conditionalPValue),
      DiagnosticFigure("support_by_scores", value: shift.support),
      DiagnosticFigure("outcomes_given_features", value: analysis.outcomeShift?.z),
    ]
    if shift.referenceShares.count == 2 {
      details.append(
        DiagnosticFigure(
          "positive_share", value: shift.currentShares[1], reference: shift.referenceShares[1]))
    }
    if !shift.uncompared.isEmpty {
      details.append(
        DiagnosticFigure(
          "outcomes_not_compared", value: Double(shift.uncompared.count),
          text:
            "outcomes with fewer than \(LabelShift.leastRows) rows on a side, of which nothing is said"
            + Self.names(shift, evidence.tables)))
    }
    // Without features, or with hardly any rows alike, nothing says whether the relation holds.
    guard !moved || analysis.outcomeShift != nil else {
      return .unknown(
        self,
        "outcomes come in other shares (distance \(NumberFormat.short(shift.distance))), but whether the "
          + "relation changed is not known", details: details)
    }
    let text =
      !moved
      ? "outcomes come in the same shares"
      : fit >= 0.5
        ? "outcomes come in other shares (distance \(NumberFormat.short(shift.distance))), and rows of "
          + "each outcome look as they did"
        : "outcomes come in other shares, but features or their relation to the outcome explain it better"
    return DiagnosticResult(
      self, failed: moved && fit >= 0.5, severity: shift.distance > 0.15 ? .critical : .warning,
      strength: moved ? fit : 0, message: text, details: details,
      since: analysis.onsets["outcome"]?.at)
  }

  /// The first few classes that were not compared; nothing where outcomes have no names.
  private static func names(_ shift: LabelShift, _ tables: DiagnosisTables?) -> String {
    guard let names = tables?.classes, names.count == shift.referenceShares.count else { return "" }
    let first = shift.uncompared.prefix(5).map { "`\(names[$0])`" }.joined(separator: ", ")
    return ": " + first + (shift.uncompared.count > 5 ? ", …" : "")
  }

  /// Hellinger's distance of outcomes from which shares are others: from 50 % to 53 %, from 2 % to 3 %.
  private static let leastDistance = 0.022

  private static func hasMoved(_ shift: LabelShift) -> Bool {
    shift.pValue < 0.001 && (shift.distance >= 0.02 || shift.hellinger >= leastDistance)
  }

  /// How much better changed shares explain the rows than a changed relation or changed features, 0…1:
  /// P(x | y) has to hold while P(y | x) does not.
  static func fit(_ analysis: DiagnosisAnalysis) -> Double {
    guard let shift = analysis.labelShift, hasMoved(shift) else { return 0 }
    let holds = min(1, shift.discrepancy / 3.5)
    let relation = min(1, (analysis.outcomeShift?.z ?? 0) / 3.5)
    let size = min(1, max(shift.distance / 0.05, shift.hellinger / 0.035))
    // Where both are broken, the one that is broken less.
    let broken = (shift.discrepancy, analysis.outcomeShift?.z ?? 0)
    let balance = broken.1 / max(1e-9, broken.0 + broken.1)
    let plain = max(0, relation - 0.5 * holds * holds)
    let support = 1 / (1 + exp(-min(30, max(-30, shift.support / 2))))
    return size * (holds < 1 ? plain : max(0, 2 * balance - 1)) * support
  }
}
