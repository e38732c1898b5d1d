/// How a model's mean loss changed, part by part.
///
/// With m(x) the loss to be expected of features x, learnt on the reference:
///
/// current − reference = Σ features (Shapley contributions to E_cur m − E_ref m) + concept (E_cur[l − m]) +
/// unexplained (what the learnt m is off by on the reference, and what pairs of rows miss).
///
/// The parts add up to the observed change exactly. Sources: as ``ShapleyPaths`` and ``CrossFittedTrees``;
/// the split itself is Cai, Namkoong and Yadlowsky (2023) without their shared population.
public struct LossAttribution: Sendable {
  /// mean current − mean reference.
  public let change: EstimatedEffect
  /// By feature.
  public let features: [EstimatedEffect]
  /// The sum of the features, with the error of the whole.
  public let covariate: EstimatedEffect
  /// Current rows' loss beyond what rows like them lost in the reference.
  public let concept: EstimatedEffect
  public let unexplained: Double
  /// loss − expected, by row: out of fold in the reference.
  public let referenceResiduals: [Double]
  public let currentResiduals: [Double]

  /// - Parameters:
  ///   - reference: features of reference rows.
  ///   - referenceLoss: their losses, finite.
  ///   - current: features of current rows.
  ///   - currentLoss: likewise.
  ///   - settings: how trees are grown.
  ///   - pairs: pairs of rows that features are exchanged between.
  ///   - seed: where random choices start.
  /// - Throws: ``UndefinedStatistic`` where there are too few rows.
  public init(
    reference: [AttributionColumn], referenceLoss: [Double], current: [AttributionColumn],
    currentLoss: [Double], settings: BoostedTrees.Settings, pairs: Int, seed: UInt64
  ) throws(UndefinedStatistic) {
    guard !currentLoss.isEmpty else { throw .emptySample(.current) }
    let fitted = try CrossFittedTrees(
      reference, target: referenceLoss, settings: settings, seed: seed)
    let expected = fitted.predict(current, rows: currentLoss.count)
    referenceResiduals = zip(referenceLoss, fitted.outOfFold).map { $0 - $1 }
    currentResiduals = zip(currentLoss, expected).map { $0 - $1 }
    guard let change = EstimatedEffect.difference(Moments(referenceLoss), Moments(currentLoss)),
      let whole = EstimatedEffect.difference(Moments(fitted.outOfFold), Moments(expected)),
      let excess = EstimatedEffect.difference(
        Moments(referenceResiduals), Moments(currentResiduals))
    else { throw .tooFewObservations(required: 2, got: currentLoss.count) }
    let paths = ShapleyPaths(
      fitted, reference: reference, current: current, pairs: pairs, seed: seed &+ 1)
    self.change = change
    features = paths.contributions
    covariate = EstimatedEffect(value: paths.total, standardError: whole.standardError)
    concept = EstimatedEffect(
      value: Moments(currentResiduals).mean, standardError: excess.standardError)
    unexplained = change.value - covariate.value - concept.value
  }
}
