/// How text is kept from meaning anything to what displays it.
enum TextEscaping: Sendable {
  case none
  case html
  /// Slack's `mrkdwn`, in which `<!channel>` would call everybody.
  case slack
  /// The Markdown of Teams' cards.
  case markdown

  func apply(_ text: String) -> String {
    switch self {
    case .none: text
    case .html: Self.replace(text) { Self.htmlEntities[$0] }
    case .slack: Self.replace(text) { Self.slackEntities[$0] }
    case .markdown: Self.replace(text) { Self.markdownMarks.contains($0) ? "\\\($0)" : nil }
    }
  }

  private static let slackEntities: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;"]
  private static let htmlEntities: [Character: String] = [
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;",
  ]
  private static let markdownMarks = Set<Character>("\\`*_[]()<>#~")

  private static func replace(_ text: String, by: (Character) -> String?) -> String {
    var result = ""
    for character in text {
      // Marks that combine with a character make another of it, which is none of those above.
      let first = character.unicodeScalars.first.map { Character($0) } ?? character
      if let replacement = by(first) {
        result += replacement
        result.unicodeScalars.append(contentsOf: character.unicodeScalars.dropFirst())
      } else {
        result.append(character)
      }
    }
    return result
  }
}
