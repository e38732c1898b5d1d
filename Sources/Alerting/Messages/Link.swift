import Outbound

/// An address that people are shown to click on.
enum Link {
  private static let limit = 2_000

  /// The address where it is a plain http one, with what could end a link percent-encoded; nil otherwise,
  /// so that no label turns into `javascript:` or a link of another form.
  static func usable(_ url: String) -> String? {
    guard url.utf8.count <= limit, WebAddress.isUsable(url) else { return nil }
    var result = ""
    let bytes = Array(url.utf8)
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "%") where !isEscape(bytes[index...].prefix(3)):
        result += WebAddress.percentEncoded(byte)
      case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: ";"), UInt8(ascii: "="),
        UInt8(ascii: "?")...UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += WebAddress.percentEncoded(byte)
      }
    }
    return result.utf8.count <= limit ? result : nil
  }

  private static func isEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count == 3
      && bytes.dropFirst().allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }
}
