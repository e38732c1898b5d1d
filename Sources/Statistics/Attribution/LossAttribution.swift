/// How a model's mean loss changed, part by part.
///
/// With m(x) the loss to be expected of features x, learnt on the reference, and f(x) how familiar a current
/// row is, 0…1, which is 0 where no reference row is like it:
///
/// current − reference = Σ features (Shapley contributions to E_cur m − E_ref m) + concept (E_cur[f (l − m)])
/// + unfamiliar (E_cur[(1 − f) (l − m)]) + unexplained (what the learnt m is off by on the reference).
///
/// The parts add up to the observed change exactly. What pairs of rows miss of E_cur m − E_ref m is given to
/// the features by their variances, which is where it comes from. Errors of m itself are part of the standard
/// errors. Sources: as ``ShapleyPaths`` and ``CrossFittedTrees``; the split itself, and why rows without a
/// like are a part of their own, is Cai, Namkoong and Yadlowsky (2023), "Diagnosing Model Performance Under
/// Distribution Shift".
public struct LossAttribution: Sendable {
  /// mean current − mean reference.
  public let change: EstimatedEffect
  /// By feature.
  public let features: [EstimatedEffect]
  /// The sum of the features, with the error of the whole.
  public let covariate: EstimatedEffect
  /// Current rows' loss beyond what rows like them lost in the reference.
  public let concept: EstimatedEffect
  /// The same of rows that the reference has none like: another mix of rows or another relation, which nothing
  /// tells apart.
  public let unfamiliar: EstimatedEffect
  public let unexplained: Double
  /// loss − expected, by row: out of fold in the reference.
  public let referenceResiduals: [Double]
  public let currentResiduals: [Double]

  /// - Parameters:
  ///   - reference: features of reference rows.
  ///   - referenceLoss: their losses, finite.
  ///   - current: features of current rows.
  ///   - currentLoss: likewise.
  ///   - familiarity: of current rows, 0…1; nil where all are like rows of the reference.
  ///   - settings: how trees are grown.
  ///   - pairs: pairs of rows that features are exchanged between.
  ///   - seed: where random choices start.
  /// - Throws: ``UndefinedStatistic`` where there are too few rows.
  public init(
    reference: [AttributionColumn], referenceLoss: [Double], current: [AttributionColumn],
    currentLoss: [Double], familiarity: [Double]? = nil, settings: BoostedTrees.Settings,
    pairs: Int, seed: UInt64
  ) throws(UndefinedStatistic) {
    guard !currentLoss.isEmpty else { throw .emptySample(.current) }
    let fitted = try CrossFittedTrees(
      reference, target: referenceLoss, settings: settings, seed: seed)
    let expected = fitted.predict(current, rows: currentLoss.count)
    let residuals = zip(referenceLoss, fitted.outOfFold).map { $0 - $1 }
    let excess = zip(currentLoss, expected).map { $0 - $1 }
    referenceResiduals = residuals
    currentResiduals = excess
    guard let change = EstimatedEffect.difference(Moments(referenceLoss), Moments(currentLoss))
    else { throw .tooFewObservations(required: 2, got: currentLoss.count) }
    let whole = try Self.covariate(fitted, reference, referenceLoss, current, expected)
    let uncertainty = whole.uncertainty
    covariate = whole.effect
    let size = Double(currentLoss.count)
    func part(_ weights: [Double]) -> EstimatedEffect {
      let moments = Moments(zip(weights, excess).map { $0 * $1 })
      let learnt = fitted.figure(current, weights: weights.map { $0 / size })
      let variance = (moments.variance ?? 0) / size + uncertainty.variance(of: learnt)
      return EstimatedEffect(value: moments.mean, standardError: variance.squareRoot())
    }
    let known = familiarity ?? [Double](repeating: 1, count: currentLoss.count)
    concept = part(known)
    unfamiliar =
      known.allSatisfy { $0 == 1 }
      ? EstimatedEffect(value: 0, standardError: 0) : part(known.map { 1 - $0 })
    let paths = ShapleyPaths(
      fitted, reference: reference, current: current, uncertainty: uncertainty, pairs: pairs,
      seed: seed &+ 1)
    features = Self.reconciled(
      paths.contributions, to: whole.effect.value,
      rows: min(referenceLoss.count / 2, currentLoss.count))
    self.change = change
    unexplained =
      change.value - features.reduce(0) { $0 + $1.value } - concept.value - unfamiliar.value
  }

  /// What another mix of rows lets expect of the loss, where current losses are not known yet.
  ///
  /// - Parameters: as those of the parts.
  /// - Throws: ``UndefinedStatistic`` where there are too few rows.
  public static func anticipated(
    reference: [AttributionColumn], referenceLoss: [Double], current: [AttributionColumn],
    settings: BoostedTrees.Settings, seed: UInt64
  ) throws(UndefinedStatistic) -> EstimatedEffect {
    let rows = current.first?.values.count ?? 0
    guard rows > 1 else { throw .tooFewObservations(required: 2, got: rows) }
    let fitted = try CrossFittedTrees(
      reference, target: referenceLoss, settings: settings, seed: seed)
    let expected = fitted.predict(current, rows: rows)
    return try covariate(fitted, reference, referenceLoss, current, expected).effect
  }

  /// E_cur m − E_ref m, and what tells how uncertain m is.
  private static func covariate(
    _ fitted: CrossFittedTrees, _ reference: [AttributionColumn], _ referenceLoss: [Double],
    _ current: [AttributionColumn], _ expected: [Double]
  ) throws(UndefinedStatistic) -> (
    effect: EstimatedEffect, uncertainty: CrossFittedTrees.Uncertainty
  ) {
    guard
      let whole = EstimatedEffect.difference(Moments(fitted.outOfFold), Moments(expected))
    else { throw .tooFewObservations(required: 2, got: expected.count) }
    let uncertainty = CrossFittedTrees.Uncertainty(
      fitted, reference, residuals: zip(referenceLoss, fitted.outOfFold).map { $0 - $1 })
    let weights = [Double](repeating: 1 / Double(expected.count), count: expected.count)
    let figure =
      fitted.figure(current, weights: weights)
      + fitted.figureOfLearnt(reference, weight: -1 / Double(referenceLoss.count))
    let variance =
      whole.standardError * whole.standardError + uncertainty.variance(of: figure)
    return (
      EstimatedEffect(value: whole.value, standardError: variance.squareRoot()), uncertainty
    )
  }

  /// What trees and their leaves take up of the rows they learn from, as parameters of a regression do.
  private static let parameters = 40.0

  /// The same contributions, with their sum corrected where they are least certain, and with errors that allow
  /// for what a model of few rows leaves out (n / (n − parameters), as of HC1: MacKinnon and White 1985).
  private static func reconciled(
    _ contributions: [EstimatedEffect], to total: Double, rows: Int
  ) -> [EstimatedEffect] {
    let size = Double(rows)
    let few = (size / max(size - parameters, size / 4)).squareRoot()
    let missed = total - contributions.reduce(0) { $0 + $1.value }
    let variances = contributions.map { $0.standardError * $0.standardError }
    let whole = variances.reduce(0, +)
    guard whole > 0 else { return contributions }
    return zip(contributions, variances).map { effect, variance in
      EstimatedEffect(
        value: effect.value + missed * variance / whole, standardError: few * effect.standardError)
    }
  }
}
