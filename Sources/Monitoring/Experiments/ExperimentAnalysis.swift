import Foundation
import Statistics

/// Decides what an experiment's state means: sample ratio first, then guardrails, then size, then
/// significance.
public struct ExperimentAnalysis: Sendable {
  public let config: ExperimentConfig
  public let state: ExperimentState
  /// Looks taken before this one, oldest first.
  public let earlierLooks: [ExperimentLook]

  /// The p-value below which units are taken not to have gone where they should.
  public static let sampleRatioLevel = 0.001

  public init(
    config: ExperimentConfig, state: ExperimentState, earlierLooks: [ExperimentLook] = []
  ) {
    self.config = config
    self.state = state
    self.earlierLooks = earlierLooks
  }

  public func report() -> ExperimentReport {
    var comparisons = comparisons()
    let sequential = sequential(comparisons)
    judge(&comparisons, sequential)
    let ratio = sampleRatio()
    let guardrails = guardrails()
    let absent = absent
    let (verdict, recommendation) =
      absent.isEmpty
      ? verdict(comparisons, ratio, guardrails, sequential)
      : (.noDecision, Self.nothing(of: absent))
    return ExperimentReport(
      experimentID: config.experimentID,
      status: absent.isEmpty ? status(verdict, ratio) : .unknown, verdict: verdict,
      recommendation: recommendation, significanceLevel: config.significanceLevel,
      correction: config.correction,
      variants: config.variants.map { variant in
        let counted = state.variants[variant.name]
        return ExperimentVariant(
          name: variant.name, model: variant.model, share: variant.share,
          rows: counted?.rows ?? 0, units: counted?.units ?? 0)
      }, srm: ratio, comparisons: comparisons, guardrails: guardrails, sequential: sequential,
      timeline: timeline(), notes: notes(comparisons))
  }

  /// Variants without a row, where others have some or rows are of no variant: that is no small sample but
  /// a name that is spelt otherwise, or traffic that goes elsewhere.
  private var absent: [String] {
    let rows = config.variants.map { state.variants[$0.name]?.rows ?? 0 }
    guard rows.contains(where: { $0 > 0 }) || state.unknownRows > 0 else { return [] }
    return zip(config.variants, rows).filter { $0.1 == 0 }.map(\.0.name)
  }

  private static func nothing(of variants: [String]) -> String {
    let names = variants.map { "'\($0)'" }.joined(separator: ", ")
    return
      "NO DECISION: No row is of \(variants.count == 1 ? "variant" : "the variants") \(names): "
      + "check how the column of variants spells it, and where its traffic goes"
  }

  private func notes(_ comparisons: [ExperimentComparison]) -> [String] {
    var notes: [String] = []
    if state.mixedUnits > 0 {
      notes.append("\(state.mixedUnits) units were in more than one variant and are left out")
    }
    if state.unknownRows > 0 {
      notes.append("\(state.unknownRows) rows are of no variant of the experiment")
    }
    if state.variants.values.contains(where: { $0.units < $0.rows }) {
      notes.append("units have several rows: they are counted once, as what is independent")
    }
    if let informed = comparisons.first, let needed = informed.unitsNeeded,
      needed > config.maximumSampleSize ?? config.minimumSampleSize
    {
      notes.append(
        "the planned effect is found with power \(config.power) by \(needed) units of each variant "
          + "where values spread as they do: more than are planned")
    }
    return notes
  }

  private func status(_ verdict: ExperimentReport.Verdict, _ ratio: SampleRatio) -> Status {
    if ratio.mismatch { return .unknown }
    return switch verdict {
    case .stop: .critical
    case .revert: .degraded
    case .ship, .continue, .noDecision: .healthy
    }
  }

  private func verdict(
    _ comparisons: [ExperimentComparison], _ ratio: SampleRatio, _ guardrails: [GuardrailResult],
    _ sequential: SequentialResult?
  ) -> (ExperimentReport.Verdict, String) {
    if ratio.mismatch {
      return (
        .noDecision,
        "NO DECISION: Sample ratio mismatch (p=\(Self.short(ratio.pValue))): units did not go to "
          + "variants as planned, so nothing they show can be trusted"
      )
    }
    let control = config.variants.first?.name
    let violated = guardrails.filter { $0.violated == true && $0.variant != control }
      .map(\.guardrail)
    if !violated.isEmpty {
      let names = Array(Set(violated)).sorted().map { "'\($0)'" }.joined(separator: ", ")
      return (.stop, "STOP: Guardrail violations detected: [\(names)]")
    }
    let units = config.variants.map { state.variants[$0.name]?.units ?? 0 }
    if let least = units.min(), least < config.minimumSampleSize {
      return (
        .continue,
        "CONTINUE: Insufficient sample size (\(least) of \(config.minimumSampleSize) units)"
      )
    }
    let primary = comparisons.filter { $0.metric == config.metrics.first?.name }
    guard let best = Self.best(primary) else {
      return (.noDecision, "NO DECISION: \(primary.first?.reason ?? "nothing could be compared")")
    }
    if best.significant == true, let gain = best.gain {
      let p = Self.short(best.adjustedPValue)
      let lift = best.lift.map { Self.percent($0) } ?? "\(best.difference ?? 0)"
      return gain > 0
        ? (.ship, "SHIP: Treatment wins with \(lift) lift (p=\(p))")
        : (.revert, "REVERT: Control wins, treatment shows \(lift) regression")
    }
    if let sequential, let last = sequential.looks.last, last.informationFraction < 1 {
      return (
        .continue,
        "CONTINUE: The boundary is not crossed at \(Self.percent(last.informationFraction)) of the "
          + "planned sample"
      )
    }
    return (.noDecision, "NO DECISION: Results not statistically significant")
  }

  /// The treatment that gains most of those whose difference is no chance; else one that loses; else
  /// any.
  private static func best(_ comparisons: [ExperimentComparison]) -> ExperimentComparison? {
    let known = comparisons.filter { $0.difference != nil }
    let real = known.filter { $0.significant == true }
    return real.max { ($0.gain ?? 0) < ($1.gain ?? 0) } ?? known.first
  }

  private static func percent(_ share: Double) -> String {
    "\((share * 10_000).rounded() / 100)%"
  }

  private static func short(_ p: Double?) -> String {
    guard let p else { return "?" }
    return p < 0.0001 ? "<0.0001" : "\((p * 10_000).rounded() / 10_000)"
  }
}

extension ExperimentComparison {
  /// The difference in the direction that is better.
  var gain: Double? { difference.map { direction == .increase ? $0 : -$0 } }

  /// The difference in standard errors.
  var z: Double? { difference.flatMap { gap in standardError.map { gap / $0 } } }
}
