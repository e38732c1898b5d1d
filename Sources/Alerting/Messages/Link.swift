import Outbound

/// An address that people are shown to click on.
enum Link {
  private static let limit = 2_000

  /// The address where it is a plain http one, with what could end a link percent-encoded; nil otherwise,
  /// so that no label turns into `javascript:` or a link of another form.
  static func usable(_ url: String) -> String? {
    guard url.utf8.count <= limit, WebAddress.isUsable(url) else { return nil }
    var result = ""
    for byte in url.utf8 {
      switch byte {
      case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: ";"), UInt8(ascii: "="),
        UInt8(ascii: "?")...UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += WebAddress.percentEncoded(byte)
      }
    }
    return result.utf8.count <= limit ? result : nil
  }
}
