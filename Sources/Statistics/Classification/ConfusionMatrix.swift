/// How often each class was predicted for each class; counts of parts add up.
public struct ConfusionMatrix: Sendable, Equatable {
  /// Number of classes.
  public let classes: Int
  /// Rows of true class `t` that were predicted as `p`, at `t * classes + p`.
  public private(set) var counts: [Int]

  public init(classes: Int) {
    precondition(classes >= 0, "a number of classes")
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// Counts rows.
  public mutating func add(truth: Int, predicted: Int, count: Int = 1) {
    counts[truth * classes + predicted] += count
  }

  /// Adds the counts of other rows over the same classes.
  public mutating func merge(_ other: ConfusionMatrix) {
    precondition(other.classes == classes, "the same classes")
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  public var total: Int { counts.reduce(0, +) }

  /// Rows of true class `truth` that were predicted as `predicted`.
  public subscript(truth truth: Int, predicted predicted: Int) -> Int {
    counts[truth * classes + predicted]
  }

  /// Every figure of the matrix; nil where it does not exist.
  ///
  /// Classes that neither occur nor are predicted count for nothing. In averages over classes, a
  /// class's undefined precision or recall is 0, as in scikit-learn.
  public func scores() -> ClassificationScores { Self.figures(counts.map(Double.init), classes) }

  /// The figures of weighted counts, as bootstrap replicates have them, in the order of ``counts``.
  public static func figures(_ counts: [Double], _ classes: Int) -> ClassificationScores {
    var scores = ClassificationScores()
    let total = counts.reduce(0, +)
    guard total > 0 else { return scores }
    var hits = 0.0
    var (recalls, recalled) = (0.0, 0.0)
    var (macro, weighted) = (ClassificationScores.Trio(), ClassificationScores.Trio())
    var seen = 0.0
    for label in 0..<classes {
      let hit = counts[label * classes + label]
      let occurring = (0..<classes).reduce(0.0) { $0 + counts[label * classes + $1] }
      let predicted = (0..<classes).reduce(0.0) { $0 + counts[$1 * classes + label] }
      hits += hit
      if occurring > 0 {
        recalls += hit / occurring
        recalled += 1
      }
      guard occurring + predicted > 0 else { continue }
      seen += 1
      let trio = ClassificationScores.Trio(
        precision: predicted > 0 ? hit / predicted : 0,
        recall: occurring > 0 ? hit / occurring : 0, f1: 2 * hit / (occurring + predicted))
      macro.add(trio, weight: 1)
      weighted.add(trio, weight: occurring)
    }
    scores.accuracy = hits / total
    scores.balancedAccuracy = recalled > 0 ? recalls / recalled : nil
    scores.macro = macro.divided(by: seen)
    scores.weighted = weighted.divided(by: total)
    return scores
  }

  /// Precision, recall and F1 of one class against the others; nil where one does not exist.
  public func binary(
    positive: Int
  ) -> (precision: Double?, recall: Double?, f1: Double?) {
    Self.binaryFigures(counts.map(Double.init), classes, positive)
  }

  /// The same of weighted counts.
  public static func binaryFigures(
    _ counts: [Double], _ classes: Int, _ positive: Int
  ) -> (precision: Double?, recall: Double?, f1: Double?) {
    let hit = counts[positive * classes + positive]
    let occurring = (0..<classes).reduce(0.0) { $0 + counts[positive * classes + $1] }
    let predicted = (0..<classes).reduce(0.0) { $0 + counts[$1 * classes + positive] }
    return (
      predicted > 0 ? hit / predicted : nil, occurring > 0 ? hit / occurring : nil,
      occurring + predicted > 0 ? 2 * hit / (occurring + predicted) : nil
    )
  }
}

/// The figures of a confusion matrix.
public struct ClassificationScores: Sendable, Equatable {
  /// Precision, recall and F1, averaged in some way.
  public struct Trio: Sendable, Equatable {
    public var precision = 0.0
    public var recall = 0.0
    public var f1 = 0.0

    mutating func add(_ other: Trio, weight: Double) {
      precision += weight * other.precision
      recall += weight * other.recall
      f1 += weight * other.f1
    }

    func divided(by count: Double) -> Trio {
      Trio(precision: precision / count, recall: recall / count, f1: f1 / count)
    }
  }

  /// Share of rows predicted right; with one label a row it is also every micro average.
  public var accuracy: Double?
  /// Mean recall of the classes that occur.
  public var balancedAccuracy: Double?
  /// Every class counts the same.
  public var macro: Trio?
  /// Classes count as often as they occur.
  public var weighted: Trio?

  public init() {}
}
