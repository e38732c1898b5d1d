public import Monitoring

extension Channels {
  /// What is wrong with a configuration's channels and shows only when they are made, such as a template that
  /// is none, each with its line: a service would refuse to start for it.
  ///
  /// Names in templates that no message has are among them.
  public static func mistakes(in configuration: Configuration) -> [ConfigurationError.Mistake] {
    configuration.alerting.channels.flatMap { channel in
      mistakes(of: channel, lines: configuration.channelLines[channel.name] ?? [:])
    }
  }

  private static func mistakes(
    of channel: ChannelConfiguration, lines: [String: Int]
  ) -> [ConfigurationError.Mistake] {
    var found: [ConfigurationError.Mistake] = []
    func note(_ key: String, _ text: String) {
      found.append(.init(line: lines[key] ?? lines[""] ?? 1, text: text))
    }
    func note(_ key: String, _ error: ChannelError) { note(key, "\(error.what); \(error.mend)") }
    // Templates one by one, so that a mistake in one hides none in another.
    for (key, text) in [
      ("title_template", channel.titleTemplate), ("text_template", channel.textTemplate),
    ] {
      guard let text else { continue }
      do throws(ChannelError) {
        _ = try MessageTemplates.compile(text, key, channel.name)
        for name in TemplateNames.unknown(in: text) {
          let hint = closestName(to: name, among: TemplateNames.known.sorted())
          note(
            key,
            "`\(key)` of channel `\(channel.name)` has {{\(name)}}, which no message has"
              + (hint.map { "; did you mean {{\($0)}}?" } ?? ""))
        }
      } catch {
        note(key, error)
      }
    }
    var bare = channel
    (bare.titleTemplate, bare.textTemplate) = (nil, nil)
    do throws(ChannelError) {
      _ = try make(bare, clock: { Instant(microseconds: 0) })
    } catch {
      note("", error)
    }
    return found
  }
}
