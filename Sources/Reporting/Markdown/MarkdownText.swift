/// Text inside Markdown.
enum MarkdownText {
  /// Text that Markdown shows as it stands, on one line.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in PrintableText.visible(text) {
      if "\\`*_{}[]<>#|~".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
