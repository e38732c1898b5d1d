import Foundation
public import Statistics

/// Which mean is explained. Metrics that are no mean of losses, such as the area under the ROC curve, have
/// no parts that add up; one of these stands for them.
public enum DiagnosisLoss: String, Codable, Sendable, CaseIterable {
  /// 1 where the predicted class is wrong: 1 − accuracy.
  case zeroOne = "zero_one"
  /// (probability − outcome)²: the Brier score.
  case brier
  /// −ln of the probability of what happened, which is kept above 10⁻⁶.
  case logLoss = "log_loss"
  case squaredError = "squared_error"
  case absoluteError = "absolute_error"

  /// - Parameters:
  ///   - score: a probability, or a predicted number.
  ///   - outcome: 0 or 1, or a number.
  /// - Returns: NaN where one is not there.
  func value(score: Double, outcome: Double) -> Double {
    switch self {
    case .zeroOne: score.isNaN || outcome.isNaN ? .nan : (score >= 0.5) == (outcome >= 0.5) ? 0 : 1
    case .brier, .squaredError: (score - outcome) * (score - outcome)
    case .logLoss:
      score.isNaN || outcome.isNaN
        ? .nan : -log(max(1e-6, outcome >= 0.5 ? score : 1 - score))
    case .absoluteError: abs(score - outcome)
    }
  }
}

/// Rows of predictions before and now, as a diagnosis looks at them.
public struct DiagnosisTables: Sendable {
  /// A feature on both sides.
  public struct Feature: Sendable {
    public var name: String
    public var reference: AttributionColumn
    public var current: AttributionColumn
    /// Names of categories by code; empty for numbers.
    public var categories: [String]
    /// Whether it changes with the time alone: see ``DiagnosisTables/setDatesApart()``.
    var followsTime = false

    /// - Parameters:
    ///   - name: the column's.
    ///   - reference: a number or the code of a category for each row; NaN where it is missing.
    ///   - current: likewise.
    ///   - categories: names of categories by code; nil for numbers.
    public init(
      name: String, reference: [Double], current: [Double], categories: [String]? = nil
    ) {
      // Anything that is no code is missing.
      let count = Double(categories?.count ?? 0)
      func codes(_ values: [Double]) -> [Double] {
        guard categories != nil else { return values }
        return values.map { $0 >= 0 && $0 < count && $0 == $0.rounded() ? $0 : .nan }
      }
      self.name = name
      self.reference = AttributionColumn(values: codes(reference), isCategory: categories != nil)
      self.current = AttributionColumn(values: codes(current), isCategory: categories != nil)
      self.categories = categories ?? []
    }
  }

  /// What is known of the rows of one side besides features. Lists are empty where nothing is known, else
  /// have a place for every row; NaN stands for what is not there.
  public struct Side: Sendable {
    public var rows: Int
    /// What was lost on each row.
    public var losses: [Double] = []
    /// What happened: 0 or 1, or a number.
    public var outcomes: [Double] = []
    /// What the model said: a probability, or a number.
    public var scores: [Double] = []
    /// Microseconds since 1970; `Int64.min` for none.
    public var times: [Int64] = []
    /// Where there are more than two: codes of ``DiagnosisTables/classes``; −1 for none.
    public var classes: [Int32] = []
    /// Codes of ``DiagnosisTables/versions``; −1 for none.
    public var versions: [Int32] = []

    public init(rows: Int) {
      self.rows = rows
    }

    public init(
      scores: [Double], outcomes: [Double], loss: DiagnosisLoss, times: [Int64] = []
    ) {
      rows = scores.count
      self.scores = scores
      self.outcomes = outcomes
      self.times = times
      losses = zip(scores, outcomes).map { loss.value(score: $0, outcome: $1) }
    }
  }

  public var features: [Feature]
  public var reference: Side
  public var current: Side
  public var loss: DiagnosisLoss
  /// Whether outcomes are classes.
  public var isClassification: Bool
  /// Names of classes by code, where outcomes are those of one class against several others.
  public var classes: [String] = []
  /// Why rows have no loss, and what would mend that; nil where they have or could have one.
  public var reasonWithoutLoss: String?
  /// Names of model versions by code.
  public var versions: [String] = []
  /// Figures of machines that rows tell: how long calls took, how many failed.
  public var figures: [String: InfrastructureFigure] = [:]
  /// What the schemas of the two sides differ in.
  public var findings: [QualityFinding] = []
  /// What was left out or simplified, in words.
  public var notes: [String] = []

  public init(
    features: [Feature], reference: Side, current: Side, loss: DiagnosisLoss,
    isClassification: Bool
  ) {
    self.features = features
    self.reference = reference
    self.current = current
    self.loss = loss
    self.isClassification = isClassification
  }
}

extension DiagnosisTables {
  /// The first time of the reference's rows; nil where they have none.
  public var firstTime: Instant? {
    reference.span.map { Instant(microseconds: $0.lowerBound) }
  }

  /// The first time after the last of the current rows; nil where they have none.
  public var end: Instant? {
    current.span.map { Instant(microseconds: $0.upperBound &+ 1) }
  }
}

extension DiagnosisTables.Side {
  /// The first and the last time that is known.
  var span: ClosedRange<Int64>? {
    let known = times.filter { $0 != PredictionTable.noTime }
    guard let first = known.min(), let last = known.max() else { return nil }
    return first...last
  }

  /// These rows only.
  func rows(_ chosen: [Int]) -> DiagnosisTables.Side {
    func part<Value>(_ list: [Value]) -> [Value] { list.isEmpty ? [] : chosen.map { list[$0] } }
    var side = DiagnosisTables.Side(rows: chosen.count)
    side.losses = part(losses)
    side.outcomes = part(outcomes)
    side.scores = part(scores)
    side.times = part(times)
    side.classes = part(classes)
    side.versions = part(versions)
    return side
  }
}
