public import DataSources

/// Why a channel cannot be made of its configuration.
public enum ChannelError: ExplainedError, Equatable {
  /// A template is no Mustache.
  case template(channel: String, key: String, problem: String)
  /// An address, header or recipient cannot be used.
  case unusable(channel: String, problem: String)

  public var code: String {
    switch self {
    case .template: "channel_template"
    case .unusable: "channel_unusable"
    }
  }

  public var what: String {
    switch self {
    case .template(let channel, let key, let problem):
      "`\(key)` of channel `\(channel)` is no Mustache template (\(problem))"
    case .unusable(let channel, let problem): "channel `\(channel)` cannot be used: \(problem)"
    }
  }

  public var mend: String {
    switch self {
    case .template: "close every {{#section}} with {{/section}} and every tag with }}"
    case .unusable: "correct the channel's configuration"
    }
  }
}
