/// An address of mail, with the name people see.
public struct Mailbox: Sendable, Equatable {
  public var name: String?
  public var address: String

  /// Reads `alerts@example.com` and `Plumbline <alerts@example.com>`.
  ///
  /// Only addresses that need no quoting and no extension of SMTP are taken, which leaves none with two
  /// meanings to the programs they pass.
  ///
  /// - Throws: ``OutboundError/unusable(_:)``.
  public init(_ text: String) throws(OutboundError) {
    guard !text.unicodeScalars.contains(where: Outgoing.isControl) else {
      throw .unusable("\"\(Outgoing.line(text))\" is no mail address")
    }
    var address = Outgoing.trimmed(text[...])
    if address.last == ">", let start = address.lastIndex(of: "<") {
      var name = Outgoing.trimmed(address[..<start])
      if name.count >= 2, name.first == "\"", name.last == "\"" {
        name = name.dropFirst().dropLast()
      }
      self.name = name.isEmpty ? nil : Outgoing.line(String(name))
      address = address[address.index(after: start)...].dropLast()
    }
    guard Self.isUsable(address) else {
      throw .unusable("\"\(Outgoing.line(text))\" is no mail address")
    }
    self.address = String(address)
  }

  /// What is after the `@`.
  public var domain: String { String(address[address.index(after: at)...]) }

  private var at: String.Index { address.lastIndex(of: "@") ?? address.startIndex }

  private static func isUsable(_ address: Substring) -> Bool {
    let sides = address.split(separator: "@", omittingEmptySubsequences: false)
    guard sides.count == 2, address.utf8.count <= 254 else { return false }
    return isDotted(sides[0], others: "!#$%&'*+-/=?^_`{|}~") && isDotted(sides[1], others: "-_")
  }

  /// Words between single dots, of letters, digits and some others.
  private static func isDotted(_ text: Substring, others: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.unicodeScalars.allSatisfy { scalar in
          scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
              || others.unicodeScalars.contains(scalar))
        }
    }
  }

  /// As it stands in a header.
  var header: String {
    guard let name else { return address }
    guard MailHeader.isPlain(name) else { return "\(MailHeader.encoded(name)) <\(address)>" }
    var quoted = ""
    for character in name {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return "\"\(quoted)\" <\(address)>"
  }
}
