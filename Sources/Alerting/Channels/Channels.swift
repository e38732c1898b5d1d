public import Monitoring
import Outbound

/// Makes channels of their configuration.
public enum Channels {
  /// Makes a channel, without reaching out to anything.
  ///
  /// - Parameters:
  ///   - configuration: the channel's part of the configuration.
  ///   - clock: the time, for signatures and for waits that a provider gives as a date.
  /// - Returns: a channel, one message of which may be sent at a time or many.
  /// - Throws: ``ChannelError`` where a template or an address cannot be used.
  public static func make(
    _ configuration: ChannelConfiguration, clock: @escaping @Sendable () -> Instant
  ) throws(ChannelError) -> any NotificationChannel {
    func checked(_ url: String) throws(ChannelError) -> String {
      guard WebAddress.isUsable(url) else {
        throw .unusable(channel: configuration.name, problem: "its url is no http or https address")
      }
      return url
    }
    let templates = try MessageTemplates(configuration)
    func delivery(_ secrets: [String]) -> HTTPDelivery {
      HTTPDelivery(configuration, clock: clock, secrets: secrets)
    }
    switch configuration.target {
    case .slack(let url):
      return SlackChannel(
        url: try checked(url), templates: templates, delivery: delivery(WebAddress.secrets(of: url))
      )
    case .pagerduty(let routingKey, let url):
      return PagerDutyChannel(
        routingKey: routingKey, url: try checked(url), templates: templates,
        delivery: delivery([routingKey]))
    case .email(let email):
      do {
        return try EmailChannel(email, configuration: configuration, templates: templates)
      } catch {
        throw .unusable(channel: configuration.name, problem: error.what)
      }
    case .webhook(let url, let secret, let headers):
      if let name = headers.keys.sorted().first(where: { !WebAddress.isHeaderName($0) }) {
        throw .unusable(
          channel: configuration.name, problem: "\"\(name.presentableLine)\" is no header's name")
      }
      return WebhookChannel(
        name: configuration.name, url: try checked(url), secret: secret, headers: headers,
        templates: templates,
        delivery: delivery(
          WebAddress.secrets(of: url) + Array(headers.values) + (secret.map { [$0] } ?? [])))
    case .alertmanager(let url, let username, let password):
      return AlertmanagerChannel(
        url: try checked(url), username: username, password: password, templates: templates,
        delivery: delivery(
          WebAddress.secrets(of: url)
            + (password.map { [$0, AlertmanagerChannel.login(username ?? "", $0)] } ?? [])))
    case .opsgenie(let apiKey, let url):
      return OpsgenieChannel(
        apiKey: apiKey, url: try checked(url), templates: templates, delivery: delivery([apiKey]))
    case .teams(let url):
      return TeamsChannel(
        url: try checked(url), templates: templates, delivery: delivery(WebAddress.secrets(of: url))
      )
    }
  }
}
