public import Monitoring

/// A line in the log of thresholds that follow history; no line is ever changed.
public struct ThresholdChange: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Worked out and shown.
    case proposed
    /// Put in force.
    case applied
    /// The newest that was in force is no more.
    case reverted
  }

  /// Given when it is kept; 0 before.
  public var id: Int64
  public var rule: String
  public var at: Instant
  /// The threshold it goes from, and to.
  public var before: Double
  public var after: Double
  /// Why, in words.
  public var explanation: String
  public var state: State

  public init(
    id: Int64 = 0, rule: String, at: Instant, before: Double, after: Double, explanation: String,
    state: State
  ) {
    self.id = id
    self.rule = rule
    self.at = at
    self.before = before
    self.after = after
    self.explanation = explanation
    self.state = state
  }
}

/// A threshold in force in place of a rule's own.
public struct ThresholdInForce: Sendable, Equatable {
  public var value: Double
  /// What the rule's own was when the first of the changes that lead to it was made.
  public var own: Double

  public init(value: Double, own: Double) {
    self.value = value
    self.own = own
  }
}
