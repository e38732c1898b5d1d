public import DataSources

/// Why there is no threshold to propose or to put in force.
public enum ThresholdError: ExplainedError, Equatable {
  /// The condition is no value against one bound.
  case notOneSided(rule: String, condition: String)
  case tooLittleHistory(rule: String, reason: String)
  /// So much of the history is unlike the rest that it cannot be told which part is healthy.
  case unhealthyHistory(rule: String, share: Double)
  /// The owner set no bounds, or only one.
  case noBounds(rule: String)
  case invalidBounds(rule: String, minimum: Double, maximum: Double)
  case beyondBounds(rule: String, threshold: Double, minimum: Double, maximum: Double)
  case nothingInForce(rule: String)

  public var code: String {
    switch self {
    case .notOneSided: "threshold_not_one_sided"
    case .tooLittleHistory: "too_little_history"
    case .unhealthyHistory: "unhealthy_history"
    case .noBounds: "no_threshold_bounds"
    case .invalidBounds: "invalid_threshold_bounds"
    case .beyondBounds: "threshold_beyond_bounds"
    case .nothingInForce: "no_threshold_in_force"
    }
  }

  public var what: String {
    switch self {
    case .notOneSided(let rule, let condition):
      "the rule \(rule) asks for `\(condition)`, which has no single threshold"
    case .tooLittleHistory(let rule, let reason):
      "there is too little history for a threshold of \(rule): \(reason)"
    case .unhealthyHistory(let rule, let share):
      "\(Figure.percent(share)) of the history of \(rule) is far outside the rest, so that what is usual "
        + "cannot be told"
    case .noBounds(let rule): "the rule \(rule) says nothing of how far its threshold may go"
    case .invalidBounds(let rule, let minimum, let maximum):
      "the threshold of \(rule) may go from \(minimum) to \(maximum), which is nowhere"
    case .beyondBounds(let rule, let threshold, let minimum, let maximum):
      "the threshold \(threshold) of \(rule) is beyond its bounds, \(minimum) to \(maximum)"
    case .nothingInForce(let rule): "the rule \(rule) has its own threshold already"
    }
  }

  public var mend: String {
    switch self {
    case .notOneSided: "give it a condition such as `> 0.05`, or leave its threshold as it is"
    case .tooLittleHistory: "wait until there is more, or give a longer history"
    case .unhealthyHistory: "name the degradations in it, or give a history that is mostly healthy"
    case .noBounds: "give the rule a minimum and a maximum for its dynamic threshold"
    case .invalidBounds: "give a minimum that is not above the maximum"
    case .beyondBounds: "choose one within them, or have the rule's owner widen them"
    case .nothingInForce: "there is nothing to revert"
    }
  }
}
