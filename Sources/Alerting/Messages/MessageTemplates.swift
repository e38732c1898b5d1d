import Monitoring
import Mustache

/// The operator's own words for a channel's messages.
struct MessageTemplates: Sendable {
  private var titleTemplate: MustacheTemplate?
  private var textTemplate: MustacheTemplate?

  /// - Throws: ``ChannelError/template(channel:key:problem:)``.
  init(_ configuration: ChannelConfiguration) throws(ChannelError) {
    titleTemplate = try Self.compile(
      configuration.titleTemplate, "title_template", configuration.name)
    textTemplate = try Self.compile(configuration.textTemplate, "text_template", configuration.name)
  }

  /// One line that begins with the message's mark; the built-in one where there is no template.
  func title(
    _ message: AlertMessage, _ escaping: TextEscaping, marked isMarked: Bool = true
  ) -> String {
    let own = titleTemplate.map {
      Self.fill($0, message, escaping).split(whereSeparator: \.isNewline).joined(separator: " ")
    }
    // A template may leave nothing of a message: then people still have to know what it is about.
    let subject =
      own.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 } ?? escaping.apply(message.subject)
    // A test is always marked: what the template says would pass for the real thing.
    return isMarked || message.kind == .test ? "\(message.mark) \(subject)" : subject
  }

  /// The template's text; nil where there is none.
  func text(_ message: AlertMessage, _ escaping: TextEscaping) -> String? {
    textTemplate.map { Self.fill($0, message, escaping) }
  }

  private static func fill(
    _ template: MustacheTemplate, _ message: AlertMessage, _ escaping: TextEscaping
  ) -> String {
    template.render(MessageView.make(message, escaping))
  }

  /// - Throws: ``ChannelError/template(channel:key:problem:)``.
  static func compile(
    _ text: String?, _ key: String, _ channel: String
  ) throws(ChannelError) -> MustacheTemplate? {
    guard let text else { return nil }
    do {
      // Read as it was written first, so that an error's place is that in the operator's text.
      _ = try MustacheTemplate(string: text)
      // The view is escaped for the channel already; Mustache would escape it for HTML once more.
      return try MustacheTemplate(string: "{{% CONTENT_TYPE: TEXT}}" + text)
    } catch let error as MustacheTemplate.ParserError {
      throw .template(
        channel: channel, key: key,
        problem: "line \(error.context.lineNumber), column \(error.context.columnNumber): "
          + "\(error.error)")
    } catch {
      throw .template(channel: channel, key: key, problem: "\(error)")
    }
  }
}
