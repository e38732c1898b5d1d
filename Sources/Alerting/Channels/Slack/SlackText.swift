/// Text in Slack's `mrkdwn`, within the limits of its blocks.
enum SlackText {
  static let headerLimit = 150
  static let sectionLimit = 3_000
  static let fieldLimit = 2_000

  /// Text of others, escaped and cut.
  static func plain(_ text: String, limit: Int) -> String {
    text.clipped(to: limit, escape: TextEscaping.slack.apply)
  }

  /// `<address|text>`, of an address from ``Link/usable(_:)``.
  static func link(_ address: String, _ text: String) -> String {
    "<\(TextEscaping.slack.apply(address))|\(text)>"
  }

  /// Markup in pieces for sections, cut at ends of lines where it can be, at most `count` of them.
  static func sections(_ markup: String, count: Int) -> [String] {
    var sections: [String] = []
    var current = ""
    for line in markup.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = cut(String(line), limit: sectionLimit)
      if !current.isEmpty, current.utf16.count + 1 + line.utf16.count > sectionLimit {
        sections.append(current)
        current = line
      } else {
        current += (current.isEmpty ? "" : "\n") + line
      }
    }
    sections.append(current)
    return sections.filter { section in section.contains { !$0.isWhitespace } }.prefix(count).map(
      \.self)
  }

  /// Markup that is cut neither in an entity nor in a link.
  static func cut(_ markup: String, limit: Int) -> String {
    let clipped = markup.clipped(to: limit)
    guard clipped != markup else { return markup }
    var kept = clipped.dropLast()
    if let entity = kept.lastIndex(of: "&"), !kept[entity...].contains(";") {
      kept = kept[..<entity]
    }
    if let link = kept.lastIndex(of: "<"), !kept[link...].contains(">") { kept = kept[..<link] }
    return kept + "…"
  }
}
