/// Text that others wrote, such as label values, on its way to people.
extension String {
  /// The text without what breaks a display: control characters but line feed and tab are U+FFFD, and
  /// marks that turn the direction of the text around them are left out.
  var presentable: String {
    var scalars = String.UnicodeScalarView()
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r": scalars.append("\n")
      case "\t": scalars.append("\t")
      case "\u{200E}", "\u{200F}", "\u{061C}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        break
      case _ where scalar.properties.generalCategory == .control: scalars.append("\u{FFFD}")
      default: scalars.append(scalar)
      }
      previous = scalar
    }
    return String(scalars)
  }

  /// The same on one line.
  var presentableLine: String {
    presentable.split { $0.isNewline || $0 == "\t" }.joined(separator: " ")
  }

  /// At most so many UTF-16 units, which no provider counts fewer of than of its own unit, cut between
  /// characters.
  func clipped(to limit: Int) -> String { clipped(to: limit) { $0 } }

  /// Escaped text of at most so many UTF-16 units, in which no character's escape is cut.
  func clipped(to limit: Int, escape: (String) -> String) -> String {
    var result = ""
    var room = limit
    // What the text is cut to, with room for "…", should it turn out too long.
    var shorter: String?
    for character in self {
      let escaped = escape(String(character))
      let size = escaped.utf16.count
      if shorter == nil, room - size < 1 { shorter = result }
      guard size <= room else { return (shorter ?? result) + "…" }
      result += escaped
      room -= size
    }
    return result
  }
}
