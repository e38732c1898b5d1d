import Crypto
import Outbound

/// Addresses of providers' interfaces.
enum ProviderAddress {
  /// A base address with an interface's path, whether or not it was given with it.
  static func complete(_ url: String, with path: String) -> String {
    var base = url
    while base.last == "/" { base.removeLast() }
    return base.hasSuffix("/" + path) ? base : WebAddress.appending(path, to: base)
  }
}

extension NotificationChannel where Self: CustomStringConvertible {
  /// The type alone: what a channel is made of holds keys.
  var description: String { "\(Self.self)" }
}

/// Short stand-ins for texts of any length and form.
enum Digest {
  /// SHA-256, in 64 digits.
  static func hexadecimal(of text: String) -> String {
    hexadecimal(SHA256.hash(data: Array(text.utf8)))
  }

  /// A text that providers may be told an item by: itself where it is printable ASCII of at most so many
  /// characters, else its digest, which differs where the texts do.
  static func key(_ text: String, limit: Int) -> String {
    let isUsable =
      !text.isEmpty && text.utf8.count <= limit && text.utf8.allSatisfy { (33...126).contains($0) }
    return isUsable ? text : hexadecimal(of: text)
  }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var result = ""
    for byte in bytes {
      if byte < 16 { result.append("0") }
      result += String(byte, radix: 16)
    }
    return result
  }
}
