public import Monitoring

/// One attempt to deliver a message.
public struct DeliveryAttempt: Codable, Sendable, Equatable {
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    case delivered
    /// It is tried again.
    case delayed
    /// The provider will never take it as it is.
    case refused
    /// It is not tried again: no attempt was made for this line.
    case givenUp = "given_up"
  }

  public var notificationID: Int64
  public var channel: String
  public var at: Instant
  public var outcome: Outcome
  public var detail: String
  public var seconds: Double
  /// What the message told: `firing`, `resolved`, …; nil where it is not known.
  @NullCoded public var kind: String?

  enum CodingKeys: String, CodingKey {
    case notificationID = "notification_id"
    case channel, at, outcome, detail, seconds, kind
  }

  public init(
    notificationID: Int64, channel: String, at: Instant, outcome: Outcome, detail: String,
    seconds: Double, kind: String? = nil
  ) {
    self.notificationID = notificationID
    self.channel = channel
    self.at = at
    self.outcome = outcome
    self.detail = detail
    self.seconds = seconds
    self.kind = kind
  }
}
