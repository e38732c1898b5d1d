public import Foundation
public import Monitoring

/// A message that waits for its channel.
public struct QueuedNotification: Sendable, Equatable {
  public enum State: String, Codable, Sendable {
    case waiting, delivered
    /// It went with others in a digest.
    case digested
    case givenUp = "given_up"
  }

  /// Given when it is kept; 0 before.
  public var id: Int64
  public var channel: String
  /// Messages of one key are told in their order.
  public var orderKey: String
  /// The message, as its channel reads it.
  public var message: Data
  public var createdAt: Instant
  /// Of one that was given up, when that was.
  public var nextAttemptAt: Instant
  public var attempts = 0
  public var state = State.waiting

  public init(
    id: Int64 = 0, channel: String, orderKey: String, message: Data, createdAt: Instant
  ) {
    self.id = id
    self.channel = channel
    self.orderKey = orderKey
    self.message = message
    self.createdAt = createdAt
    nextAttemptAt = createdAt
  }
}
