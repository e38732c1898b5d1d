public import DataSources

/// A way to tell people.
///
/// What is the same for all channels (grouping, rate limits, retries, the order of messages) is done
/// before a message comes here; a channel makes one attempt and says how it went.
public protocol NotificationChannel: Sendable {
  /// Whether every alert goes by itself, as to systems that keep incidents; else a group is one message.
  var sendsEachAlert: Bool { get }

  /// Makes one attempt, which may block for as long as the channel's time-out.
  ///
  /// - Parameter message: with one alert where ``sendsEachAlert``.
  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt
}

/// What a provider answered to a message it took.
public struct DeliveryReceipt: Sendable, Equatable {
  /// In a few words, for the log of attempts: `HTTP 202`, `250 2.0.0 Ok`.
  public var detail: String

  public init(detail: String) {
    self.detail = detail
  }
}

/// Why an attempt failed.
public enum DeliveryError: ExplainedError, Equatable {
  /// It may succeed later.
  ///
  /// - Parameter retryAfter: seconds the provider asked to wait; nil where it did not say.
  case temporary(reason: String, retryAfter: Double?)
  /// It will never succeed as it is.
  case permanent(reason: String)

  public var code: String {
    switch self {
    case .temporary: "delivery_delayed"
    case .permanent: "delivery_refused"
    }
  }

  public var what: String {
    switch self {
    case .temporary(let reason, _), .permanent(let reason): reason
    }
  }

  public var mend: String {
    switch self {
    case .temporary: "it is tried again by itself; check the provider's state if it lasts"
    case .permanent: "check the channel's address, key and template"
    }
  }
}
