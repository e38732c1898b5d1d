/// What can be told of an http address without parsing all of it.
public enum WebAddress {
  /// Whether it can go into a request: http or https with a host, without spaces or control characters.
  public static func isUsable(_ url: String) -> Bool {
    guard let rest = afterScheme(url), !url.unicodeScalars.contains(where: isSpace) else {
      return false
    }
    return !authority(rest).isEmpty
  }

  /// Host and port, which may be shown; never what comes before `@` or after them.
  public static func peer(of url: String) -> String {
    guard let rest = afterScheme(url) else { return "the server" }
    let authority = authority(rest)
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    let peer = Outgoing.line(String(host ?? authority))
    return peer.isEmpty ? "the server" : peer
  }

  /// The parts that may be keys, and are never to be shown: what is before `@`, path and query.
  public static func secrets(of url: String) -> [String] {
    guard let rest = afterScheme(url) else { return [url] }
    let authority = authority(rest)
    let user = authority.lastIndex(of: "@").map { String(authority[..<$0]) }
    return [user ?? "", String(rest.dropFirst(authority.count))].filter { $0.count > 1 }
  }

  /// The address with more path behind it, with one slash between.
  public static func appending(_ path: String, to url: String) -> String {
    var base = url[...]
    while base.last == "/" { base.removeLast() }
    return base + "/" + path
  }

  /// Text as one segment of a path or one value of a query (RFC 3986, 2.3).
  public static func segment(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += percentEncoded(byte)
      }
    }
    return result
  }

  /// `%` and two digits.
  public static func percentEncoded(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.count == 1 ? "0" : "") + digits
  }

  /// Whether text can be the name of a header.
  public static func isHeaderName(_ text: String) -> Bool { HTTPToken.isValid(text) }

  private static func afterScheme(_ url: String) -> Substring? {
    let lowered = url.prefix(8).lowercased()
    if lowered.hasPrefix("https://") { return url.dropFirst(8) }
    if lowered.hasPrefix("http://") { return url.dropFirst(7) }
    return nil
  }

  private static func authority(_ rest: Substring) -> Substring {
    rest.prefix { !"/?#\\".contains($0) }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    Outgoing.isControl(scalar) || scalar.properties.isWhitespace
  }
}
