import Foundation
import Statistics

/// What a diagnosis weighs causes by: each 0…1, 0 also where it is not known.
public struct CauseSignals: Sendable, Equatable {
  public private(set) var values: [String: Double] = [:]

  public subscript(name: String) -> Double { values[name] ?? 0 }

  /// 0 up to |z| = 2, 0.5 at 4, 0.93 at 10.
  static func evidence(_ z: Double) -> Double { 1 - exp(-max(0, abs(z) - 2) / 3) }

  /// The evidence that something raises the loss; little where it is little of the loss, however certain.
  static func cost(
    _ effect: EstimatedEffect?, in analysis: DiagnosisAnalysis, times share: Double = 1
  ) -> Double {
    guard let effect, effect.value > 0 else { return 0 }
    let usual = max(1e-300, abs(analysis.referenceLoss ?? 0))
    return evidence(effect.z) * min(1, share * effect.value / (0.03 * usual))
  }

  /// Which signals speak for or against a cause.
  public static func names(for cause: RootCause) -> [String] {
    switch cause {
    case .dataDrift:
      [
        "harm", "harm_alone", "drift", "drift_worse", "drift_worse_alone", "unfamiliar", "quality",
        "segment", "prior_fit", "relation_anywhere", "model",
      ]
    case .targetDrift:
      // Another relation makes other shares of outcomes too: that alone is no word for them.
      ["prior_fit", "prior_alone", "prior_share", "quality", "model"]
    case .conceptDrift:
      [
        "relation_anywhere", "relation_not_prior", "loss_given_features", "loss_alone", "places",
        "concept_share", "prior_fit", "model", "quality",
      ]
    case .modelBug: ["quality", "model", "model_share", "deployment", "concept_share", "segment"]
    case .infrastructure: ["machines", "machines_squared", "volume"]
    case .trafficPattern: ["volume", "segment", "segment_share", "machines", "quality"]
    case .unknown: []
    }
  }

  /// The signals of a cause, in the order of their names.
  public func inputs(for cause: RootCause) -> [Double] { Self.names(for: cause).map { self[$0] } }

  init(_ evidence: DiagnosisEvidence, _ results: [DiagnosticResult]) {
    func strongest(_ kinds: [CauseKind]) -> Double {
      results.filter { kinds.contains($0.kind) && $0.outcome != .unknown }.map(\.strength).max()
        ?? 0
    }
    func strength(_ name: String) -> Double {
      results.first { $0.checkName == name && $0.outcome != .unknown }?.strength ?? 0
    }
    values["machines"] = strongest([
      .latencySpike, .memoryPressure, .gpuUtilizationLow, .cpuPressure, .errorRate,
    ])
    values["machines_squared"] = pow(values["machines"] ?? 0, 4)
    values["volume"] = min(1, strength("traffic_volume_check"))
    values["segment"] = strength("traffic_segment_check")
    values["quality"] = max(strength("data_quality_check"), 0.8 * strength("data_freshness_check"))
    values["deployment"] = strongest([
      .modelVersionChanged, .modelConfigChanged, .dependencyVersion,
    ])
    values["model"] = strength("model_validation_check")
    let drift = strength("data_drift_check")
    guard let analysis = evidence.analysis else {
      values["drift"] = drift
      return
    }
    let reach =
      analysis.features.filter { $0.drifted && $0.defects.isEmpty && $0.unseen.share < 0.02 }
      .compactMap(\.distance).max() ?? 0
    let moved = min(1, 2 * reach)
    values["drift"] = moved
    func cost(_ effect: EstimatedEffect?, times share: Double = 1) -> Double {
      Self.cost(effect, in: analysis, times: share)
    }
    values["degraded"] = analysis.degraded == true ? 1 : 0
    values["drift_worse"] = moved * cost(analysis.change)
    values["prior_fit"] = TargetDriftDiagnostic.fit(analysis)
    if let shift = analysis.labelShift {
      values["prior_share"] = self["prior_fit"] * analysis.share(shift.explainedLoss ?? 0)
    }
    if let outcome = analysis.outcomeShift {
      values["relation"] = outcome.isMaterial ? Self.evidence(outcome.z) : 0
    }
    values["loss_given_features"] = cost(analysis.lossShift)
    values["places"] =
      analysis.segments.filter { $0.contrast.value > 0 }
      .map { min(cost($0.contrast, times: $0.share), cost($0.effect, times: $0.share)) }.max() ?? 0
    values["relation_places"] =
      (analysis.outcomeSegments + analysis.turnedSegments)
      .map { Self.evidence($0.contrast.z) }.max() ?? 0
    values["relation_anywhere"] = max(self["relation"], self["relation_places"])
    values["harm"] = moved * cost(analysis.anticipated)
    if let attribution = analysis.attribution {
      values["covariate"] = cost(attribution.covariate)
      values["unfamiliar"] = cost(attribution.unfamiliar)
      values["harm"] = moved * max(self["covariate"], self["unfamiliar"])
      values["covariate_share"] = analysis.share(
        attribution.covariate.value + max(0, attribution.unfamiliar.value))
      let model = analysis.modelPart?.value ?? 0
      values["concept_share"] = analysis.share(attribution.concept.value - model)
      values["model_share"] = analysis.share(model)
      values["segment_share"] = min(self["segment"], analysis.share(Self.unseen(evidence)))
    }
    // What something else explains already speaks less: sums of weights alone cannot say that.
    let broken = max(self["quality"], self["segment"], self["model"])
    let relation = max(broken, self["relation_anywhere"])
    values["harm_alone"] = self["harm"] * (1 - min(1, relation))
    values["drift_worse_alone"] =
      self["drift_worse"] * (1 - min(1, max(relation, self["prior_fit"])))
    values["prior_alone"] = self["prior_fit"] * (1 - min(1, broken))
    // Noise, say: outcomes are as many as they were, and only less to be expected.
    values["loss_alone"] =
      self["loss_given_features"] * (1 - min(1, max(relation, self["prior_fit"])))
    values["relation_not_prior"] = self["relation_anywhere"] * (1 - self["prior_fit"])
    for (name, value) in values where !value.isFinite { values[name] = 0 }
  }

  /// What rows of unseen categories add to the mean loss.
  private static func unseen(_ evidence: DiagnosisEvidence) -> Double {
    guard let tables = evidence.tables, let analysis = evidence.analysis,
      let largest = analysis.features.max(by: { $0.unseen.share < $1.unseen.share }),
      largest.unseen.share > 0,
      let feature = tables.features.first(where: { $0.name == largest.name }),
      let before = analysis.referenceLoss
    else { return 0 }
    let known = Set(feature.reference.values.filter { $0 >= 0 })
    var (sum, count) = (0.0, 0.0)
    for (value, loss) in zip(feature.current.values, tables.current.losses) where loss.isFinite {
      count += 1
      if value >= 0, !known.contains(value) { sum += loss - before }
    }
    return count > 0 ? sum / count : 0
  }
}
