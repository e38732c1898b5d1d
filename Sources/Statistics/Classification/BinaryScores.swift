/// Scores of a binary classifier, apart by truth and in order: what ROC and precision–recall curves
/// are made of.
public struct BinaryScores: Sendable, Equatable {
  /// Scores of rows whose truth is the positive class, ascending.
  public let positives: [Double]
  /// Scores of all other rows, ascending.
  public let negatives: [Double]

  /// - Parameters:
  ///   - positives: finite, in any order.
  ///   - negatives: likewise.
  public init(positives: [Double], negatives: [Double]) {
    var (sortedPositives, sortedNegatives) = (positives, negatives)
    sortAscending(&sortedPositives)
    sortAscending(&sortedNegatives)
    self.positives = sortedPositives
    self.negatives = sortedNegatives
  }

  /// The area under the ROC curve: how often a positive scores above a negative, ties counted half.
  ///
  /// O(n) once sorted. Sources: Hanley and McNeil (1982), Radiology 143; the standard error is DeLong,
  /// DeLong and Clarke-Pearson's (1988), Biometrics 44. Agrees with scikit-learn's `roc_auc_score`.
  ///
  /// - Throws: ``UndefinedStatistic/oneClassOnly`` where a class has no rows.
  public func areaUnderROC() throws(UndefinedStatistic) -> AreaUnderROC {
    guard !positives.isEmpty, !negatives.isEmpty else { throw .oneClassOnly }
    // Twice the number of pairs won, so that halves stay whole.
    var wins = 0
    var (ofPositives, ofNegatives) = (0.0, 0.0)
    var (positivesBelow, negativesBelow) = (0, 0)
    forEachTieGroup(positives.span, negatives.span) { _, inPositives, inNegatives in
      let won = 2 * negativesBelow + inNegatives
      wins += inPositives * won
      ofPositives += Double(inPositives) * Double(won) * Double(won)
      let lost = 2 * (positives.count - positivesBelow) - inPositives
      ofNegatives += Double(inNegatives) * Double(lost) * Double(lost)
      positivesBelow += inPositives
      negativesBelow += inNegatives
    }
    let (p, n) = (Double(positives.count), Double(negatives.count))
    let area = Double(wins) / (2 * p * n)
    // Variances of how often one positive wins, and of how often one negative loses.
    func variance(_ squares: Double, _ count: Double, _ others: Double) -> Double {
      guard count > 1 else { return 0 }
      return max(0, squares / (4 * others * others) - count * area * area) / (count - 1)
    }
    let error = (variance(ofPositives, p, n) / p + variance(ofNegatives, n, p) / n).squareRoot()
    return AreaUnderROC(
      value: area, standardError: positives.count > 1 && negatives.count > 1 ? error : nil)
  }

  /// The area under the precision–recall curve as average precision: Σ (Rᵢ − Rᵢ₋₁) Pᵢ over falling
  /// thresholds, without interpolation.
  ///
  /// O(n) once sorted. Agrees with scikit-learn's `average_precision_score`.
  ///
  /// - Throws: ``UndefinedStatistic/oneClassOnly`` where no row is positive.
  public func averagePrecision() throws(UndefinedStatistic) -> Double {
    guard !positives.isEmpty else { throw .oneClassOnly }
    var (i, j) = (positives.count, negatives.count)
    var sum = CompensatedSum()
    while i > 0 {
      let threshold = positives[i - 1]
      let before = i
      while i > 0, positives[i - 1] == threshold { i -= 1 }
      while j > 0, negatives[j - 1] >= threshold { j -= 1 }
      let (truePositives, falsePositives) = (positives.count - i, negatives.count - j)
      sum.add(
        Double(before - i) * (Double(truePositives) / Double(truePositives + falsePositives)))
    }
    return sum.value / Double(positives.count)
  }
}

/// An area under the ROC curve.
public struct AreaUnderROC: Sendable, Equatable {
  public let value: Double
  /// nil where a class has only one row.
  public let standardError: Double?
}

/// The mean area under the ROC curves of a classifier with several classes.
///
/// - Parameters:
///   - truth: the class of each row, 0..<classes.
///   - scores: for each class, its score in every row.
///   - averaging: of one class against the rest, or of every pair of classes (Hand and Till 2001,
///     Machine Learning 45). Agrees with scikit-learn's `roc_auc_score` with `average='macro'`.
/// - Returns: the mean, and a standard error that takes the curves' errors to go together, which they
///   at most do.
/// - Throws: ``UndefinedStatistic/oneClassOnly`` where a class never occurs.
public func areaUnderROC(
  truth: [Int], scores: [[Double]], averaging: ClassAveraging
) throws(UndefinedStatistic) -> AreaUnderROC {
  var areas: [AreaUnderROC] = []
  func split(_ column: [Double], _ isPositive: (Int) -> Bool, _ isNegative: (Int) -> Bool)
    -> BinaryScores
  {
    var (positives, negatives): ([Double], [Double]) = ([], [])
    for (row, score) in column.enumerated() {
      if isPositive(truth[row]) {
        positives.append(score)
      } else if isNegative(truth[row]) {
        negatives.append(score)
      }
    }
    return BinaryScores(positives: positives, negatives: negatives)
  }
  switch averaging {
  case .oneVersusRest:
    for (label, column) in scores.enumerated() {
      areas.append(try split(column, { $0 == label }, { $0 != label }).areaUnderROC())
    }
  case .oneVersusOne:
    for first in scores.indices {
      for second in scores.indices where second > first {
        for (positive, negative) in [(first, second), (second, first)] {
          areas.append(
            try split(scores[positive], { $0 == positive }, { $0 == negative }).areaUnderROC())
        }
      }
    }
  }
  guard !areas.isEmpty else { throw .oneClassOnly }
  let errors = areas.compactMap(\.standardError)
  return AreaUnderROC(
    value: areas.reduce(0) { $0 + $1.value } / Double(areas.count),
    standardError: errors.count == areas.count
      ? errors.reduce(0, +) / Double(errors.count) : nil)
}

/// What several classes' curves are averaged over.
public enum ClassAveraging: String, Sendable {
  case oneVersusRest = "ovr"
  case oneVersusOne = "ovo"
}
