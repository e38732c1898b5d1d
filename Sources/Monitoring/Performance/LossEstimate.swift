import Statistics

/// The error of predicted numbers told without labels, from inputs like those that went wrong before.
///
/// A second model learns on the labelled reference how large the first one's error is for which inputs
/// (direct loss estimation, as NannyML has it). What it cannot see is a change of the relation between
/// inputs and truth.
struct LossEstimate {
  static let method = "dle"
  /// Reference rows that are learnt from.
  private static let learnt = 50_000

  private let absolute: BoostedTrees
  private let squared: BoostedTrees
  /// Of the errors on the reference.
  private let spread: (absolute: Double, squared: Double)

  /// - Parameters:
  ///   - rows: of the reference, with a truth.
  /// - Returns: nil where there is too little to learn from.
  init?(reference: PredictionTable, rows: [Int]) {
    let valid = rows.filter {
      reference.predictions[$0].isFinite && reference.truth[$0].isFinite
    }
    let step = max(1, valid.count / Self.learnt)
    let chosen = stride(from: 0, to: valid.count, by: step).map { valid[$0] }
    guard chosen.count >= 100 else { return nil }
    let errors = chosen.map { reference.predictions[$0] - reference.truth[$0] }
    let (sizes, squares) = (errors.map { abs($0) }, errors.map { $0 * $0 })
    let features = Self.features(reference, chosen)
    do {
      absolute = try BoostedTrees(features: features, target: sizes)
      squared = try BoostedTrees(features: features, target: squares)
    } catch {
      return nil
    }
    spread = (
      Moments(sizes).standardDeviation ?? 0, Moments(squares).standardDeviation ?? 0
    )
  }

  /// Inputs, and the prediction itself.
  private static func features(_ table: PredictionTable, _ rows: [Int]) -> [[Double]] {
    (table.features + [table.predictions]).map { column in rows.map { column[$0] } }
  }

  func evaluate(
    _ table: PredictionTable, _ rows: [Int], realised: Metrics
  ) -> [String: EstimatedMetric] {
    let known = rows.filter { table.predictions[$0].isFinite }
    guard !known.isEmpty else {
      return ["mae": EstimatedMetric(method: Self.method, reason: "there are no predictions")]
    }
    let features = Self.features(table, known)
    func mean(_ model: BoostedTrees) -> Double {
      let losses = model.predict(features, rows: known.count).map { max(0, $0) }
      return Moments(losses).mean
    }
    let root = Double(known.count).squareRoot()
    let size = mean(absolute)
    let square = mean(squared)
    var estimates = [
      "mae": EstimatedMetric(
        value: size, lower: max(0, size - 3 * spread.absolute / root),
        upper: size + 3 * spread.absolute / root, method: Self.method),
      "rmse": EstimatedMetric(
        value: square.squareRoot(),
        lower: max(0, square - 3 * spread.squared / root).squareRoot(),
        upper: (square + 3 * spread.squared / root).squareRoot(), method: Self.method),
    ]
    for name in ["mae", "rmse"] { estimates[name]?.realised = realised[name]?.value }
    return estimates
  }
}
