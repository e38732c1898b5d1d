/// A mail of plain text and, beside it, HTML.
public struct MailMessage: Sendable, Equatable {
  public var from: Mailbox
  public var to: [Mailbox]
  public var subject: String
  public var text: String
  /// The same as HTML; nil for none.
  public var html: String?
  /// What is before the `@` of its Message-ID: the same for every attempt to deliver the same mail.
  public var id: String
  /// Left sides of the Message-IDs it follows, the first first: programs show them together.
  public var references: [String] = []
  /// Seconds since 1970.
  public var date: Int64
  public var isUrgent = false

  public init(
    from: Mailbox, to: [Mailbox], subject: String, text: String, html: String? = nil, id: String,
    date: Int64
  ) {
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.html = html
    self.id = id
    self.date = date
  }

  // The encoding of the parts never writes "=_", so it cannot stand in one (RFC 2045, 6.7).
  private static let boundary = "=_plumbline_alternative"

  /// The mail as it goes over the wire (RFC 5322, 2045 and 2046), in lines that end with CR LF.
  ///
  /// The same value gives the same bytes. No value can end its line or its part.
  public var bytes: [UInt8] {
    var headers: [(String, String)] = [
      ("Date", HTTPDate.mail(date)),
      ("From", from.header),
      ("To", to.map(\.header).joined(separator: ",\r\n ")),
      ("Message-ID", messageID(id)),
      ("Subject", MailHeader.text(subject)),
    ]
    if let last = references.last {
      headers.append(("In-Reply-To", messageID(last)))
      headers.append(("References", references.map(messageID).joined(separator: "\r\n ")))
    }
    // Keeps programs that answer for people on holiday from answering (RFC 3834).
    headers.append(("Auto-Submitted", "auto-generated"))
    if isUrgent { headers += [("Importance", "high"), ("X-Priority", "1")] }
    headers.append(("MIME-Version", "1.0"))
    var result: [UInt8] = []
    func line(_ text: String) { result += "\(text)\r\n".utf8 }
    func part(_ type: String, _ text: String) {
      line("Content-Type: text/\(type); charset=utf-8")
      line("Content-Transfer-Encoding: quoted-printable")
      line("")
      result += QuotedPrintable.encoded(text)
      line("")
    }
    for (name, value) in headers { line("\(name): \(value)") }
    guard let html else {
      part("plain", text)
      return result
    }
    line("Content-Type: multipart/alternative; boundary=\"\(Self.boundary)\"")
    line("")
    // The last part is the one a program shows where it can.
    for (type, text) in [("plain", text), ("html", html)] {
      line("--\(Self.boundary)")
      part(type, text)
    }
    line("--\(Self.boundary)--")
    return result
  }

  private func messageID(_ id: String) -> String {
    // A dot-atom: what is not of it becomes a hyphen.
    let left = id.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        ? Character(scalar) : "-"
    }
    return "<\(String(left.prefix(200)))@\(from.domain)>"
  }
}
