/// A way to tell people, and what it needs.
public struct ChannelConfiguration: Sendable, Equatable {
  public enum Target: Sendable, Equatable {
    /// An incoming webhook.
    case slack(url: String)
    /// Events API v2. `url` is that of the API, unless another is given.
    case pagerduty(routingKey: String, url: String)
    case email(Email)
    /// Alertmanager's payload, signed with HMAC-SHA256 where there is a secret.
    case webhook(url: String, secret: String?, headers: [String: String])
    /// The base address of an Alertmanager, whose v2 API takes the alerts.
    case alertmanager(url: String, username: String?, password: String?)
    case opsgenie(apiKey: String, url: String)
    /// A Workflows webhook.
    case teams(url: String)
  }

  public struct Email: Sendable, Equatable {
    public enum Encryption: String, Sendable, CaseIterable {
      /// TLS from the first byte.
      case tls
      /// TLS by STARTTLS, without which nothing is sent.
      case startTLS = "starttls"
      case none
    }

    public var host: String
    public var port: Int
    public var encryption: Encryption
    public var from: String
    public var to: [String]
    public var username: String?
    public var password: String?

    public init(
      host: String, port: Int, encryption: Encryption, from: String, to: [String],
      username: String? = nil, password: String? = nil
    ) {
      self.host = host
      self.port = port
      self.encryption = encryption
      self.from = from
      self.to = to
      self.username = username
      self.password = password
    }
  }

  /// At most so many messages in so long; what is more comes together in a digest.
  public struct RateLimit: Sendable, Equatable {
    public var messages: Int
    public var per: TimeSpan

    /// Messages beyond the limit for alerts that are critical, which do not wait for the others' sake: half as
    /// many again, so that a storm of them has an end too.
    public var criticalMessages: Int { max(1, messages / 2) }

    public init(messages: Int, per: TimeSpan) {
      self.messages = messages
      self.per = per
    }
  }

  public var name: String
  public var target: Target
  public var rateLimit: RateLimit?
  /// Seconds one attempt may take.
  public var timeoutSeconds = 10
  /// Seconds after which an undelivered message is given up.
  public var giveUpSeconds = 86_400
  /// A file of certificates that are trusted besides the system's; nil for none.
  public var certificateAuthority: String?
  /// Mustache templates of a message's title and text; nil for the built-in ones.
  public var titleTemplate: String?
  public var textTemplate: String?

  public init(name: String, target: Target) {
    self.name = name
    self.target = target
  }

  /// What the channel's `type` is called.
  public var type: String {
    switch target {
    case .slack: "slack"
    case .pagerduty: "pagerduty"
    case .email: "email"
    case .webhook: "webhook"
    case .alertmanager: "alertmanager"
    case .opsgenie: "opsgenie"
    case .teams: "teams"
    }
  }
}
