import Foundation

/// What may stand in a header of a mail (RFC 5322, 2.2; RFC 2047).
enum MailHeader {
  /// Whether text can stand as it is: short printable ASCII that is no encoded word.
  static func isPlain(_ text: String) -> Bool {
    text.utf8.count <= 60 && !text.contains("=?")
      && text.utf8.allSatisfy { (32...126).contains($0) }
  }

  /// Text as it stands, or as encoded words.
  static func text(_ text: String) -> String {
    let line = Outgoing.line(text)
    return isPlain(line) ? line : encoded(line)
  }

  /// Encoded words of at most 75 characters, each whole characters of UTF-8, on lines of their own.
  static func encoded(_ text: String) -> String {
    // 45 bytes are 60 characters of base64; `=?UTF-8?B?` and `?=` are 12 more.
    let limit = 45
    var words: [String] = []
    var bytes: [UInt8] = []
    func flush() {
      guard !bytes.isEmpty else { return }
      words.append("=?UTF-8?B?\(Data(bytes).base64EncodedString())?=")
      bytes = []
    }
    for scalar in Outgoing.line(text).unicodeScalars {
      let encoded = Array(String(scalar).utf8)
      if bytes.count + encoded.count > limit { flush() }
      bytes += encoded
    }
    flush()
    return words.joined(separator: "\r\n ")
  }
}

/// Quoted-printable (RFC 2045, 6.7): text that stays readable, in lines of at most 76 characters.
enum QuotedPrintable {
  private static let limit = 76

  static func encoded(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      if index > 0 { result += "\r\n".utf8 }
      append(line, to: &result)
    }
    return result
  }

  private static func append(_ line: Substring, to result: inout [UInt8]) {
    let bytes = Array(line.utf8)
    var width = 0
    for (index, byte) in bytes.enumerated() {
      let isLast = index == bytes.count - 1
      let isSpace = byte == 32 || byte == 9
      // A space at the end of a line would be lost on the way; a dot or "From " at its start is
      // touched by some programs.
      let isPlain =
        isSpace
        ? !isLast
        : (33...126).contains(byte) && byte != UInt8(ascii: "=")
          && !(width == 0 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F")))
      let length = isPlain ? 1 : 3
      // One place stays free for the "=" of a line that goes on.
      if width + length > limit - 1 {
        result += "=\r\n".utf8
        width = 0
      }
      if isPlain {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "="), digit(byte >> 4), digit(byte & 15)]
      }
      width += length
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }
}
